"""What the database knows of a batch of records, read in a few queries before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.service import ids_by_lookup
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case
from casebridge.country.service import country
from casebridge.intakes.models import AcceptedRecord
from casebridge.intakes.reading import Prepared
from casebridge.intakes.schemas import ApplicantWord, CallbackWish, Intake
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import RecordingState
from casebridge.referrals.rules import Map

_RECORDS = select(AcceptedRecord).where(AcceptedRecord.record_id.in_(bindparam("ids", expanding=True)))
_RECORDINGS = select(RecordingRow.id, RecordingRow.state).where(
    RecordingRow.id.in_(bindparam("ids", expanding=True))
)
_CODES = select(Case.tracking_code).where(Case.tracking_code.in_(bindparam("codes", expanding=True)))
"""Asked for every batch: to put a statement together costs more than to run it."""


@dataclass
class Known:
    """What the database (and the batch so far) knows of a batch."""

    land: Map | None = None
    """The country, where a case is to be opened in it."""
    records: dict[UUID, AcceptedRecord] = field(default_factory=dict)
    held: set[UUID] = field(default_factory=set)
    recordings: set[UUID] = field(default_factory=set)
    cases: set[UUID] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    applicants: dict[bytes, UUID] = field(default_factory=dict)
    open_callbacks: dict[UUID, UUID] = field(default_factory=dict)
    """Open callbacks by case."""
    alone: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Rows of the open callbacks without a message, by applicant."""
    changed: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Those of them that were there before and became others with this batch."""


async def what_is_known(session: AsyncSession, batch: Sequence[Prepared]) -> Known:
    """Everything a batch needs to be written, in a few queries for all of it."""
    known = Known()
    records = [prepared.record for prepared in batch]
    ids = [record.record_id for record in records]
    found = await session.scalars(_RECORDS, {"ids": ids})
    known.records = {row.record_id: row for row in found}
    intakes = [record for record in records if isinstance(record, Intake)]
    recordings = {
        record.recording.recording_id
        for record in records
        if isinstance(record, Intake | ApplicantWord) and record.recording
    }
    if recordings:
        rows = await session.execute(_RECORDINGS, {"ids": list(recordings)})
        states = {row.id: row.state for row in rows}
        known.recordings = set(states)
        known.held = {key for key, state in states.items() if state == RecordingState.HELD}
    new = [record for record in intakes if record.record_id not in known.records]
    if new:
        known.land = await country(session)
        codes = [record.tracking_code for record in new]
        known.codes = set(await session.scalars(_CODES, {"codes": codes}))
        identities = (p.identity for p in batch if isinstance(p.record, Intake))
        known.applicants = await ids_by_lookup(session, (who.applicant.lookup for who in identities if who))
    wished = {record.intake_id for record in records if isinstance(record, CallbackWish)}
    if wished:
        known.cases = set(await session.scalars(select(Case.id).where(Case.id.in_(wished))))
        open_ones = await session.execute(
            select(CallbackRow.case_id, CallbackRow.id).where(
                CallbackRow.case_id.in_(wished), CallbackRow.state.in_(("waiting", "claimed"))
            )
        )
        known.open_callbacks = {row.case_id: row.id for row in open_ones}
    return known
