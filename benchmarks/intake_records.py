"""Intakes as a call leaves them, and the rows the bridge makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Engine, FromClause, Insert, event, insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid6 import uuid7

from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.intakes.reading import Prepared, prepare
from casebridge.intakes.schemas import Intake
from casebridge.intakes.service import BatchWriter
from casebridge.tracking_codes.permutation import CodePermutation
from casebridge.tracking_codes.service import lease
from line111.clock import now, to_text
from line111.sealing import seal
from line111.secrets import data_keys, read_secret
from line111.settings import Settings
from persian.identifiers import InvalidIdentifier, check_identifier

Rows = list[tuple[FromClause, list[dict[str, Any]]]]
"""Rows by table, in the order they are inserted."""


def intake(settings: Settings, code: str, number: int) -> dict[str, Any]:
    """A complaint with a message of twenty seconds and a callback wished, by applicant `number`."""
    private = {
        "identifier_kind": "national_id",
        "identifier": national_id(number),
        "contact_number": "+989121234567",
        "caller_number": "+982188554433",
    }
    call_id = f"bench-{uuid4().hex[:12]}"
    return {
        "format": 1, "type": "intake", "record_id": str(uuid7()), "node": settings.node, "origin": "ivr",
        "created_at": to_text(now()), "call_id": call_id, "language": "fa", "tracking_code": code,
        "kind": "complaint", "sealed": seal(private, read_secret(settings, "sealing_public")),
        "province": "23", "ended_by": "confirmed", "callback": {"wished": "asap"},
        "recording": {
            "recording_id": str(uuid7()), "file": f"{call_id}/message.alaw", "bytes": 160_000,
            "sha256": "0" * 64, "duration_ms": 20_000, "encoding": "alaw", "rate": 8000, "channels": 1,
            "speaker": "applicant",
        },
    }  # fmt: skip


def national_id(number: int) -> str:
    """The valid national ID of applicant `number`, below 999, which is not issued; no two are alike."""
    for digit in range(10):
        with suppress(InvalidIdentifier):
            return check_identifier("national_id", f"999{number:06d}{digit}")
    raise AssertionError("one of ten digits is the check digit")


@dataclass
class Inserted:
    """What went into the database while somebody looked."""

    rows: Rows


@contextmanager
def watching_inserts(engine: Engine) -> Iterator[Inserted]:
    """Note the rows of every INSERT."""
    seen = Inserted([])

    def note(_connection: Any, statement: Any, many: Any, one: Any, _options: Any) -> None:
        if isinstance(statement, Insert):
            seen.rows.append((statement.table, list(many) or [dict(one)]))

    event.listen(engine, "before_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_execute", note)


async def rows_of(settings: Settings, database: Database, first: int, count: int) -> list[Rows]:
    """The rows the bridge writes for new intakes of applicants from `first` on, found by letting it write
    them into this database and undoing that. The codes are leased from this database."""
    keys = KeyRing(lambda: data_keys(settings))
    permutation = CodePermutation(read_secret(settings, "code_key"))
    writer = BatchWriter(permutation, ZoneInfo(settings.country_timezone))
    async with database.writing() as session:
        _, codes = await lease(session, permutation, node=settings.node, holder="ivr", count=count)
    found = []
    for number, code in enumerate(codes):
        prepared = prepare(
            TypeAdapter(Intake).validate_json(json.dumps(intake(settings, code, first + number))),
            keys,
            sealing_private=read_secret(settings, "sealing_private"),
            lookup_key=read_secret(settings, "lookup_key"),
        )
        with watching_inserts(database.engine.sync_engine) as inserted:
            await _write_and_undo(database, writer, prepared)
        found.append(inserted.rows)
    return found


async def _write_and_undo(database: Database, writer: BatchWriter, prepared: Prepared) -> None:
    async with AsyncSession(database.engine) as session:
        await writer.write(session, [prepared])
        await session.rollback()


async def insert_rows(database: Database, rows: Rows) -> None:
    """The bare way: one transaction for one intake's rows, an insert a table."""
    async with database.writing() as session:
        for table, lines in rows:
            await session.execute(insert(table), lines)  # type: ignore[arg-type]
