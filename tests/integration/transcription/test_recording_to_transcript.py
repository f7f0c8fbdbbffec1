"""A recording at the bridge becomes its transcript, once, whatever happens to the workers meanwhile.

Redis, the bridge and the workers here are real processes.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis
from typer.testing import CliRunner

from benchmarks.transcription_line import TranscriptLine, end, wait_until
from line111.secrets import redis_url
from line111.settings import load_settings
from transcription.claim import MOST_STARTS, Claim, ClaimedElsewhere
from transcription.cli import app
from transcription.job_queue import dead_letters, open_broker, send
from transcription.store import VerifiedModel
from transcription.worker import MOST_UNREADABLE, own_scratch

pytestmark = pytest.mark.timeout(240)

LIGHT = "The street light in front of our house has been broken for three weeks."
WATER = "The water in our building was cut off yesterday without any warning."
SAID = LIGHT.lower().rstrip(".")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, english: VerifiedModel) -> Iterator[TranscriptLine]:
    """A node with Redis, a bridge and a worker that has the English model."""
    line = TranscriptLine(tmp_path_factory.mktemp("node"))
    try:
        line.start_redis()
        line.start_bridge()
        line.install(english)
        line.start_worker()
        yield line
    finally:
        line.stop()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TranscriptLine]:
    """Another node with Redis and a bridge."""
    node = TranscriptLine(tmp_path_factory.mktemp("bare"))
    try:
        node.start_redis()
        node.start_bridge()
        yield node
    finally:
        node.stop()


@pytest.fixture
def bare_line(node: TranscriptLine) -> Iterator[TranscriptLine]:
    """That node without workers and models; the test starts and kills what it needs."""
    before = list(node.processes)
    yield node
    for process in [one for one in node.processes if one not in before]:
        if process.args[-1] == "transcription":
            end(process)
    for model in node.settings.models_dir.iterdir():
        shutil.rmtree(model) if model.is_dir() else model.unlink()


@pytest.fixture(scope="module")
def minute(speak) -> bytes:
    """A message that keeps a worker busy for some seconds."""
    return speak(" ... ".join([LIGHT, WATER] * 3)).read_bytes()


def histories(line: TranscriptLine, recording: str) -> list[str]:
    """The ends a transcript had, as the case's history tells them."""
    case = line.transcript(recording).case_id
    detail = line.ask(lambda bridge: bridge.case(case), "operator")
    return [str(entry.detail["status"]) for entry in detail.history if entry.action == "transcript"]


def test_message_becomes_text_with_word_times_by_the_model_that_is_named(
    line: TranscriptLine, speak, english: VerifiedModel
) -> None:
    sound = speak(LIGHT).read_bytes()
    transcript = line.wait_for(line.record(sound))
    assert (transcript.status, transcript.text, transcript.detail) == ("done", SAID, None)
    assert transcript.model is not None
    assert (transcript.model.name, transcript.model.sha256) == (english.name, english.sha256)
    words = [word for segment in transcript.segments for word in segment.words]
    assert " ".join(word.text for word in words) == SAID
    assert words[-1].end_ms <= len(sound) / 8
    metrics = httpx.get(f"http://127.0.0.1:{line.settings.transcription.metrics_port}/metrics").text
    assert re.search(r'^line111_transcripts_total\{language="en",status="done"\} [1-9]', metrics, re.M)


def test_page_shows_words_before_the_whole_message_is_heard(line: TranscriptLine, minute: bytes) -> None:
    recording = line.record(minute)
    early = line.wait_for(recording, "in_progress")
    wait_until(lambda: bool(line.transcript(recording).text), 30, every=0.1)
    early = line.transcript(recording)
    assert early.status == "in_progress"
    late = line.wait_for(recording, "done")
    assert late.text.startswith(early.text)
    assert len(late.text) > len(early.text)


def test_conversation_becomes_a_speaker_marked_transcript(line: TranscriptLine, speak) -> None:
    sound = speak(LIGHT, "We will send somebody tomorrow morning.", after=(0.0, 5.5)).read_bytes()
    transcript = line.wait_for(line.record(sound, channels=2))
    assert [segment.speaker for segment in transcript.segments] == ["applicant", "agent"]
    assert transcript.segments[0].text == SAID


@pytest.mark.parametrize(
    ("sound", "channels", "status", "detail"),
    [
        pytest.param(bytes([0xD5]) * 16000, 1, "empty", "silence", id="silence"),
        pytest.param(bytes([0x2A]) * 900, 1, "empty", "too_short", id="a tenth of a second"),
        pytest.param(bytes([0x2A] * 4 + [0xAA] * 4) * 2000, 1, "empty", "no_words", id="a whistle"),
        pytest.param(bytes([0x2A]) * 16001, 2, "broken", "cut_off", id="half a frame"),
    ],
)
def test_recording_without_words_gets_a_named_status_at_once(
    line: TranscriptLine, sound: bytes, channels: int, status: str, detail: str
) -> None:
    transcript = line.wait_for(line.record(sound, channels=channels))
    assert (transcript.status, transcript.detail) == (status, detail)


