"""When somebody of a unit has read what the unit was told.

What was handed to a provider before counts as read; what reached nobody stands in the cartable now.

Revision: 0015
Follows: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OF_UNITS = sa.text("unit_code IS NOT NULL")


def upgrade() -> None:
    """Steps forward."""
    op.add_column("notifications", sa.Column("read_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE notifications SET read_at = created_at"
        " WHERE unit_code IS NOT NULL AND state IN ('sent', 'delivered')"
    )
    op.create_index(
        "ix_notifications_of_units",
        "notifications",
        ["unit_code", "read_at", "created_at", "id"],
        postgresql_where=OF_UNITS,
        sqlite_where=OF_UNITS,
    )


def downgrade() -> None:
    """Steps back."""
    op.drop_index("ix_notifications_of_units", "notifications")
    op.drop_column("notifications", "read_at")
