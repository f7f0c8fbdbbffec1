"""An official's own voice as an answer: raw A-law, kept encrypted like every other recording."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cartables.access import acting_unit
from casebridge.cartables.rules import Act
from casebridge.cases.models import Case
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import RecordingState
from casebridge.tables import new_id
from line111.clock import now

RATE: Final = 8000
SHORTEST, LONGEST = RATE // 2, RATE * 120
"""Bytes: half a second, two minutes."""
SPEAKER: Final = "official"


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
