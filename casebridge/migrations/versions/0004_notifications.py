"""Notifications, their attempts, inbound messages.

Revision: 0004
Follows: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("state = 'waiting'")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("unit_code", sa.String(length=96), nullable=True),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email_text", sa.Text(), nullable=False),
        sa.Column("encoding", sa.String(length=8), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("legally_due", sa.Boolean(), nullable=False),
        sa.Column("at_any_hour", sa.Boolean(), nullable=False),
        sa.Column("medium", sa.String(length=8), nullable=True),
        sa.Column("contact_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("contact_masked", sa.String(length=64), nullable=True),
        sa.Column("target", sa.LargeBinary(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=True),
        sa.Column("refused_by", JSON, nullable=False),
        sa.Column("failed_by", JSON, nullable=False),
        sa.Column("asked", sa.String(length=32), nullable=True),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=128), nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("taken_until", MOMENT, nullable=True),
        sa.Column("taken_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_notifications_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.UniqueConstraint("key", name="uq_notifications_key"),
    )
    op.create_index("ix_notifications_case_id", "notifications", ["case_id"], unique=False)
    op.create_index("ix_notifications_contact_hash", "notifications", ["contact_hash", "created_at"])
    op.create_index("ix_notifications_created_at_id", "notifications", ["created_at", "id"])
    op.create_index("ix_notifications_state_created_at", "notifications", ["state", "created_at", "id"])
    op.create_index(
        "ix_notifications_waiting",
        "notifications",
        ["next_at"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    op.create_table(
        "notification_attempts",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name="fk_notification_attempts_notification_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notification_attempts"),
    )
    op.create_index("ix_notification_attempts_notification_id", "notification_attempts", ["notification_id"])
    op.create_table(
        "notification_receipts",
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.id"],
            name="fk_notification_receipts_notification_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provider", "reference", name="pk_notification_receipts"),
    )
    op.create_index("ix_notification_receipts_notification_id", "notification_receipts", ["notification_id"])
    op.create_table(
        "contact_opt_outs",
        sa.Column("contact_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("contact_hash", name="pk_contact_opt_outs"),
    )
    op.create_table(
        "unit_contacts",
        sa.Column("unit_code", sa.String(length=96), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("unit_code", name="pk_unit_contacts"),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=128), nullable=False),
        sa.Column("sender_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("understood", sa.String(length=16), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_inbound_messages_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_messages"),
    )
    op.create_index("ix_inbound_messages_sender_hash", "inbound_messages", ["sender_hash"])
    op.create_index(
        "uq_inbound_messages_provider_reference", "inbound_messages", ["provider", "reference"], unique=True
    )
    op.create_table(
        "notification_wordings",
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sms", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("updated_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("audience", "template", "language", name="pk_notification_wordings"),
    )


def downgrade() -> None:
    """Steps back."""
    op.drop_table("notification_wordings")
    op.drop_table("inbound_messages")
    op.drop_table("unit_contacts")
    op.drop_table("contact_opt_outs")
    op.drop_table("notification_receipts")
    op.drop_table("notification_attempts")
    op.drop_table("notifications")
