"""A country's cases for a benchmark, written in bulk straight into the tables.

Texts are put together from the sentences the proposals are learned from, so that common and rare words
come as they do in speech; a seed makes them the same every time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.intake_records import national_id
from casebridge.applicants.identity import belongs_to
from casebridge.applicants.models import Applicant
from casebridge.cases.life import OPEN
from casebridge.cases.models import Case, HistoryLine
from casebridge.crypto import KeyRing, keyed_hash
from casebridge.database import Database, is_sqlite
from casebridge.proposals.corpus import Example, corpus
from casebridge.recordings.models import RecordingRow
from casebridge.referrals.rules import first_owner
from casebridge.search.models import CaseWords
from casebridge.search.rules import place_in_time, searchable
from casebridge.tables import new_id
from casebridge.transcripts.models import TranscriptRow
from line111.clock import now
from line111.secrets import data_keys, read_secret
from line111.settings import Settings
from persian.provinces import provinces

SPAN = timedelta(days=365)
DUE_AFTER = timedelta(days=15)
AT_ONCE = 2_000
CASES_A_PERSON = 3
SENTENCES = 3
STATUSES = {"registered": 4, "referred": 5, "in_hand": 5, "answered": 6, "accepted": 10, "closed": 70}
"""Most cases of a year are done."""
KINDS = {"complaint": 40, "request": 35, "report": 10, "guidance": 6, "idea": 4, "criticism": 5}
Rows = dict[FromClause, list[dict[str, Any]]]


async def fill(settings: Settings, count: int) -> None:
    """Writes so many cases of the last year, spread over the provinces, with texts and transcripts."""
    database = Database(settings.database_url)
    keys = KeyRing(lambda: data_keys(settings))
    chance = random.Random(111)
    people = list(_applicants(settings, keys, max(count // CASES_A_PERSON, 1)))
    try:
        for first in range(0, len(people), AT_ONCE):
            async with database.writing() as session:
                await _write(session, {Applicant.__table__: people[first : first + AT_ONCE]})
        begin, step = now() - SPAN, SPAN / count
        for first in range(0, count, AT_ONCE):
            rows: Rows = {}
            for number in range(first, min(first + AT_ONCE, count)):
                applicant = chance.choice(people)["id"]
                for table, row in _case(chance, applicant, begin + step * number, number):
                    rows.setdefault(table, []).append(row)
            async with database.writing() as session:
                await _write(session, rows)
        if not database.is_sqlite:  # what autovacuum does by itself a minute later
            async with database.engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await database.close()


async def _write(session: AsyncSession, rows: Rows) -> None:
    for table in (Applicant, Case, HistoryLine, RecordingRow, TranscriptRow, CaseWords):
        if found := rows.get(table.__table__):
            await (_insert if is_sqlite(session) else _copy)(session, table.__table__, found)


async def _insert(session: AsyncSession, table: Any, rows: list[dict[str, Any]]) -> None:
    await session.execute(insert(table), rows)


async def _copy(session: AsyncSession, table: Any, rows: list[dict[str, Any]]) -> None:
    """PostgreSQL takes rows this way many times as fast as by INSERT."""
    raw: Any = (await (await session.connection()).get_raw_connection()).driver_connection
    names = list(rows[0])
    records = [tuple(_plain(row[name]) for name in names) for row in rows]
    await raw.copy_records_to_table(table.name, records=records, columns=names)


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _applicants(settings: Settings, keys: KeyRing, count: int) -> Iterator[dict[str, Any]]:
    lookup_key = read_secret(settings, "lookup_key")
    for number in range(count):
        identifier, key = national_id(number), new_id()
        yield {
            "id": key,
            "identifier_kind": "national_id",
            "lookup": keyed_hash(lookup_key, "national_id", identifier),
            "identifier": keys.encrypt(identifier.encode(), belongs_to(key)),
            "key_number": 1,
            "created_at": now() - SPAN,
        }


def _case(
    chance: random.Random, applicant: UUID, at: datetime, number: int
) -> Iterator[tuple[FromClause, dict[str, Any]]]:
    case_id = new_id()
    province = chance.choice(list(provinces()))
    kind, status = (chance.choices(list(table), list(table.values()))[0] for table in (KINDS, STATUSES))
    said = _said(chance)
    written = chance.random() < 0.3
    whole = " ".join(example.text for example in said)
    yield (
        Case.__table__,
        {
            "id": case_id,
            "tracking_code": f"{number:010d}",
            "kind": kind,
            "status": status,
            "channel": "web" if written else "phone",
            "level": "province",
            "province": province,
            "language": said[0].language,
            "subject": said[0].subject or None,
            "owner_unit": first_owner(kind, province, heard=written),
            "due_at": at + DUE_AFTER if status in OPEN else None,
            "applicant_id": applicant,
            "key_number": 1,
            "text": whole if written else None,
            "opened_at": at,
            "registered_at": at,
            "round": 1,
            "from_abroad": False,
            "version": 1,
        },
    )
    line = {"case_id": case_id, "at": at, "action": "registered", "actor": "service:ivr", "detail": {}}
    yield HistoryLine.__table__, line
    if not written:
        yield from _spoken(case_id, at, said[0].language, whole)
    words = " ".join(_searchable(example.text) for example in said)
    place = {"number": place_in_time(at, case_id), "case_id": case_id, "province": province}
    yield CaseWords.__table__, place | {"words": words}


def _said(chance: random.Random) -> list[Example]:
    language = "fa" if chance.random() < 0.95 else "en"
    return chance.sample(_sentences(language), SENTENCES)


@cache
def _searchable(text: str) -> str:
    return searchable([text])


@cache
def _sentences(language: str) -> list[Example]:
    return [example for example in corpus().learned if example.language == language and example.kind]


def _spoken(
    case_id: UUID, at: datetime, language: str, said: str
) -> Iterator[tuple[FromClause, dict[str, Any]]]:
    recording_id = new_id()
    yield (
        RecordingRow.__table__,
        {
            "id": recording_id,
            "case_id": case_id,
            "state": "expected",
            "speaker": "applicant",
            "encoding": "alaw",
            "rate": 8000,
            "channels": 1,
            "bytes": 160_000,
            "duration_ms": 20_000,
            "sha256": "0" * 64,
            "language": language,
            "created_at": at,
        },
    )
    yield (
        TranscriptRow.__table__,
        {
            "recording_id": recording_id,
            "case_id": case_id,
            "language": language,
            "status": "done",
            "segments": [],
            "text": said,
            "updated_at": at,
        },
    )
