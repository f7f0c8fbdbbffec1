"""A case as those who may read it see it: rows of the database brought together, identifiers masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.numbers import number_to_call
from casebridge.cases.rules import excerpt, mask_number
from casebridge.cases.schemas import CaseCallback, CaseDetail, CaseRecording, CaseRow, HistoryEntry
from casebridge.crypto import KeyRing
from casebridge.recordings.models import RecordingRow
from casebridge.transcripts.models import TranscriptRow
from persian.identifiers import mask_identifier

Parts = tuple[Sequence[RecordingRow], dict[UUID, TranscriptRow], Sequence[CallbackRow]]


async def describe_rows(
    session: AsyncSession, keys: KeyRing, found: Sequence[tuple[Case, Applicant]]
) -> list[CaseRow]:
    """Cases as a list shows them."""
    recordings, transcripts, callbacks = await _parts(session, [case.id for case, _ in found])
    return [
        CaseRow(
            **_row(
                keys,
                case,
                applicant,
                (
                    [row for row in recordings if row.case_id == case.id],
                    transcripts,
                    [row for row in callbacks if row.case_id == case.id],
                ),
            )
        )
        for case, applicant in found
    ]


async def describe_case(session: AsyncSession, keys: KeyRing, case: Case, applicant: Applicant) -> CaseDetail:
    """A case with recordings, callbacks and history."""
    parts = recordings, transcripts, callbacks = await _parts(session, [case.id])
    lines = await session.scalars(
        select(HistoryLine).where(HistoryLine.case_id == case.id).order_by(HistoryLine.id)
    )
    return CaseDetail(
        **_row(keys, case, applicant, parts),
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


async def _parts(session: AsyncSession, case_ids: list[UUID]) -> Parts:
    """Recordings, transcripts (by recording) and callbacks of these cases, in three queries."""
    if not case_ids:
        return [], {}, []
    recordings = await session.scalars(
        select(RecordingRow)
        .where(RecordingRow.case_id.in_(case_ids))
        .order_by(RecordingRow.created_at, RecordingRow.id)
    )
    transcripts = await session.scalars(select(TranscriptRow).where(TranscriptRow.case_id.in_(case_ids)))
    callbacks = await session.scalars(
        select(CallbackRow)
        .where(CallbackRow.case_id.in_(case_ids))
        .order_by(CallbackRow.arrived_at, CallbackRow.id)
    )
    return recordings.all(), {row.recording_id: row for row in transcripts}, callbacks.all()


def _row(keys: KeyRing, case: Case, applicant: Applicant, parts: Parts) -> dict[str, Any]:
    recordings, transcripts, callbacks = parts
    first = transcripts.get(recordings[0].id) if recordings else None
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
        "recording_seconds": sum(r.duration_ms for r in recordings) / 1000 if recordings else None,
        "transcript_status": first.status if first else None,
        "excerpt": excerpt(case.text) or excerpt(first.text if first else None),
        "callback_state": callbacks[-1].state if callbacks else None,
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
