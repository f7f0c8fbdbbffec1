"""From the caller's hanging up to the last word on the page, after a message of a minute.

The product as it is (Asterisk, ivr, bridge with SQLite, Redis, transcription) on an idle machine, phoned by
SIPp over SIP and RTP: an English-speaking citizen opens a case by keys, speaks for a minute and hangs up. The
clock starts with the BYE that leaves the telephone, by SIPp's log, so everything behind it counts: the
hang-up that Asterisk and ivr notice, the message put together and made durable, the spool, the forwarder,
the announcement to the bridge, the sound's way there, the job's way to a worker, the decoding.

An agent is signed in and listens as an open page does: on the page's event stream, at each change of the
transcript asking for that part of the page, at most every 0.7 s as the page's own script paces itself. The
clock stops when the answer holds the whole text, done. What the browser takes to draw it is left out.

The peer is a bare KaldiRecognizer loop on the very recording that call left at the bridge, its samples ready
made at the model's rate and the model loaded. Call and loop in turn, after a short call and its loop that do
not count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import create_engine, select

from benchmarks.caller_sound import CallerSound
from benchmarks.key_to_sound import write_prompts
from benchmarks.node import Node, running_node
from benchmarks.rounds import Row, median, median_ratio, publish
from benchmarks.transcription import bare, english, message, ready_made, wall
from benchmarks.versions import asterisk_version, versions
from casebridge.database import Database
from casebridge.people import service as people
from casebridge.people.access import COOKIE
from casebridge.people.rules import Role
from casebridge.recordings.models import RecordingRow
from line111.accounts import make_accounts
from line111.secrets import read_secret
from persian.identifiers import sample_identifier
from transcription.recognise import SpeechModel

PROGRAMS = ("redis", "bridge", "ivr", "asterisk", "transcription")
ROUNDS = 5
PACE_SECONDS = 0.7
"""As in `console/frontend/live.js`."""
PATIENCE_SECONDS = 180
CALLER = "127.0.0.2"
KEYS = ((1_300, "9"), (2_300, "1"), (3_500, "2"), (3_900, sample_identifier("national_id", 60)), (6_500, "1"))
"""When what is pressed: English, a case, a request, who it is, this number; then comes the tone."""
SPOKEN_FROM_MS = 8_300
SHORT_MS = 6_000
"""Of the call that is not measured."""
ANSWERED = Path(__file__).parent / "whole_call.xml"
UNTIL = '  <recv request="BYE"'
"""Up to here a call is every caller's; then this one hangs up."""
HANG_UP = """\
  <pause milliseconds="[milliseconds]"/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[caller]@[local_ip]:[local_port]>;tag=[pid]x[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"/>
</scenario>
"""


class CallFailed(Exception):
    """SIPp or the page did not see what should have come."""


@dataclass
class Heard:
    """A call whose text is on the page."""

    seconds: float
    """From the BYE to the last word."""
    case_id: str


def write_scenario(folder: Path, sound: bytes) -> Path:
    """The caller who says this (A-law) and hangs up."""
    capture, scenario = folder / "caller.pcap", folder / "caller.xml"
    caller = CallerSound()
    for at_ms, keys in KEYS:
        caller.wait_until(at_ms)
        caller.press(keys)
    caller.wait_until(SPOKEN_FROM_MS)
    caller.play(sound)
    caller.write(capture)
    answered = ANSWERED.read_text().partition(UNTIL)[0].replace("[capture]", str(capture))
    scenario.write_text(answered + HANG_UP.replace("[milliseconds]", str(caller.at_ms)))
    return scenario


