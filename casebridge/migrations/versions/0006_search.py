"""Search and likeness of cases.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""


def downgrade() -> None:
    """Steps back."""
