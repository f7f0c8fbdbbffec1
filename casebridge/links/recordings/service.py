"""Which recordings follow a case to a centre, which may be fetched by it, which are awaited here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.cases.models import Case
from casebridge.links.fan_out import CENTRE
from casebridge.links.models import LinkedCase
from casebridge.links.recordings.models import AwaitedRecording
from casebridge.links.rules import goes_along
from casebridge.links.schemas import MOST_RECORDINGS, RecordingCopy
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import RecordingState
from line111.clock import now

RATE = 8000


async def list_for(
    session: AsyncSession, link: LinkedCase | None, answer_id: UUID | None
) -> list[RecordingCopy]:
    """The recordings that go to a centre with a case: its applicant's, or the voice that answers it.

    Args:
        link: How the case is known there; other neighbours than centres get no recordings.
        answer_id: The answer that goes along.
    """
    if link is None or not link.target.startswith(CENTRE):
        return []
    rows = await session.execute(
        select(RecordingRow, AnswerRow.id)
        .outerjoin(AnswerRow, AnswerRow.recording_id == RecordingRow.id)
        .where(RecordingRow.case_id == link.case_id, RecordingRow.state != RecordingState.ABSENT.value)
        .order_by(RecordingRow.created_at.desc(), RecordingRow.id.desc())
        .limit(MOST_RECORDINGS)
    )
    return [
        _copy(row, named)
        for row, named in reversed(rows.all())
        if goes_along(link.direction, row.speaker, named=named is not None and named == answer_id)
    ]


async def recording_to_send(
    session: AsyncSession, centre: str, case_id: UUID, recording_id: UUID
) -> RecordingRow:
    """A recording that this centre may have, because it goes along with a case both know.

    Raises Problem `not_found`, whatever else there may be of it.
    """
    link = await session.get(LinkedCase, (CENTRE + centre, case_id))
    row = await session.get(RecordingRow, recording_id)
    if link is None or row is None or row.case_id != case_id or row.state == RecordingState.ABSENT:
        raise Problem("not_found")
    answers = select(AnswerRow.id).where(AnswerRow.case_id == case_id, AnswerRow.recording_id == row.id)
    named = await session.scalar(answers.limit(1)) is not None
    if not goes_along(link.direction, row.speaker, named=named):
        raise Problem("not_found")
    return row


async def await_recordings(
    session: AsyncSession, case: Case, source: str, copies: Sequence[RecordingCopy]
) -> None:
    """Writes down what another centre has of a case, to be fetched; what is known already stays as it is."""
    moment = now()
    for copy in copies:
        row = await session.get(RecordingRow, copy.id)
        if row is None:
            session.add(_expected(case, copy))
            await session.flush()
            session.add(AwaitedRecording(recording_id=copy.id, source=source, attempts=0, created_at=moment,
                                         next_at=moment))  # fmt: skip
            continue
        awaited = await session.get(AwaitedRecording, copy.id)
        if row.case_id == case.id and awaited and awaited.source == source and awaited.next_at is None:
            row.state = RecordingState.EXPECTED.value  # they have it after all
            awaited.created_at = awaited.next_at = moment
            awaited.attempts = 0
    await session.flush()


async def source_of(session: AsyncSession, recording_id: UUID) -> str | None:
    """The centre an awaited recording is to come from; None where it comes from none."""
    row = await session.get(AwaitedRecording, recording_id)
    return row.source.removeprefix(CENTRE) if row else None


def _expected(case: Case, copy: RecordingCopy) -> RecordingRow:
    return RecordingRow(
        id=copy.id,
        case_id=case.id,
        state=RecordingState.EXPECTED.value,
        speaker=copy.speaker,
        encoding="alaw",
        rate=RATE,
        channels=copy.channels,
        bytes=copy.bytes,
        duration_ms=copy.duration_ms,
        sha256=copy.sha256,
        language=copy.language.value,
        created_at=copy.created_at,
    )


def _copy(row: RecordingRow, answer_id: UUID | None) -> RecordingCopy:
    return RecordingCopy.model_validate(
        {
            "id": row.id,
            "speaker": row.speaker,
            "channels": row.channels,
            "bytes": row.bytes,
            "duration_ms": row.duration_ms,
            "sha256": row.sha256,
            "language": row.language,
            "created_at": row.created_at,
            "answer_id": answer_id,
        }
    )
