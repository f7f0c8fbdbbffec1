"""Links to an outside SAMAD, to other centres and to agencies.

Revision: 0007
Follows: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    _links()
    _webhooks()
    _open311()


def downgrade() -> None:
    """Steps back."""
    for table in (
        "open311_requests",
        "open311_keys",
        "webhooks",
        "link_pull_places",
        "link_changes",
        "linked_cases",
        "link_deliveries",
    ):
        op.drop_table(table)


def _links() -> None:
    op.create_table(
        "link_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(length=96), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("taken_until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_link_deliveries"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_link_deliveries_case_id"),
        sa.UniqueConstraint("target", "event_id", name="uq_link_deliveries_target_event_id"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_link_deliveries_waiting",
        "link_deliveries",
        ["next_at"],
        unique=False,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("ix_link_deliveries_case_id", "link_deliveries", ["case_id"], unique=False)
    op.create_index(
        "ix_link_deliveries_target_case_id", "link_deliveries", ["target", "case_id", "id"], unique=False
    )
    op.create_index("ix_link_deliveries_state_id", "link_deliveries", ["state", "id"], unique=False)
    op.create_table(
        "linked_cases",
        sa.Column("target", sa.String(length=96), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("target", "case_id", name="pk_linked_cases"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_linked_cases_case_id"),
    )
    op.create_index("ix_linked_cases_case_id", "linked_cases", ["case_id"], unique=False)
    op.create_index("ix_linked_cases_target_reference", "linked_cases", ["target", "reference"], unique=False)
    op.create_table(
        "link_changes",
        sa.Column("source", sa.String(length=96), nullable=False),
        sa.Column("change_id", sa.String(length=128), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", "change_id", name="pk_link_changes"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_link_changes_case_id"),
    )
    op.create_index("ix_link_changes_at", "link_changes", ["at"], unique=False)
    op.create_table(
        "link_pull_places",
        sa.Column("source", sa.String(length=96), nullable=False),
        sa.Column("place", sa.String(length=256), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_link_pull_places"),
    )


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("actions", JSON, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
        sa.UniqueConstraint("token_hash", name="uq_webhooks_token_hash"),
    )
    op.create_index("ix_webhooks_agency", "webhooks", ["agency"], unique=False)
    op.create_index("ix_webhooks_key_number", "webhooks", ["key_number"], unique=False)


def _open311() -> None:
    op.create_table(
        "open311_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_open311_keys"),
        sa.UniqueConstraint("key_hash", name="uq_open311_keys_key_hash"),
    )
    op.create_table(
        "open311_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("refused", sa.String(length=64), nullable=True),
        sa.Column("service_code", sa.String(length=96), nullable=False),
        sa.Column("form", sa.LargeBinary(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("long", sa.Float(), nullable=True),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_open311_requests"),
        sa.ForeignKeyConstraint(["api_key_id"], ["open311_keys.id"], name="fk_open311_requests_api_key_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_open311_requests_case_id"),
        sa.UniqueConstraint("token", name="uq_open311_requests_token"),
        sa.UniqueConstraint("case_id", name="uq_open311_requests_case_id"),
    )
    waiting = sa.text("case_id IS NULL AND refused IS NULL")
    op.create_index(
        "ix_open311_requests_waiting",
        "open311_requests",
        ["requested_at"],
        unique=False,
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    op.create_index("ix_open311_requests_requested_at", "open311_requests", ["requested_at"], unique=False)
    op.create_index("ix_open311_requests_key_number", "open311_requests", ["key_number"], unique=False)
    op.create_index(
        "ix_open311_requests_api_key_id_requested_at",
        "open311_requests",
        ["api_key_id", "requested_at"],
        unique=False,
    )