class Page:
    """An agent's open page, as far as the server knows of it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._changed = asyncio.Event()
        self.listening = asyncio.Event()
        self.case_id = ""

    async def listen(self) -> None:
        """Hear of changes until cancelled; the first case heard of is the page's."""
        async with self._client.stream("GET", "/live", timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                self.listening.set()
                if line.startswith("data:"):
                    self._note(json.loads(line.removeprefix("data:")))

    def _note(self, change: dict[str, str]) -> None:
        self.case_id = self.case_id or change["case_id"]
        if change["type"] == "transcript" and change["case_id"] == self.case_id:
            self._changed.set()

    async def last_word(self) -> float:
        """Wait for the whole text; the moment (Unix time) it was here."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            answer = await self._client.get(f"/cases/{self.case_id}/transcript")
            answer.raise_for_status()
            if "data-start" in answer.text and 'class="notice' not in answer.text:
                return time.time()
            await asyncio.sleep(PACE_SECONDS)


class Citizen:
    """Phones a node, and sees what comes of it on an agent's page."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._session = asyncio.run(_agent(node))

    def phone(self, sound: bytes) -> Heard:
        """One call with this message."""
        return asyncio.run(self._phone(sound))

    def recording(self, case_id: str, folder: Path) -> Path:
        """The case's recording as the bridge holds it, as a file."""
        settings = self._node.settings
        engine = create_engine(settings.database_url.replace("+aiosqlite", ""))
        with engine.connect() as connection:
            of_case = select(RecordingRow.id, RecordingRow.case_id)
            found = next(row.id for row in connection.execute(of_case) if str(row.case_id) == case_id)
        answer = httpx.get(
            f"{settings.bridge.url}/api/v1/recordings/{found}/audio",
            headers={
                "Authorization": f"Bearer {read_secret(settings, 'token_operator')}",
                "Accept": "audio/x-alaw-basic",
            },
            trust_env=False,
        )
        answer.raise_for_status()
        file = folder / "recording.alaw"
        file.write_bytes(answer.content)
        return file

    async def _phone(self, sound: bytes) -> Heard:
        with tempfile.TemporaryDirectory(prefix="l111-page-") as name:
            async with httpx.AsyncClient(
                base_url=self._node.settings.bridge.url, cookies={COOKIE: self._session}, trust_env=False
            ) as client:
                page = Page(client)
                listening = asyncio.create_task(page.listen())
                try:
                    await asyncio.wait_for(page.listening.wait(), 10)
                    shown = asyncio.create_task(page.last_word())
                    hung_up = await self._sipp(Path(name), sound)
                    return Heard(await asyncio.wait_for(shown, PATIENCE_SECONDS) - hung_up, page.case_id)
                finally:
                    listening.cancel()

    async def _sipp(self, folder: Path, sound: bytes) -> float:
        """Phone; the moment (Unix time) at which the caller hung up."""
        settings, port = self._node.settings, random.randrange(33_000, 60_000, 2)
        log = folder / "messages"
        command = [
            "sipp", "-sf", str(write_scenario(folder, sound)), "-i", CALLER, "-mi", CALLER,
            "-s", settings.number, "-p", str(port - 1), "-mp", str(port), "-m", "1", "-nostdin",
            "-trace_shortmsg", "-shortmessage_file", str(log), "-key", "caller", "02188554433",
            f"127.0.0.1:{settings.sip.port}",
        ]  # fmt: skip
        with (folder / "said").open("wb") as said:
            sipp = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=said, stderr=said)
        try:
            if await sipp.wait() != 0:
                raise CallFailed((folder / "said").read_text(errors="replace")[-3000:])
        finally:
            if sipp.returncode is None:
                sipp.kill()
        return hung_up_at(log.read_text())


def hung_up_at(log: str) -> float:
    """When the BYE was first sent, in a short message log of SIPp (date, time and Unix time by tabs)."""
    for line in log.splitlines():
        _date, _time, unix, way, *words = line.split("\t")
        if way == "S" and any(word.startswith("BYE ") for word in words):
            return float(unix)
    raise CallFailed(f"nobody hung up:\n{log}")


async def _agent(node: Node) -> str:
    """The session of an agent who has signed in."""
    password = secrets.token_urlsafe(12)
    database = Database(node.settings.database_url)
    try:
        async with database.writing() as session:
            await people.ensure_account(session, "agent", password, [Role.AGENT])
        signed_in = await people.sign_in(database, "agent", password)
    finally:
        await database.close()
    assert signed_in is not None
    return signed_in.token


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hang_up_to_page", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    verified = english()
    model = SpeechModel.load(verified)
    with running_node() as node, tempfile.TemporaryDirectory() as name:
        make_accounts(node.settings)
        write_prompts(node.settings.sounds_dir)
        shutil.copytree(verified.path, node.settings.models_dir / verified.name, copy_function=os.link)
        for program in PROGRAMS:
            node.start(program)
        citizen, sound = Citizen(node), message(Path(name)).read_bytes()
        measure(citizen, model, sound[: SHORT_MS * 8])
        pairs = [measure(citizen, model, sound) for _ in range(rounds)]
        programs = asterisk_version(node.settings) | versions("SIPp", "Redis")
    row = _row(pairs, len(sound) / 8000)
    publish("hang_up_to_page", [row], packages=["vosk"], programs=programs)


def measure(citizen: Citizen, model: SpeechModel, sound: bytes) -> tuple[float, float]:
    """One round: seconds from hang-up to page, and of the bare loop on the recording of that call."""
    heard = citizen.phone(sound)
    with tempfile.TemporaryDirectory() as name:
        samples = ready_made(model, citizen.recording(heard.case_id, Path(name)))
    return heard.seconds, wall(lambda: bare(model, samples))


def _row(pairs: list[tuple[float, float]], length: float) -> Row:
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    allowed = [1.15 * seconds + 1.0 for seconds in theirs]
    return Row(
        what=f"hang-up to the last word on the page, {length:.0f} s message",
        ours=f"{median(ours):.2f} s",
        against="bare decoding of the same recording",
        theirs=f"{median(theirs):.2f} s",
        ratio=median_ratio(ours, theirs),
        aim="≤ 1.15 × + 1 s",
        met=median_ratio(ours, allowed) <= 1.0,
        rounds=len(ours),
    )


if __name__ == "__main__":
    main()