def test_job_delivered_twice_changes_nothing(line: TranscriptLine, speak) -> None:
    recording = line.record(speak(LIGHT).read_bytes())
    before = line.wait_for(recording, "done")
    broker_client = redis.Redis.from_url(redis_url(line.settings))
    broker = open_broker(broker_client, 60, [])
    for _ in range(3):
        send(broker, recording)
    wait_until(lambda: broker_client.hlen("dramatiq:transcription.msgs") == 0, 20)
    assert line.transcript(recording) == before
    assert histories(line, recording) == ["done"]


def test_unknown_recording_is_a_dead_letter_an_operator_can_see(
    line: TranscriptLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = redis.Redis.from_url(redis_url(line.settings))
    send(open_broker(client, 60, []), "019a0000-0000-7000-8000-000000000009")
    wait_until(lambda: any(True for _ in dead_letters(client)), 20)
    for name, value in line.environment().items():
        monkeypatch.setenv(name, value)
    load_settings.cache_clear()
    (first,) = dead_letters(client)
    shown = CliRunner().invoke(app, ["dead-letters"]).output
    again = CliRunner().invoke(app, ["dead-letters", "--retry"]).output
    load_settings.cache_clear()
    assert "019a0000" in shown
    assert "1 queued again" in again
    wait_until(lambda: [one.key for one in dead_letters(client)] not in ([], [first.key]), 20)
    metrics = httpx.get(f"http://127.0.0.1:{line.settings.transcription.metrics_port}/metrics").text
    assert re.search(r"^line111_transcription_dead_letters 1\.0$", metrics, re.M)


def test_recording_waits_for_its_model_and_is_heard_when_it_arrives(
    bare_line: TranscriptLine, english: VerifiedModel, speak
) -> None:
    bare_line.start_worker()
    recording = bare_line.record(speak(LIGHT).read_bytes())
    waiting = bare_line.wait_for(recording)
    assert (waiting.status, waiting.model, waiting.detail) == ("waiting_for_model", None, None)
    bare_line.install(english)
    assert bare_line.wait_for(recording, "done").text == SAID


def test_persian_recording_waits_while_english_is_heard(line: TranscriptLine, speak) -> None:
    persian = line.record(speak(LIGHT).read_bytes(), language="fa")
    assert line.wait_for(persian).status == "waiting_for_model"
    assert line.wait_for(line.record(speak(LIGHT).read_bytes())).status == "done"


def test_altered_model_is_not_used_and_the_recording_waits(
    bare_line: TranscriptLine, english: VerifiedModel, speak
) -> None:
    bare_line.install(english)
    file = bare_line.settings.models_dir / english.name / "conf" / "model.conf"
    text = file.read_text()
    file.unlink()  # it is a hard link to the good one
    file.write_text(text + "--endpoint.rule2.min-trailing-silence=9\n")
    bare_line.start_worker()
    waiting = bare_line.wait_for(bare_line.record(speak(LIGHT).read_bytes()))
    assert (waiting.status, waiting.detail) == ("waiting_for_model", "model_refused")


@pytest.mark.chaos
def test_job_of_a_killed_worker_is_done_once_by_another(
    bare_line: TranscriptLine, english: VerifiedModel, minute: bytes
) -> None:
    bare_line.install(english)
    first = bare_line.start_worker()
    recording = bare_line.record(minute)
    bare_line.wait_for(recording, "in_progress")
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert bare_line.transcript(recording).status == "in_progress"
    left = list((bare_line.settings.run_dir / "transcription").iterdir())
    bare_line.start_worker()
    done = bare_line.wait_for(recording, "done", seconds=90)
    assert done.text.count(SAID) == 3
    assert histories(bare_line, recording) == ["done"]
    assert not any(folder.exists() for folder in left), "the caller's voice was left on the disk"


@pytest.mark.chaos
def test_stopped_worker_gives_its_job_back_at_once(
    bare_line: TranscriptLine, english: VerifiedModel, minute: bytes
) -> None:
    bare_line.install(english)
    first = bare_line.start_worker()
    recording = bare_line.record(minute)
    bare_line.wait_for(recording, "in_progress")
    begun = time.monotonic()
    assert end(first) == 0
    assert time.monotonic() - begun < 10
    bare_line.start_worker()
    assert bare_line.wait_for(recording, "done", seconds=60).text.count(SAID) == 3


@pytest.mark.chaos
def test_worker_outlives_a_bridge_that_goes_away_and_comes_back(
    bare_line: TranscriptLine, english: VerifiedModel, minute: bytes
) -> None:
    bare_line.install(english)
    bare_line.start_worker()
    recording = bare_line.record(minute)
    bare_line.wait_for(recording, "in_progress")
    bridge = next(one for one in reversed(bare_line.processes) if one.args[1] == "-c")
    end(bridge)
    time.sleep(1)
    bare_line.start_bridge()
    assert bare_line.wait_for(recording, "done", seconds=90).text.count(SAID) == 3


@pytest.mark.chaos
def test_jobs_lost_with_redis_are_found_again_at_the_bridge(
    bare_line: TranscriptLine, english: VerifiedModel, speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = bare_line.record(speak(LIGHT).read_bytes())
    client = redis.Redis.from_url(redis_url(bare_line.settings))
    wait_until(lambda: client.hlen("dramatiq:transcription.msgs") == 1, 10)
    client.flushall()
    bare_line.install(english)
    monkeypatch.setenv("LINE111_TRANSCRIPTION__LOST_AFTER_SECONDS", "1")
    time.sleep(1)
    bare_line.start_worker()
    assert bare_line.wait_for(recording, "done").text == SAID


def test_recording_that_took_down_worker_after_worker_is_given_up(line: TranscriptLine, speak) -> None:
    sound = speak(LIGHT).read_bytes()
    recording = line.announce(sound)
    redis.Redis.from_url(redis_url(line.settings)).set(
        f"line111:transcription:starts:{recording}", MOST_STARTS
    )
    line.send(recording, sound)
    transcript = line.wait_for(recording)
    assert (transcript.status, transcript.detail) == ("failed", "workers_died")


def test_recording_the_bridge_cannot_read_is_called_broken_in_the_end(
    bare_line: TranscriptLine, english: VerifiedModel, speak
) -> None:
    recording = bare_line.record(speak(LIGHT).read_bytes())
    (stored,) = bare_line.settings.recordings_dir.rglob(f"{recording.replace('-', '')}.rec")
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    counter = f"line111:transcription:unreadable:{recording}"
    redis.Redis.from_url(redis_url(bare_line.settings)).set(counter, MOST_UNREADABLE - 2)
    bare_line.install(english)
    bare_line.start_worker()
    transcript = bare_line.wait_for(recording)
    assert (transcript.status, transcript.detail) == ("broken", "unavailable")


def test_recording_has_one_worker_at_a_time(line: TranscriptLine) -> None:
    client = redis.Redis.from_url(redis_url(line.settings))
    now = [0.0]
    first, second = (Claim(client, "some-recording", lambda: now[0]) for _ in range(2))
    first.take()
    with pytest.raises(ClaimedElsewhere):
        second.take()
    now[0] += 5
    first.renew()
    client.delete("line111:transcription:claim:some-recording")  # as if the first had been silent too long
    second.take()
    now[0] += 5
    with pytest.raises(ClaimedElsewhere):
        first.renew()
    first.let_go()
    with pytest.raises(ClaimedElsewhere):
        Claim(client, "some-recording").take()
    second.let_go()


def test_recordings_are_heard_side_by_side(line: TranscriptLine, speak) -> None:
    sound = speak(LIGHT).read_bytes()
    with ThreadPoolExecutor(4) as pool:
        recordings = list(pool.map(lambda _: line.record(sound), range(4)))
    assert {line.wait_for(one, "done").text for one in recordings} == {SAID}


def test_no_word_of_a_caller_is_written_to_the_log(line: TranscriptLine) -> None:
    lines = [json.loads(text) for text in line.logs().splitlines() if text.startswith("{")]
    assert lines
    assert not any("street" in json.dumps(one) for one in lines)


def test_folder_of_a_dead_process_is_swept_and_that_of_a_living_one_kept(line: TranscriptLine) -> None:
    parent = line.settings.run_dir / "transcription"
    (parent / "999999-1").mkdir()
    living = [folder for folder in parent.iterdir() if folder.name != "999999-1"]
    mine = own_scratch(line.settings)
    assert not (parent / "999999-1").exists()
    assert living
    assert all(folder.exists() for folder in [*living, mine])


def test_several_processes_share_the_work(
    english: VerifiedModel, bare_line: TranscriptLine, speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINE111_TRANSCRIPTION__PROCESSES", "2")
    bare_line.install(english)
    parent = bare_line.start_worker()
    found = subprocess.run(
        ["pgrep", "-P", str(parent.pid)], check=True, capture_output=True, text=True
    ).stdout.split()
    assert len(found) == 2
    sound = speak(LIGHT).read_bytes()
    recordings = [bare_line.record(sound) for _ in range(3)]
    assert {bare_line.wait_for(one, "done").text for one in recordings} == {SAID}
    assert end(parent) == 0
    assert all(not Path(f"/proc/{pid}").exists() for pid in found)


def test_bridge_knows_no_transcript_of_a_recording_it_does_not_know(line: TranscriptLine) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        line.transcript("019a0000-0000-7000-8000-000000000001")
