"""One open callback without a message for an applicant, and when it was wished last.

Callbacks that wait already have no applicant here: each is served as it stands.

Revision: 0011
Follows: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    open_ones = sa.text("state IN ('waiting', 'claimed')")
    op.add_column("callbacks", sa.Column("applicant_id", sa.Uuid(), nullable=True))
    op.add_column("callbacks", sa.Column("wished_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_callbacks_open_applicant",
        "callbacks",
        ["applicant_id"],
        unique=True,
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )
    op.add_column(
        "accepted_records",
        sa.Column("callback_joined", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Steps back."""
    op.drop_column("accepted_records", "callback_joined")
    op.drop_index("uq_callbacks_open_applicant", "callbacks")
    op.drop_column("callbacks", "wished_at")
    op.drop_column("callbacks", "applicant_id")
