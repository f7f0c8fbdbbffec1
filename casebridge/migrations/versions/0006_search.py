"""Search in what applicants said and wrote, and what they were answered.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from casebridge.search.rules import place_in_time, searchable
from casebridge.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT_ONCE = 500

FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE case_words_index USING fts5(words, content='case_words',"
        " content_rowid='number', prefix='2 3', tokenize='unicode61 remove_diacritics 0')",
        "CREATE TRIGGER case_words_added AFTER INSERT ON case_words BEGIN"
        " INSERT INTO case_words_index(rowid, words) VALUES (new.number, new.words); END",
        "CREATE TRIGGER case_words_gone AFTER DELETE ON case_words BEGIN"
        " INSERT INTO case_words_index(case_words_index, rowid, words)"
        " VALUES ('delete', old.number, old.words); END",
        "CREATE TRIGGER case_words_changed AFTER UPDATE ON case_words BEGIN"
        " INSERT INTO case_words_index(case_words_index, rowid, words)"
        " VALUES ('delete', old.number, old.words);"
        " INSERT INTO case_words_index(rowid, words) VALUES (new.number, new.words); END",
    ),
    "postgresql": (
        "ALTER TABLE case_words ADD COLUMN vector tsvector"
        " GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED",
        "CREATE INDEX ix_case_words_vector ON case_words USING gin (vector)",
    ),
}
"""SQLite's external-content index is kept by triggers, PostgreSQL's column by itself."""


def upgrade() -> None:
    """Steps forward."""
    op.create_table(
        "case_words",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_words_case_id"),
        sa.PrimaryKeyConstraint("number", name="pk_case_words"),
        sa.UniqueConstraint("case_id", name="uq_case_words_case_id"),
    )
    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)
    op.execute("ALTER TABLE transcripts DROP COLUMN search_text")
    op.create_index("ix_cases_channel_opened_at", "cases", ["channel", "opened_at"])
    _fill()


def downgrade() -> None:
    """Steps back."""
    op.drop_index("ix_cases_channel_opened_at", "cases")
    op.execute("ALTER TABLE transcripts ADD COLUMN search_text TEXT NOT NULL DEFAULT ''")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE case_words_index")
    op.drop_table("case_words")


def _fill() -> None:
    """Makes searchable what is there already."""
    connection = op.get_bind()
    cases = sa.table("cases", *_columns("id", "opened_at", "text"))
    words = sa.table("case_words", sa.column("number"), sa.column("case_id", sa.Uuid()), sa.column("words"))
    further = _texts("transcripts", "text", order="recording_id")
    for case_id, texts in _texts("answers", "text", "objection_text", order="at").items():
        further[case_id] = further.get(case_id, []) + texts
    waiting: list[dict[str, Any]] = []
    last = None
    rows = connection.execute(sa.select(cases).order_by(cases.c.opened_at, cases.c.id)).all()
    for case_id, opened_at, own in rows:
        text = searchable([own, *further.get(case_id, [])])
        if not text:
            continue
        number = place_in_time(opened_at, case_id)
        last = number if last is None else max(number, last + 1)
        waiting.append({"number": last, "case_id": case_id, "words": text})
        if len(waiting) >= AT_ONCE:
            connection.execute(words.insert(), waiting)
            waiting.clear()
    if waiting:
        connection.execute(words.insert(), waiting)


def _texts(name: str, *columns: str, order: str) -> dict[UUID, list[str]]:
    """The texts of a table, by case, in their order."""
    source = sa.table(name, *_columns("case_id", *columns, order))
    query = sa.select(source.c.case_id, *(source.c[column] for column in columns)).order_by(source.c[order])
    found: dict[UUID, list[str]] = {}
    for case_id, *texts in op.get_bind().execute(query):
        found.setdefault(case_id, []).extend(text for text in texts if text)
    return found


def _columns(*names: str) -> list[sa.ColumnClause[Any]]:
    kinds: dict[str, Any] = {"id": sa.Uuid(), "case_id": sa.Uuid(), "recording_id": sa.Uuid()}
    kinds |= {"opened_at": UtcDateTime(), "at": UtcDateTime()}
    return [sa.column(name, kinds.get(name, sa.Text())) for name in names]
