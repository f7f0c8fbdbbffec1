"""A case as those who may read it see it: rows of the database brought together, identifiers masked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.numbers import number_to_call
from casebridge.cases.originals import Narrow, nothing, originals_of
from casebridge.cases.rules import excerpt, mask_number
from casebridge.cases.schemas import CaseCallback, CaseDetail, CaseRecording, CaseRow, HistoryEntry
from casebridge.crypto import KeyRing
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow
from persian.identifiers import mask_identifier

BEGINNING: Final = 4000
"""Characters of a transcript a list looks at: enough for an excerpt, many times over."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a list tells of a case's recordings and callbacks."""

    seconds: float | None
    transcript_status: str | None
    said: str | None
    """How the transcript of the first recording begins."""
    callback_state: str | None


async def describe_rows(
    session: AsyncSession,
    keys: KeyRing,
    found: Sequence[tuple[Case, Applicant]],
    narrow: Narrow = nothing,
) -> list[CaseRow]:
    """Cases as a list shows them; `narrow` leaves those originals of repeats that may be told of."""
    beside = await _beside(session, [case.id for case, _ in found])
    originals = await originals_of(session, [case for case, _ in found], narrow)
    return [
        CaseRow(**_row(keys, case, applicant, beside[case.id]), original=originals.get(case.id))
        for case, applicant in found
    ]


async def describe_case(
    session: AsyncSession, keys: KeyRing, case: Case, applicant: Applicant, narrow: Narrow = nothing
) -> CaseDetail:
    """A case with recordings, callbacks and history; `narrow` as for `describe_rows`."""
    recordings, transcripts, callbacks = await _parts(session, case.id)
    first = transcripts.get(recordings[0].id) if recordings else None
    beside = _Beside(
        _seconds([row.duration_ms for row in recordings]),
        first.status if first else None,
        first.text if first else None,
        callbacks[-1].state if callbacks else None,
    )
    lines = await session.scalars(
        select(HistoryLine).where(HistoryLine.case_id == case.id).order_by(HistoryLine.id)
    )
    return CaseDetail(
        **_row(keys, case, applicant, beside),
        original=(await originals_of(session, [case], narrow)).get(case.id),
        county=case.county,
        agency=case.agency,
        owner_unit=case.owner_unit,
        text=case.text,
        node=case.node,
        call_id=case.call_id,
        origin=case.origin,
        contact_masked=mask_number(number_to_call(keys, case)),
        version=case.version,
        recordings=[_recording(row, transcripts.get(row.id)) for row in recordings],
        callbacks=[_callback(row) for row in callbacks],
        history=[
            HistoryEntry(at=line.at, action=line.action, actor=line.actor, detail=line.detail)
            for line in lines
        ],
    )


async def _beside(session: AsyncSession, case_ids: list[UUID]) -> dict[UUID, _Beside]:
    """In two queries of a few columns: what belongs to fifty cases may be hours of speech."""
    if not case_ids:
        return {}
    spoken: defaultdict[UUID, list[tuple[int, str | None, str | None]]] = defaultdict(list)
    recordings = await session.execute(
        select(
            RecordingRow.case_id,
            RecordingRow.duration_ms,
            TranscriptRow.status,
            func.substr(TranscriptRow.text, 1, BEGINNING),
        )
        .outerjoin(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
        .where(RecordingRow.case_id.in_(case_ids))
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    for case_id, *told in recordings:
        spoken[case_id].append(tuple(told))
    callbacks = await session.execute(
        select(CallbackRow.case_id, CallbackRow.state)
        .where(CallbackRow.case_id.in_(case_ids))
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
    )
    states = {row.case_id: row.state for row in callbacks}  # of several the latest stays
    found = {}
    for case_id in case_ids:
        told = spoken[case_id]
        _, status, said = told[0] if told else (None, None, None)
        found[case_id] = _Beside(_seconds([row[0] for row in told]), status, said, states.get(case_id))
    return found


async def _parts(
    session: AsyncSession, case_id: UUID
) -> tuple[Sequence[RecordingRow], dict[UUID, TranscriptRow], Sequence[CallbackRow]]:
    """Recordings, transcripts (by recording) and callbacks of a case."""
    recordings = await session.scalars(
        select(RecordingRow)
        .where(RecordingRow.case_id == case_id)
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    transcripts = await session.scalars(select(TranscriptRow).where(TranscriptRow.case_id == case_id))
    callbacks = await session.scalars(
        select(CallbackRow)
        .where(CallbackRow.case_id == case_id)
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
    )
    return recordings.all(), {row.recording_id: row for row in transcripts}, callbacks.all()


def _seconds(milliseconds: Sequence[int]) -> float | None:
    return sum(milliseconds) / 1000 if milliseconds else None


def _row(keys: KeyRing, case: Case, applicant: Applicant, beside: _Beside) -> dict[str, Any]:
    return {
        "id": case.id,
        "tracking_code": case.tracking_code or case.told_code,
        "kind": case.kind,
        "status": case.status,
        "channel": case.channel,
        "level": case.level,
        "province": case.province,
        "language": case.language,
        "opened_at": case.opened_at,
        "ended_by": case.ended_by,
        "identifier_kind": applicant.identifier_kind,
        "identifier_masked": mask_identifier(open_identifier(keys, applicant.id, applicant.identifier)),
        "recording_seconds": beside.seconds,
        "transcript_status": beside.transcript_status,
        "excerpt": excerpt(case.text) or excerpt(beside.said),
        "callback_state": beside.callback_state,
        "quarantine": case.quarantine,
    }


def _recording(row: RecordingRow, transcript: TranscriptRow | None) -> CaseRecording:
    return CaseRecording(
        id=row.id,
        state=row.state,
        speaker=row.speaker,
        channels=row.channels,
        duration_ms=row.duration_ms,
        bytes=row.bytes,
        sha256=row.sha256,
        transcript_status=transcript.status if transcript else None,
        transcript_text=transcript.text if transcript else None,
    )


def _callback(row: CallbackRow) -> CaseCallback:
    return CaseCallback(
        id=row.id,
        state=row.state,
        wished=row.wished,
        due_at=row.due_at,
        arrived_at=row.arrived_at,
        claimed_by=row.claimed_by,
        attempts=row.attempts,
        outcome=row.outcome,
    )
