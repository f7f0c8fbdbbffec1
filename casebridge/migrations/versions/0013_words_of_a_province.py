"""The province beside a case's words: what is looked for in one province is read from it alone.

PostgreSQL has an index of it. SQLite would begin with such an index and ask its full text once for each
case of the province; it has none, and reads the province of each match.

Revision: 0013
Follows: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHANGED = (
    "CREATE TRIGGER case_words_changed AFTER UPDATE{of} ON case_words BEGIN"
    " INSERT INTO case_words_index(case_words_index, rowid, words)"
    " VALUES ('delete', old.number, old.words);"
    " INSERT INTO case_words_index(rowid, words) VALUES (new.number, new.words); END"
)


def upgrade() -> None:
    """Steps forward."""
    op.add_column("case_words", sa.Column("province", sa.String(2)))
    _index_changes_of(" OF words")
    op.execute(
        "UPDATE case_words SET province ="
        " (SELECT cases.province FROM cases WHERE cases.id = case_words.case_id)"
    )
    if not _is_sqlite():
        op.create_index("ix_case_words_province_number", "case_words", ["province", "number"])


def downgrade() -> None:
    """Steps back."""
    if not _is_sqlite():
        op.drop_index("ix_case_words_province_number", "case_words")
    _index_changes_of("")
    op.execute("ALTER TABLE case_words DROP COLUMN province")


def _index_changes_of(of: str) -> None:
    """SQLite's index of the words is written anew where they change, not where the province does."""
    if _is_sqlite():
        op.execute("DROP TRIGGER case_words_changed")
        op.execute(CHANGED.format(of=of))


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
