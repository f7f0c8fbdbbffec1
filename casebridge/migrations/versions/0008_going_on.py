"""Indexes of the cases that are not closed, in place of those of all owners and deadlines.

Revision: 0008
Follows: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Steps forward."""
    _create("ix_cases_going_on", "owner_unit", "status", "province", "due_at")
    _create("ix_cases_going_on_status_due_at", "status", "due_at")
    op.drop_index("ix_cases_owner_unit_status_due_at", "cases")
    op.drop_index("ix_cases_due_at", "cases")


def downgrade() -> None:
    """Steps back."""
    op.create_index("ix_cases_due_at", "cases", ["due_at"])
    op.create_index("ix_cases_owner_unit_status_due_at", "cases", ["owner_unit", "status", "due_at"])
    op.drop_index("ix_cases_going_on_status_due_at", "cases")
    op.drop_index("ix_cases_going_on", "cases")


def _create(name: str, *columns: str) -> None:
    going_on = sa.text("status <> 'closed'")
    op.create_index(name, "cases", columns, unique=False, postgresql_where=going_on, sqlite_where=going_on)
