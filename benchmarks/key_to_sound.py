"""From a key to the next prompt's first sound, with 50 callers on the line at once.

SIPp phones; every caller opens a case by keys (RFC 4733) and speech, pressing some keys in the middle
of prompts and some after them. Measured on the wire, by the kernel's clock: from the packet that tells
the end of a key to the first packet of the prompt this key leads to. Each prompt here is a noise of its
own and G.711 passes unchanged, so that packet is known by its very samples; the rest of a prompt that was
interrupted is never taken for the new one. Nothing between the two packets belongs to the measurement:
Asterisk, FastAGI, ivr and its disk do.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.caller_sound import CallerSound
from benchmarks.node import running_node
from benchmarks.rounds import Row, publish
from benchmarks.rtp_capture import Packet, read
from benchmarks.transcription_line import end
from benchmarks.versions import asterisk_version, versions
from ivr import prompts
from line111.settings import Settings
from persian.identifiers import sample_identifier

CALLS = 50
ROUNDS = 5
AIM_SECONDS = 0.150
CALLS_A_SECOND = 25
TRUNK = "127.0.0.2"
NATIONAL_ID = sample_identifier("national_id", 50)
SCENARIO = Path(__file__).parent / "whole_call.xml"
_EVENT, _END = 101, 0x80
_HEAD = 40  # bytes of a prompt that no other prompt begins with
_LONGEST_CALL = 60


@dataclass(frozen=True)
class Key:
    """Keys pressed at a moment of the call, and the prompt the last of them leads to."""

    at_ms: int
    keys: str
    prompt: str


SPOKEN_FROM, SPOKEN_UNTIL = 8_300, 12_600
KEYS = (
    Key(2_300, "1", prompts.MENU_KIND),  # in the middle of the menu
    Key(3_500, "2", prompts.IDENTITY_ASK),  # after the list of kinds
    Key(3_900, NATIONAL_ID, prompts.IDENTITY_THANKS),  # in the middle of the question
    Key(6_500, "1", prompts.RECORD_AFTER_TONE),  # in the middle of the offer
    Key(12_800, "#", prompts.MENU_CONFIRM_MESSAGE),
    Key(13_900, "1", prompts.CODE_TOLD_INTRO),  # after the question
    Key(23_500, "2", prompts.GOODBYE),  # after the code was told twice
)


@dataclass
class Load:
    """What a load of calls came to."""

    calls: int
    failed: int
    """Calls that SIPp calls failed."""
    said: str = field(repr=False)
    """What SIPp said, where a call failed."""
    seconds: list[float] = field(default_factory=list, repr=False)
    """From each key's end to the first packet of the prompt it led to."""
    lost: int = 0
    """Keys that led to no prompt."""

    def percentile(self, percent: int) -> float:
        """Seconds that so many of a hundred keys stayed below."""
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1]


def write_prompts(folder: Path) -> None:
    """Every prompt as half a second of noise of its own (digits a quarter)."""
    for language in prompts.LANGUAGES:
        for name in prompts.required(language):
            milliseconds = 250 if name.startswith(("digits/", "silence/")) else 500
            noise = random.Random(f"{language}/{name}")
            file = folder / language / f"{name}.alaw"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(noise.randrange(256) for _ in range(8 * milliseconds)))


def caller_sound(capture: Path) -> None:
    """What each caller's telephone sends, by the clock."""
    sound = CallerSound()
    for key in KEYS:
        if sound.at_ms < SPOKEN_FROM < key.at_ms:
            sound.wait_until(SPOKEN_FROM)
            sound.speak(SPOKEN_UNTIL - SPOKEN_FROM)
        sound.wait_until(key.at_ms)
        sound.press(key.keys)
    sound.write(capture)


def phone(settings: Settings, calls: int = CALLS) -> Load:
    """Let callers phone a line whose prompts `write_prompts` wrote, and measure."""
    with tempfile.TemporaryDirectory(prefix="l111-keys-") as name:
        folder = Path(name)
        caller_sound(folder / "citizen.pcap")
        scenario = folder / "citizen.xml"
        scenario.write_text(SCENARIO.read_text().replace("[capture]", str(folder / "citizen.pcap")))
        with _captured(folder / "packets"):
            sipp = subprocess.run(
                _sipp(settings, scenario, calls), cwd=folder, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", timeout=_LONGEST_CALL + 60, check=False,
            )  # fmt: skip
        errors = "".join(file.read_text(errors="replace") for file in folder.glob("*errors*"))
        load = Load(
            calls, _failed(sipp.stdout) if sipp.returncode else 0, sipp.stdout[-3000:] + errors[-3000:]
        )
        load.seconds, load.lost = key_to_sound(read(folder / "packets"), settings.sounds_dir / "fa")
    load.lost += (calls * len(KEYS)) - len(load.seconds) - load.lost
    return load


