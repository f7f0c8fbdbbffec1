"""The official a complaint is about.

Revision: 0016
Follows: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward; what is there names units alone."""
    op.add_column("cases", sa.Column("complained_account", sa.Uuid()))


def downgrade() -> None:
    """Steps back; who was named is forgotten."""
    op.drop_column("cases", "complained_account")
