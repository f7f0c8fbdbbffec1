"""Sound goes up whole or not at all, lies encrypted, and comes down in any part asked for."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casebridge import rotation
from casebridge.audit.models import AuditLine
from casebridge.client import BridgeRefused
from casebridge.recordings.sound import to_pcm
from line111.secrets import data_keys


async def announced(api: Any, audio: bytes) -> dict[str, Any]:
    """An accepted intake whose recording is still to come."""
    intake = api.citizen.intake((await api.codes())[0], audio=audio)
    async with api.client() as client:
        await client.post_record(intake)
    recording: dict[str, Any] = intake["recording"]
    return recording | {"case_id": intake["record_id"], "intake": intake}


async def held(api: Any, audio: bytes, folder: Path) -> dict[str, Any]:
    """A recording the bridge holds."""
    recording = await announced(api, audio)
    file = folder / "m.alaw"
    file.write_bytes(audio)
    async with api.client() as client:
        await client.put_audio(recording["recording_id"], file, recording["sha256"])
    return recording


async def test_a_recording_goes_up_and_comes_down_unchanged(api: Any, tmp_path: Path) -> None:
    audio = api.citizen.sound(25)  # several chunks
    recording = await held(api, audio, tmp_path)
    async with api.client("transcription") as client:
        await client.get_audio(recording["recording_id"], tmp_path / "down.alaw")
        facts = await client.recording(recording["recording_id"])
    assert (tmp_path / "down.alaw").read_bytes() == audio
    assert facts.state == "held"
    assert facts.transcript_status == "queued"
    async with api.client() as client:
        assert (await client.post_record(recording["intake"])).audio == "held"


async def test_sound_is_nowhere_readable_on_disk(api: Any, tmp_path: Path) -> None:
    audio = b"so that it is found if it is there. " * 3000
    await held(api, audio, tmp_path)
    files = [file for file in api.settings.recordings_dir.rglob("*") if file.is_file()]
    assert len(files) == 1
    assert b"found" not in files[0].read_bytes()


async def test_delivering_twice_or_at_once_changes_nothing(api: Any, tmp_path: Path) -> None:
    audio = api.citizen.sound(3)
    recording = await announced(api, audio)
    (tmp_path / "m").write_bytes(audio)
    async with api.client() as client:
        puts = [
            client.put_audio(recording["recording_id"], tmp_path / "m", recording["sha256"]) for _ in range(4)
        ]
        await asyncio.gather(*puts)
        await client.put_audio(recording["recording_id"], tmp_path / "m", recording["sha256"])
        with pytest.raises(BridgeRefused) as refused:
            await client.put_audio(recording["recording_id"], tmp_path / "m", "0" * 64)
    assert refused.value.status == 409
    async with api.client("operator") as client:
        detail = await client.case(recording["case_id"])
    assert [line.action for line in detail.history].count("recording_held") == 1


async def test_what_is_not_as_announced_is_refused_and_nothing_is_kept(api: Any) -> None:
    audio = api.citizen.sound(20)
    recording = await announced(api, audio)
    path = f"/recordings/{recording['recording_id']}/audio"
    wrong = [audio[:-1], audio + b"x", audio[:-1] + bytes([audio[-1] ^ 1])]
    async with api.http("ivr") as http:
        for body in wrong:
            assert (await http.put(path, content=body)).status_code == 422
        for header in ({"X-Content-SHA256": "0" * 64}, {"Content-Digest": "sha-256=:AAAA:"}):
            answer = await http.put(path, content=audio, headers=header)
            assert answer.status_code == 422

        async def torn() -> Any:
            yield audio[:100_000]

        assert (await http.put(path, content=torn())).status_code == 422
        unknown = "/recordings/019a0000-0000-7000-8000-00000000ffff/audio"
        assert (await http.put(unknown, content=audio)).status_code == 404
    assert not [file for file in api.settings.recordings_dir.rglob("*") if file.is_file()]
    async with api.http("operator") as http:
        answer = await http.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:line111:problem:no_sound_yet"


async def test_any_part_can_be_asked_for(api: Any, tmp_path: Path) -> None:
    audio = api.citizen.sound(20)
    recording = await held(api, audio, tmp_path)
    path = f"/recordings/{recording['recording_id']}/audio"
    size = len(audio)
    parts = {
        "bytes=0-0": (0, 1),
        "bytes=65530-65550": (65530, 65551),
        f"bytes={size - 5}-": (size - 5, size),
        "bytes=-7": (size - 7, size),
        f"bytes=100-{size * 2}": (100, size),
    }
    async with api.http("transcription") as http:
        for header, (start, end) in parts.items():
            answer = await http.get(path, headers={"Range": header})
            assert answer.status_code == 206
            assert answer.content == audio[start:end]
            assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        answer = await http.get(path, headers={"Range": f"bytes={size}-"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{size}"


async def test_a_browser_gets_wav_whole_and_in_parts(api: Any, tmp_path: Path) -> None:
    audio = api.citizen.sound(20)
    recording = await held(api, audio, tmp_path)
    path = f"/recordings/{recording['recording_id']}/audio?format=wav"
    async with api.person("agent") as http:
        whole = (await http.get(path)).content
        with wave.open(io.BytesIO(whole)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            assert file.readframes(len(audio)) == to_pcm(audio)
        for start, end in ((0, 10), (40, 50), (43, 46), (45, 46), (131_113, 131_200), (1000, len(whole))):
            answer = await http.get(path, headers={"Range": f"bytes={start}-{end - 1}"})
            assert answer.status_code == 206
            assert answer.content == whole[start:end], (start, end)


async def test_each_playback_stands_in_the_audit_trail_once(api: Any, tmp_path: Path) -> None:
    recording = await held(api, api.citizen.sound(2), tmp_path)
    path = f"/recordings/{recording['recording_id']}/audio"
    async with api.person("agent") as http:
        for start in (500, 0, 1000):
            await http.get(path, params={"format": "wav"}, headers={"Range": f"bytes={start}-"})
    async with api.bridge.database.reading() as session:
        lines = list(await session.scalars(select(AuditLine).where(AuditLine.action == "recording_played")))
    assert [(line.actor, line.subject_id) for line in lines] == [("person:agent1", recording["recording_id"])]


async def test_peaks_show_where_it_is_loud(api: Any, tmp_path: Path) -> None:
    silence, noise = b"\xd5" * 8000, b"\x2a" * 8000
    recording = await held(api, silence + noise, tmp_path)
    async with api.person("agent") as http:
        peaks = (await http.get(f"/recordings/{recording['recording_id']}/peaks?count=10")).json()
    assert peaks["channels"][0][:5] == [0.0002] * 5
    assert min(peaks["channels"][0][5:]) > 0.9


async def test_a_file_that_was_touched_is_an_error_and_never_sound(api: Any, tmp_path: Path) -> None:
    recording = await held(api, api.citizen.sound(20), tmp_path)
    file = next(file for file in api.settings.recordings_dir.rglob("*.rec"))
    whole = file.read_bytes()
    async with api.http("transcription") as http:
        path = f"/recordings/{recording['recording_id']}/audio"
        last = f"bytes={recording['bytes'] - 1}-"
        damages = [
            (whole[:-1], last),
            (whole[:-1] + bytes([whole[-1] ^ 1]), last),
            (whole[: len(whole) // 2], last),
            (whole[:20], "bytes=0-"),
            (whole[:30] + bytes([whole[30] ^ 1]) + whole[31:], "bytes=0-"),
            (whole[:99] + bytes([whole[99] ^ 1]) + whole[100:], "bytes=0-"),
        ]
        for damaged, part in damages:
            file.write_bytes(damaged)
            assert (await http.get(path, headers={"Range": part})).status_code == 503


async def test_everything_is_readable_after_the_keys_were_rotated(api: Any, tmp_path: Path) -> None:
    audio = api.citizen.sound(10)
    recording = await held(api, audio, tmp_path)
    async with api.client() as client:
        await client.post_record(api.citizen.report(recording["intake"]))
    number = rotation.add_key(api.settings)
    done = await rotation.rotate(api.bridge.database, api.bridge.keys, api.bridge.store)
    assert {what: count for what, count in done.items() if count} == {
        "applicants": 1, "cases": 1, "calls": 1, "recordings": 1,
    }  # fmt: skip
    assert await rotation.remaining(api.bridge.database, api.bridge.keys) == 0
    (api.settings.secrets_dir / "data_key.1").unlink()
    api.bridge.keys.reload()
    assert list(data_keys(api.settings)) == [number]
    async with api.person("agent") as http:
        path = f"/recordings/{recording['recording_id']}/audio"
        assert (await http.get(path)).content == audio
        revealed = (await http.post(f"/cases/{recording['case_id']}/reveal")).json()
    assert revealed["contact_number"] == "+989121234567"


async def test_a_transcript_is_shown_as_it_arrives_and_can_be_searched(api: Any, tmp_path: Path) -> None:
    recording = await held(api, api.citizen.sound(2), tmp_path)
    word = {"text": "كوچه", "start_ms": 0, "end_ms": 500, "confidence": 0.9}
    segment = {"speaker": "applicant", "start_ms": 0, "end_ms": 500, "text": "کوچه", "words": [word]}
    transcript = {
        "language": "fa",
        "model": {"name": "m", "sha256": "0" * 64},
        "status": "in_progress",
        "detail": None,
        "segments": [segment],
        "text": "چراغ کوچهٔ ما ۱۰۰٪ خاموش_است",
    }
    async with api.client("transcription") as worker, api.person("agent") as http:
        await worker.put_transcript(recording["recording_id"], transcript)
        shown = (await http.get(f"/recordings/{recording['recording_id']}/transcript")).json()
        assert shown["status"] == "in_progress"
        assert shown["segments"][0]["words"][0]["text"] == "كوچه"
        await worker.put_transcript(recording["recording_id"], transcript | {"status": "waiting_for_model"})
        waiting = [item async for item in worker.waiting_recordings()]
        await worker.put_transcript(recording["recording_id"], transcript | {"status": "done"})
        for words, found in (("كوچه", 1), ("خاموش", 1), ("%", 0), ("دریا", 0)):
            page = (await http.get("/cases", params={"q": words})).json()
            assert len(page["items"]) == found, words
    assert [str(item.id) for item in waiting] == [recording["recording_id"]]