def key_to_sound(packets: Iterator[Packet], sounds: Path) -> tuple[list[float], int]:
    """Seconds from each key to the first packet of the prompt it leads to; and how many keys led to none."""
    heads = {sounds.joinpath(f"{key.prompt}.alaw").read_bytes()[:_HEAD]: key.prompt for key in KEYS}
    keys: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
    heard: dict[tuple[int, int], list[tuple[float, str]]] = defaultdict(list)
    for packet in packets:
        if packet.kind == _EVENT and packet.payload[1] & _END:
            keys[packet.source].setdefault(packet.stamp, packet.at)  # the end is told three times
        elif prompt := heads.get(packet.payload[:_HEAD]):
            heard[packet.target].append((packet.at, prompt))
    seconds, lost = [], 0
    for citizen, ends in keys.items():
        pressed = list(ends.values())
        for place, key in _leading_keys():
            times = [at for at, prompt in heard[citizen] if prompt == key.prompt]
            times = [at for at in times if place < len(pressed) and at > pressed[place]]
            lost += not times
            seconds += [times[0] - pressed[place]] if times else []
    return seconds, lost


def _leading_keys() -> Iterator[tuple[int, Key]]:
    """Each key that leads to a prompt, with its number among all keys of the call."""
    place = -1
    for key in KEYS:
        place += len(key.keys)
        yield place, key


def _sipp(settings: Settings, scenario: Path, calls: int) -> list[str]:
    first = random.randrange(33_000, 60_000 - 4 * calls, 2)
    return [
        "sipp", "-sf", str(scenario), "-i", TRUNK, "-mi", TRUNK, "-s", settings.number,
        "-p", str(first - 1), "-mp", str(first),
        "-m", str(calls), "-l", str(calls), "-r", str(CALLS_A_SECOND), "-nostdin", "-trace_err",
        "-timeout", f"{_LONGEST_CALL}s", "-timeout_error",
        "-key", "caller", "02188554433", f"{settings.sip.bind}:{settings.sip.port}",
    ]  # fmt: skip


def _failed(screen: str) -> int:
    """SIPp's own count of failed calls; one at least, for it ended with an error."""
    counts = [
        line.split("|")[-1].strip() for line in screen.splitlines() if line.strip().startswith("Failed call")
    ]
    return max(1, int(counts[-1])) if counts and counts[-1].isdigit() else 1


@contextmanager
def _captured(file: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.rtp_capture", TRUNK, str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("packets could not be captured; this needs root")
        yield
    finally:
        end(process)


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.key_to_sound", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with running_node("redis", "bridge", "ivr", "asterisk") as node:
        write_prompts(node.settings.sounds_dir)
        phone(node.settings)  # unmeasured: programs and disk warm up
        loads = [phone(node.settings) for _ in range(options.rounds)]
        programs = asterisk_version(node.settings) | versions("SIPp", "Redis")
    for load in loads:
        if load.failed or load.lost:
            sys.exit(f"{load.failed} calls failed, {load.lost} keys led to nothing\n{load.said}")
    publish("key_to_sound", [_row(loads)], programs=programs)


def _row(loads: list[Load]) -> Row:
    p50, p95, p99 = (
        statistics.median(load.percentile(percent) for load in loads) for percent in (50, 95, 99)
    )
    return Row(
        what=f"key to the next prompt's first sound at {CALLS} calls at once, p95",
        ours=f"{p95 * 1000:.0f} ms (p50 {p50 * 1000:.0f}, p99 {p99 * 1000:.0f})",
        against="—",
        theirs="—",
        ratio=None,
        aim=f"< {AIM_SECONDS * 1000:.0f} ms",
        met=p95 < AIM_SECONDS,
        rounds=len(loads),
    )


if __name__ == "__main__":
    main()
