"""Delegations of a cartable.

Revision: 0005
Follows: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "delegations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_account", sa.Uuid(), nullable=False),
        sa.Column("to_account", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(length=96), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["from_account"], ["accounts.id"], name="fk_delegations_from_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_account"], ["accounts.id"], name="fk_delegations_to_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
    )
    for column in ("from_account", "to_account"):
        op.create_index(f"ix_delegations_{column}", "delegations", [column])


def downgrade() -> None:
    """Steps back."""
    op.drop_table("delegations")
