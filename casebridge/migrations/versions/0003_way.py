"""A case on its way: owners, referrals, answers, deadlines, holidays.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""


def downgrade() -> None:
    """Steps back."""
