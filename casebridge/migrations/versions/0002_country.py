"""The country: places, agencies, units, subjects, duties, memberships.

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

MOMENT = sa.DateTime(timezone=True)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "places",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("parent", sa.String(length=4), nullable=True),
        sa.Column("name_fa", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("capital", sa.Boolean(), nullable=False),
        sa.Column("special_governorate", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["places.code"], name="fk_places_parent"),
        sa.PrimaryKeyConstraint("code", name="pk_places"),
    )
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_fa", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("reach", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["agencies.code"], name="fk_agencies_parent"),
        sa.PrimaryKeyConstraint("code", name="pk_agencies"),
    )
    op.create_table(
        "subjects",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=40), nullable=True),
        sa.Column("name_fa", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["subjects.code"], name="fk_subjects_parent"),
        sa.PrimaryKeyConstraint("code", name="pk_subjects"),
    )
    _create_what_joins_them()


def _create_what_joins_them() -> None:
    op.create_table(
        "units",
        sa.Column("code", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=40), nullable=True),
        sa.Column("province", sa.String(length=4), nullable=True),
        sa.Column("county", sa.String(length=4), nullable=True),
        sa.Column("parent", sa.String(length=96), nullable=True),
        sa.Column("name_fa", sa.String(length=200), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("night_shift", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name="fk_units_agency"),
        sa.ForeignKeyConstraint(["province"], ["places.code"], name="fk_units_province"),
        sa.ForeignKeyConstraint(["county"], ["places.code"], name="fk_units_county"),
        sa.PrimaryKeyConstraint("code", name="pk_units"),
    )
    op.create_table(
        "duties",
        sa.Column("agency", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"], name="fk_duties_agency"),
        sa.ForeignKeyConstraint(["subject"], ["subjects.code"], name="fk_duties_subject"),
        sa.PrimaryKeyConstraint("agency", "subject", name="pk_duties"),
    )
    op.create_table(
        "memberships",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.String(length=96), nullable=False),
        sa.Column("position", sa.String(length=16), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_memberships_account_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "unit_code", name="pk_memberships"),
    )
    op.create_index("ix_memberships_unit_code", "memberships", ["unit_code"])
    op.create_table(
        "country_edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_country_edition"),
    )


def downgrade() -> None:
    """Steps back."""
    for table in ("country_edition", "memberships", "duties", "units", "subjects", "agencies", "places"):
        op.drop_table(table)
