"""Delegations of a cartable.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""


def downgrade() -> None:
    """Steps back."""
