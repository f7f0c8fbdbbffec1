"""An official's own voice as an answer: raw A-law, kept encrypted like every other recording.

It is kept before the answer is given, so that its speaker can hear it as the applicant will. Where no answer
comes to name it, because it was spoken again or the page was left, it is taken away after a day.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers.models import AnswerRow
from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.cases.models import Case
from casebridge.cases.steps import SYSTEM, locked
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow, spoken_by_officials
from casebridge.recordings.schemas import RecordingState
from casebridge.tables import new_id
from line111.clock import now

RATE: Final = 8000
SHORTEST, LONGEST = RATE // 2, RATE * 120
"""Bytes: half a second, two minutes."""
SPEAKER: Final = "official"
UNNAMED_FOR: Final = timedelta(days=1)
"""A voice no answer names for so long was spoken in vain."""
AT_ONCE: Final = 100


async def keep_voice(bridge: Bridge, who: Principal, case_id: UUID, sound: bytes) -> UUID:
    """Stores the sound of an answer; returns the recording's id, which the answer then names.

    Args:
        sound: G.711 A-law, 8000 bytes a second, one channel.

    Raises Problem `not_found`, `not_yours`, `too_large`, or naming `sound` where it is too short.
    """
    if len(sound) < SHORTEST:
        raise Problem("invalid_request", errors=[("sound", "sound_too_short")])
    if len(sound) > LONGEST:
        raise Problem("too_large")
    async with bridge.database.reading() as session:
        await acting_unit(session, who, case_id, Act.ANSWER)
    recording_id, digest = new_id(), hashlib.sha256(sound).hexdigest()

    async def body() -> AsyncIterator[bytes]:
        yield sound

    key_number = await bridge.store.keep(recording_id, body(), size=len(sound), sha256=digest)
    async with bridge.database.writing() as session:
        case = await session.get_one(Case, case_id)
        session.add(
            RecordingRow(
                id=recording_id,
                case_id=case_id,
                state=RecordingState.HELD.value,
                speaker=SPEAKER,
                encoding="alaw",
                rate=RATE,
                channels=1,
                bytes=len(sound),
                duration_ms=len(sound) * 1000 // RATE,
                sha256=digest,
                language=case.language,
                created_at=now(),
                stored_at=now(),
                key_number=key_number,
            )
        )
        detail = {"case_id": str(case_id)}
        await audit.write(session, who.actor, "voice_recorded", "recording", recording_id, detail=detail)
    return recording_id


async def drop_unnamed_voices(bridge: Bridge) -> int:
    """Takes away voices that no answer has named within a day; returns how many.

    The case is locked meanwhile, so that an answer given at the same moment keeps its voice.
    """
    waiting = (
        select(RecordingRow.id, RecordingRow.case_id)
        .where(
            spoken_by_officials(),
            RecordingRow.created_at < now() - UNNAMED_FOR,
            ~_named(),
        )
        .order_by(RecordingRow.created_at)
        .limit(AT_ONCE)
    )
    async with bridge.database.reading() as session:
        found = (await session.execute(waiting)).all()
    count = 0
    for recording_id, case_id in found:
        async with bridge.database.writing() as session:
            count += await _drop(session, bridge, recording_id, case_id)
    return count


async def _drop(session: AsyncSession, bridge: Bridge, recording_id: UUID, case_id: UUID) -> bool:
    await locked(session, case_id)
    still = select(RecordingRow).where(RecordingRow.id == recording_id, ~_named())
    row = await session.scalar(still)
    if row is None:  # an answer came after all, or another bridge was quicker
        return False
    # The file first: where this is broken off, the row is left to be found again.
    await asyncio.to_thread(bridge.store.remove, recording_id)
    await session.delete(row)
    detail = {"case_id": str(case_id)}
    await audit.write(session, SYSTEM, "voice_dropped", "recording", recording_id, detail=detail)
    return True


def _named() -> ColumnElement[bool]:
    """An answer of its case names this recording."""
    return exists().where(
        AnswerRow.case_id == RecordingRow.case_id, AnswerRow.recording_id == RecordingRow.id
    )
