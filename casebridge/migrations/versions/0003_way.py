"""A case on its way: owners, referrals, answers, deadlines, holidays.

Revision: 0003
Follows: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime(timezone=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNIT = sa.String(length=96)

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_CASES = sa.table(
    "cases",
    *(sa.column(name, sa.String) for name in ("kind", "status", "province", "owner_unit")),
)


def upgrade() -> None:
    """Steps forward; cases that are there get the owner they would have got at registration."""
    with op.batch_alter_table("cases") as cases:
        for column in (
            sa.Column("owner_unit", UNIT, nullable=False, server_default="centre"),
            sa.Column("subject", sa.String(length=40)),
            sa.Column("complained_unit", UNIT),
            sa.Column("from_abroad", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("beyond_province", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("marginal_note", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("due_at", MOMENT),
            sa.Column("interim_due_at", MOMENT),
            sa.Column("reminded_at", MOMENT),
            sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
            sa.Column("answered_at", MOMENT),
            sa.Column("closed_at", MOMENT),
            sa.Column("linked_to", sa.Uuid()),
        ):
            cases.add_column(column)
    op.create_index("ix_cases_owner_unit_status_due_at", "cases", ["owner_unit", "status", "due_at"])
    for name in ("due_at", "complained_unit", "linked_to"):
        op.create_index(f"ix_cases_{name}", "cases", [name])
    _give_owners()
    op.create_table(
        "referrals",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("from_unit", UNIT),
        sa.Column("to_unit", UNIT, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("article", sa.String(length=8)),
        sa.Column("note", sa.Text()),
        sa.Column("due_at", MOMENT),
        sa.Column("withdrawn_at", MOMENT),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_referrals_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_referrals"),
    )
    op.create_index("ix_referrals_case_id_id", "referrals", ["case_id", "id"])
    op.create_index("ix_referrals_to_unit_case_id", "referrals", ["to_unit", "case_id"])
    op.create_index("ix_referrals_from_unit_case_id", "referrals", ["from_unit", "case_id"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", UNIT, nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("recording_id", sa.Uuid()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("decision", sa.String(length=16)),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.String(length=16)),
        sa.Column("objection_text", sa.Text()),
        sa.Column("objection_recording_id", sa.Uuid()),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_answers_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
    )
    op.create_index("ix_answers_case_id_at", "answers", ["case_id", "at"])
    op.create_table(
        "service_records",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", UNIT, nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("subject", sa.String(length=40)),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_service_records_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_service_records"),
    )
    op.create_index("ix_service_records_case_id_id", "service_records", ["case_id", "id"])
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name_fa", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_holidays"),
    )


def _give_owners() -> None:
    columns = _CASES.c
    op.execute(_CASES.update().where(columns.status == "in_progress").values(status="in_hand"))
    op.execute(
        _CASES.update().values(
            owner_unit=sa.case(
                (columns.kind == "idea", "centre/ideas"),
                (columns.kind == "sentiment", "centre"),
                (columns.province.is_(None), "centre"),
                else_=sa.literal("province/") + columns.province + "/desk",
            )
        )
    )


def downgrade() -> None:
    """Steps back."""
    for table in ("holidays", "service_records", "answers", "referrals"):
        op.drop_table(table)
    op.execute(
        _CASES.update()
        .where(_CASES.c.status.in_(("in_hand", "waiting_applicant", "second_review", "objected")))
        .values(status="in_progress")
    )
    op.execute(_CASES.update().where(_CASES.c.status == "accepted").values(status="closed"))
    for name in ("linked_to", "complained_unit", "due_at", "owner_unit_status_due_at"):
        op.drop_index(f"ix_cases_{name}", "cases")
    with op.batch_alter_table("cases") as cases:
        for name in (
            "linked_to", "closed_at", "answered_at", "round", "reminded_at", "interim_due_at", "due_at",
            "marginal_note", "beyond_province", "from_abroad", "complained_unit", "subject", "owner_unit",
        ):  # fmt: skip
            cases.drop_column(name)
