"""What is durable is whole, whoever is killed and whatever is full."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from casebridge.intakes.schemas import Record
from ivr import records
from ivr.codes import CodeBlock, NoCodeLeft
from ivr.drafts import DraftHeld, Drafts
from ivr.durable import SpoolFull
from ivr.message_audio import BadCallId, MessageAudio, spoken_seconds
from ivr.record_id import new_record_id
from ivr.rescue import rescue_orphans
from ivr.spool import BrokenRecord, Spool, require_room
from persian.tracking_code import make_tracking_code


def an_intake(**changes):
    recording = records.Recorded(new_record_id(), "n1-1.2/x.alaw", 32000, "a" * 64)
    values = {
        "node": "n1", "origin": "ivr", "call_id": "n1-1.2", "language": "fa",
        "tracking_code": make_tracking_code(5), "kind": "request", "sealed": "QUJD",
        "province": "23", "ended_by": "confirmed", "recording": recording, "wished": None,
    }  # fmt: skip
    return records.intake(**(values | changes))


def test_records_fit_the_schema_the_bridge_publishes():
    schema = TypeAdapter(Record)
    intake = an_intake()
    wish = records.callback_wish(node="n1", call_id="n1-1.2", intake_id=intake["record_id"], wished="asap")
    report = records.call_report(
        node="n1", call_id="n1-1.2", language="en", caller_sealed=None, started_at=records.moment(),
        outcome="case", intake_id=intake["record_id"], code_told=True,
        journal=[{"at_ms": 1, "step": "main", "heard": ["menu/main"], "pressed": "1"}],
    )  # fmt: skip
    for record in (intake, an_intake(recording=None, wished="tomorrow"), wish, report):
        schema.validate_json(json.dumps(record))


def test_record_put_is_read_back_and_putting_it_again_changes_nothing(tmp_path):
    spool = Spool(tmp_path)
    spool.prepare()
    record = an_intake()
    assert spool.put(record) == spool.put(record)
    (path,) = spool.pending()
    assert spool.read(path) == record
    assert not list(spool.tmp.iterdir())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"type":"intake"}', b"\xff\xfe"])
def test_file_that_is_no_record_is_named_so(tmp_path, content):
    spool = Spool(tmp_path)
    spool.prepare()
    (spool.incoming / "x.json").write_bytes(content)
    with pytest.raises(BrokenRecord):
        spool.read(spool.incoming / "x.json")


def test_rejected_record_is_kept_with_the_reason(tmp_path):
    spool = Spool(tmp_path)
    spool.prepare()
    kept = spool.reject(spool.put(an_intake()), "422: no")
    assert kept.with_suffix(".reason").read_text() == "422: no"
    assert spool.counts() == {"incoming": 0, "uncoded": 0, "rejected": 1}


WRITER = """
import sys
from pathlib import Path
from ivr.spool import Spool
from tests_record import record
spool = Spool(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    spool.put(record(40_000))
"""
RECORD = """
from ivr.record_id import new_record_id
def record(size):
    return {"record_id": new_record_id(), "type": "call_report", "call_id": "c", "filling": "x" * size}
"""


def started(tmp_path: Path, program: str, *arguments: str, before: str = "") -> subprocess.Popen[bytes]:
    (tmp_path / "tests_record.py").write_text(RECORD)
    project = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{project}:{tmp_path}"}
    command = [sys.executable, "-c", program, *arguments]
    if before:
        # anybody may mount in a user namespace of their own
        rights = [] if os.geteuid() == 0 else ["--map-root-user"]
        command = ["unshare", "--mount", *rights, "sh", "-c", f'{before} && exec "$@"', "sh", *command]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


@pytest.mark.chaos
def test_writer_killed_at_any_moment_leaves_only_whole_records(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.prepare()
    for round_number in range(8):
        process = started(tmp_path, WRITER, str(spool.folder))
        process.stdout.readline()
        time.sleep(0.03 + 0.011 * round_number)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    assert spool.pending()
    for path in spool.pending():
        assert len(spool.read(path)["filling"]) == 40_000


FILL = """
import sys
from pathlib import Path
from ivr.codes import CodeBlock
from ivr.durable import SpoolFull
from ivr.spool import Spool, require_room
from tests_record import record
spool = Spool(Path(sys.argv[1]))
spool.prepare()
block = CodeBlock(spool.folder, "ivr")
block.add(["c%05d" % n for n in range(500)])
put = []
try:
    while True:
        new = record(4000)
        spool.put(new)
        put.append(new["record_id"])
except SpoolFull:
    print("full", len(put))
assert sorted(path.stem for path in spool.pending()) == sorted(put)
assert all(len(spool.read(path)["filling"]) == 4000 for path in spool.pending())
assert not list(spool.tmp.iterdir())
(spool.folder / "rest").write_bytes(b"")
try:
    with (spool.folder / "rest").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)
except OSError:
    pass
before = block.left()
try:
    block.take(1)
except SpoolFull:
    print("no code taken")
assert block.left() == before
try:
    require_room(spool.folder, 180)
except SpoolFull:
    print("said before recording")
