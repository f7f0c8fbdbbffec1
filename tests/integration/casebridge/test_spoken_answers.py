"""An official's voice is kept with the answer that names it; one no answer names goes after a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, select, text, update

from casebridge.audit.models import AuditLine
from casebridge.cartables.voice import UNNAMED_FOR, drop_unnamed_voices
from casebridge.recordings.models import RecordingRow
from line111.clock import now
from tests.integration.casebridge.test_within_sight import DESK, land, official, opened

__all__ = ["land"]
SOUND = bytes(range(256)) * 40
ALAW = {"Content-Type": "audio/x-alaw-basic"}


async def _spoken(http: Any, path: str) -> UUID:
    kept = await http.post(f"{path}/voice", content=SOUND, headers=ALAW)
    assert kept.status_code == 201, kept.text
    return UUID(kept.json()["recording_id"])


async def _grown_old(land: Any, *recordings: UUID) -> None:
    """As if they had been spoken more than a day ago."""
    before = now() - UNNAMED_FOR - timedelta(minutes=1)
    async with land.bridge.database.writing() as session:
        old = update(RecordingRow).where(RecordingRow.id.in_(recordings))
        await session.execute(old.values(created_at=before))


def _file(land: Any, recording: UUID) -> Any:
    return land.bridge.store._path(recording)


async def test_a_voice_no_answer_names_within_a_day_is_taken_away_whole(land: Any) -> None:
    intake = await opened(land)
    await official(land, "v1", DESK)
    path = f"/cases/{intake['record_id']}"
    async with land.person("official", username="v1") as http:
        first, second, fresh = [await _spoken(http, path) for _ in range(3)]
        body = {"text": "Spoken.", "language": "en", "recording_id": str(second)}
        assert (await http.post(f"{path}/answers", json=body)).status_code == 200
        await _grown_old(land, first, second)
        assert await drop_unnamed_voices(land.bridge) == 1
        assert await drop_unnamed_voices(land.bridge) == 0
        assert (await http.get(f"/recordings/{first}/audio")).status_code == 404
        assert (await http.get(f"/recordings/{second}/audio")).content == SOUND
        assert (await http.get(f"/recordings/{fresh}/audio")).content == SOUND, "its answer may still come"
    assert [_file(land, one).exists() for one in (first, second, fresh)] == [False, True, True]
    async with land.bridge.database.reading() as session:
        lines = select(AuditLine.action).where(AuditLine.subject_id == str(first)).order_by(AuditLine.id)
        assert list(await session.scalars(lines))[-1] == "voice_dropped"


async def test_what_citizens_left_is_never_taken_away(land: Any) -> None:
    intake = await opened(land, audio=SOUND)
    async with land.bridge.database.reading() as session:
        mine = select(RecordingRow.id).where(RecordingRow.case_id == UUID(intake["record_id"]))
        left = list(await session.scalars(mine))
    await _grown_old(land, *left)
    assert await drop_unnamed_voices(land.bridge) == 0
    async with land.bridge.database.reading() as session:
        assert list(await session.scalars(mine)) == left != []


async def test_an_answer_cannot_name_a_voice_that_was_taken_away(land: Any) -> None:
    intake = await opened(land)
    await official(land, "v2", DESK)
    path = f"/cases/{intake['record_id']}"
    async with land.person("official", username="v2") as http:
        voice = await _spoken(http, path)
        await _grown_old(land, voice)
        _file(land, voice).unlink()  # as where a sweep was broken off between the file and the row
        assert await drop_unnamed_voices(land.bridge) == 1
        body = {"text": "Spoken.", "language": "en", "recording_id": str(voice)}
        assert (await http.post(f"{path}/answers", json=body)).status_code == 422


async def test_the_hourly_sweep_reads_officials_voices_and_no_other_recordings(api: Any) -> None:
    database = api.bridge.database
    asked: list[tuple[str, Any]] = []
    reader = database._reader.sync_engine
    event.listen(reader, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    await drop_unnamed_voices(api.bridge)
    question, values = [one for one in asked if "FROM recordings" in one[0]][-1]  # the bridge sweeps, too
    async with database.reading() as session:
        if not database.is_sqlite:  # a table of no rows is read whole, whatever indexes there are
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        connection = await session.connection()
        how = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plan = str((await connection.exec_driver_sql(f"{how} {question}", tuple(values))).all())
    assert "ix_recordings_voices" in plan, plan
