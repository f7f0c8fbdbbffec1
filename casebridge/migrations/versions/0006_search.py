"""Search in what applicants said and wrote, and what they were answered.

Revision: 0006
Follows: 0005
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

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
    cases = sa.table("cases", *_columns("id", "opened_at", "text", "reply_text"))
    heard = sa.table("transcripts", *_columns("case_id", "recording_id", "text"))
    words = sa.table("case_words", sa.column("number"), sa.column("case_id", sa.Uuid()), sa.column("words"))
    query = (
        sa.select(
            cases.c.id, cases.c.opened_at, cases.c.text, cases.c.reply_text, heard.c.text.label("heard")
        )
        .outerjoin_from(cases, heard, heard.c.case_id == cases.c.id)
        .order_by(cases.c.opened_at, cases.c.id, heard.c.recording_id)
    )
    waiting: list[dict[str, Any]] = []
    last = None
    for (case_id, opened_at), rows in groupby(connection.execute(query).all(), lambda row: (row[0], row[1])):
        said = list(rows)
        text = searchable([said[0].text, said[0].reply_text, *(row.heard for row in said)])
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


def _columns(*names: str) -> list[sa.Column[Any]]:
    kinds: dict[str, Any] = {"id": sa.Uuid(), "case_id": sa.Uuid(), "recording_id": sa.Uuid()}
    kinds["opened_at"] = UtcDateTime()
    return [sa.column(name, kinds.get(name, sa.Text())) for name in names]  # type: ignore[misc]