"""


@pytest.mark.chaos
def test_full_disk_takes_no_half_record_and_no_code(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount --make-rprivate / && mount -t tmpfs -o size=400k none {disk}"
    process = started(tmp_path, FILL, str(disk / "spool"), before=mount)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.decode().split("\n")[1:3] == ["no code taken", "said before recording"]


def test_room_is_required_before_a_message_is_recorded(tmp_path):
    require_room(tmp_path, 180)
    with pytest.raises(SpoolFull):
        require_room(tmp_path, shutil.disk_usage(tmp_path).free)


def _take_all(folder: str) -> list[str]:
    block, codes = CodeBlock(Path(folder), "ivr"), []
    try:
        while True:
            codes += block.take(3)
    except NoCodeLeft:
        return codes


def test_no_code_is_given_twice_by_processes_that_take_at_once(tmp_path):
    Spool(tmp_path).prepare()
    CodeBlock(tmp_path, "ivr").add(make_tracking_code(number) for number in range(200))
    with ProcessPoolExecutor(4) as pool:
        taken = [code for codes in pool.map(_take_all, [str(tmp_path)] * 4) for code in codes]
    assert sorted(taken) == sorted(make_tracking_code(number) for number in range(200))


def test_codes_held_back_for_the_emergency_script_are_not_touched(tmp_path):
    Spool(tmp_path).prepare()
    block = CodeBlock(tmp_path, "emergency")
    block.add(["1", "2", "3"])
    assert block.take(9, leave=2) == ["1"]
    with pytest.raises(NoCodeLeft):
        block.take(1, leave=2)
    assert block.left() == 2


def test_call_is_led_by_one_process_at_a_time(tmp_path):
    Spool(tmp_path).prepare()
    drafts = Drafts(tmp_path)
    first = drafts.hold("n1-1.2")
    first.save(sealed="x", kind="idea")
    with pytest.raises(DraftHeld):
        drafts.hold("n1-1.2", wait_seconds=0.1)
    first.close()
    with drafts.hold("n1-1.2") as second:
        assert second.found
        assert second.draft.kind == "idea"
        second.discard()
    assert not list((tmp_path / "drafts").iterdir())


def test_unreadable_draft_is_kept_aside_and_the_call_starts_afresh(tmp_path):
    Spool(tmp_path).prepare()
    (tmp_path / "drafts" / "n1-1.2.json").write_bytes(b'{"call_id":')
    with Drafts(tmp_path).hold("n1-1.2") as held:
        assert not held.found
    assert (tmp_path / "drafts" / "n1-1.2.broken").exists()


@pytest.mark.parametrize("call_id", ["", "../x", "a/b", "a b", "x" * 200, ".", "..", "-rf", "a\n"])
def test_call_id_that_could_name_another_folder_is_refused(tmp_path, call_id):
    with pytest.raises(BadCallId):
        Drafts(tmp_path).hold(call_id)
    with pytest.raises(BadCallId):
        MessageAudio(tmp_path, call_id)


def test_speech_is_measured_from_first_to_last_sound(say, say_nothing):
    assert spoken_seconds(say_nothing(5)) == 0
    assert spoken_seconds(b"") == 0
    assert spoken_seconds(say_nothing(2) + say(1) + say_nothing(1) + say(1) + say_nothing(9)) == 3


def test_parts_are_joined_in_order_and_named_by_their_hash(tmp_path, say):
    audio = MessageAudio(tmp_path, "n1-1.2")
    audio.prepare()
    for seconds in (1, 2):
        audio.next_part().with_suffix(".alaw").write_bytes(say(seconds))
    joined = audio.join()
    assert (tmp_path / joined.file).read_bytes() == say(3)
    assert joined.bytes == 24000
    assert joined.duration_ms == 3000


def _orphan(node, say, *, seconds: float, age: float, call_id: str = "n1-9.9") -> None:
    with node.drafts.hold(call_id) as held:
        held.save(sealed="QUJD", kind="idea", started_at=records.moment())
        audio = node.desk.audio(held)
        audio.prepare()
        part = audio.next_part().with_suffix(".alaw")
        part.write_bytes(say(seconds))
    old = time.time() - age
    os.utime(part, (old, old))
    os.utime(node.spool.folder / "drafts" / f"{call_id}.json", (old, old))


def test_orphaned_call_with_a_spoken_message_becomes_a_case(node, say):
    _orphan(node, say, seconds=4, age=100)
    _orphan(node, say, seconds=1, age=100, call_id="n1-9.8")
    assert rescue_orphans(node.drafts, node.desk, 90) == 1
    (intake,) = node.records()
    assert intake["ended_by"] == "rescued"
    assert intake["kind"] == "idea"
    assert rescue_orphans(node.drafts, node.desk, 90) == 0
    assert {report["outcome"] for report in node.records("call_report")} == {"case", "abandoned"}


def test_call_still_led_or_still_being_recorded_is_no_orphan(node, say):
    _orphan(node, say, seconds=4, age=100)
    with node.drafts.hold("n1-9.9"):
        assert rescue_orphans(node.drafts, node.desk, 90) == 0
    (part,) = (node.calls_dir / "n1-9.9").iterdir()
    part.write_bytes(say(5))
    assert rescue_orphans(node.drafts, node.desk, 90) == 0
    assert not node.records()
