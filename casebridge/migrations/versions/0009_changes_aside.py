"""Changes of the outside SAMAD that could not be applied, kept whole; in whose name a referral was made.

Revision: 0009
Follows: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime(timezone=True)

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "link_changes_aside",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=96), nullable=False),
        sa.Column("mark", sa.String(length=160), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_link_changes_aside"),
        sa.UniqueConstraint("source", "mark", name="uq_link_changes_aside_source_mark"),
    )
    op.create_index("ix_link_changes_aside_state_id", "link_changes_aside", ["state", "id"])
    op.create_index("ix_link_changes_aside_key_number", "link_changes_aside", ["key_number"])
    op.add_column("referrals", sa.Column("by_unit", sa.String(length=96), nullable=True))


def downgrade() -> None:
    """Steps back."""
    op.drop_column("referrals", "by_unit")
    op.drop_table("link_changes_aside")
