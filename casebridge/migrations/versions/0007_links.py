"""Links to an outside SAMAD, to other centres and to agencies.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""


def downgrade() -> None:
    """Steps back."""
