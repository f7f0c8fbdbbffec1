"""Recordings that follow their case to another centre.

Revision: 0012
Follows: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime(timezone=True)

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "link_recordings",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=96), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("taken_until", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_link_recordings_recording_id_recordings"
        ),
        sa.PrimaryKeyConstraint("recording_id", name="pk_link_recordings"),
    )
    waiting = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_link_recordings_waiting",
        "link_recordings",
        ["next_at"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )


def downgrade() -> None:
    """Steps back."""
    op.drop_table("link_recordings")
