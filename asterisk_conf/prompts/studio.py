"""The studio's way in and out: the script it reads from, and its recordings checked before they play.

A recording is named as the script says, `fa/menu/main.wav` or `fa.menu.main.wav`, in any format ffmpeg
reads. What would sound wrong on the line is refused with the reason; what only sounds worse is taken
with a warning.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import jinja2
from pydub import AudioSegment
from pydub.exceptions import CouldntDecodeError
from pydub.silence import detect_leading_silence, detect_silence

from asterisk_conf.prompts.catalogue import FOLDER, LANGUAGES, Prompt, catalogue
from asterisk_conf.prompts.manifest import Made, is_whole
from asterisk_conf.prompts.masters import keep_master, master_of, recorded_texts, text_hash
from asterisk_conf.prompts.sound import from_int16
from persian.calendar import format_date

AUDIO_SUFFIXES: Final = frozenset({".wav", ".flac", ".aiff", ".aif", ".ogg", ".opus", ".mp3", ".m4a"})
LOSSY_SUFFIXES: Final = frozenset({".ogg", ".opus", ".mp3", ".m4a"})

SHORTEST_MS: Final = 150
QUIETEST_DBFS: Final = -45.0
QUIET_DBFS: Final = -35.0
LOUD_PEAK_DBFS: Final = -0.1
SILENCE_BELOW_DB: Final = 30.0
"""Silence is what lies this far below the recording's own loudness."""
LONGEST_PAUSE_MS: Final = 1500
LONGEST_EDGE_MS: Final = 1000
LOWEST_RATE: Final = 8000
GOOD_RATE: Final = 16000
LENGTH_RATIO: Final = (0.4, 2.5)
"""How much shorter or longer than the synthesised prompt a recording may be without a warning."""


@dataclass(slots=True)
class Checked:
    """What was found about one file.

    Attributes:
        file: below the folder that is imported.
        name: "language/group/name" of the prompt, or "" where the file names none.
        refused: why it may not be played; empty for a good recording.
        warnings: what could be better.
        ms: its length, 0 where it could not be read.
    """

    file: str
    name: str = ""
    refused: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ms: int = 0

    @property
    def accepted(self) -> bool:
        """Whether it may be played."""
        return not self.refused


@dataclass(frozen=True, slots=True)
class State:
    """How a prompt stands: `no_sound`, `synthesis`, `studio`, or `outdated` (text changed since)."""

    prompt: Prompt
    state: str
    ms: int

    @property
    def is_missing(self) -> bool:
        """Whether the studio still has to read it."""
        return self.prompt.is_speech and self.state != "studio"


def prompt_states(sounds: Path, made: dict[str, Made], language: str) -> Iterator[State]:
    """How each prompt of a language stands, in the order of its catalogue."""
    texts = recorded_texts(sounds)
    for prompt in catalogue(language).values():
        name = f"{language}/{prompt.id}"
        row = made.get(name)
        if row is None or not is_whole(sounds / name, row):
            yield State(prompt, "no_sound", 0)
        elif row.source == "studio":
            current = texts.get(name, text_hash(prompt)) == text_hash(prompt)
            yield State(prompt, "studio" if current else "outdated", row.ms)
        else:
            yield State(prompt, "synthesis", row.ms)


def script_csv(states: list[State]) -> str:
    """The script as a table for spreadsheets: file to deliver, text to read, state, seconds now."""
    out = io.StringIO()
    out.write("\ufeff")  # without it, spreadsheets read Persian as Latin letters
    table = csv.writer(out)
    table.writerow(["file", "text", "state", "seconds"])
    for row in _spoken(states):
        table.writerow([_file_name(row.prompt), row.prompt.text, row.state, f"{row.ms / 1000:.1f}"])
    return out.getvalue()


def script_html(states: list[State], language: str, day: date) -> str:
    """The script as a page to print, right to left for Persian."""
    words = tomllib.loads((FOLDER / "studio_script.toml").read_text(encoding="utf-8"))[language]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    groups: dict[str, list[State]] = {}
    for row in _spoken(states):
        groups.setdefault(row.prompt.id.split("/")[0], []).append(row)
    page = environment.get_template("studio_script.html.j2")
    shown = format_date(day) if language == "fa" else day.isoformat()
    return page.render(
        words=words, groups=groups, language=language, day=day, shown=shown, file_name=_file_name
    )


def import_recordings(
    folder: Path, sounds: Path, made: dict[str, Made], *, language: str | None = None, keep: bool = True
) -> list[Checked]:
    """Check every recording of a folder and take in the good ones.

    Args:
        folder: the studio's delivery; searched with its sub-folders.
        sounds: `Settings.sounds_dir`.
        made: the manifest, for the lengths of the synthesised prompts.
        language: of recordings whose names don't begin with one.
        keep: False only checks.

    Returns:
        What was found about each file, in the order of their names. The sounds themselves are made
        by the next build, which prefers what was taken in here.
    """
    prompts = {f"{code}/{prompt.id}": prompt for code in LANGUAGES for prompt in catalogue(code).values()}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    checked = []
    taken: dict[str, str] = {}
    for path in found:
        file = path.relative_to(folder)
        result = Checked(str(file), _prompt_name(file, language))
        checked.append(result)
        prompt = prompts.get(result.name)
        if prompt is None or not prompt.is_speech:
            result.name = ""
            result.refused.append("names no spoken prompt (expected: language/group/name)")
        elif result.name in taken:
            result.refused.append(f"the same prompt as {taken[result.name]}")
        else:
            segment = _check(path, result, made.get(result.name))
            if segment is not None and result.accepted:
                taken[result.name] = result.file
                if keep:
                    keep_master(sounds, prompt, from_int16(segment.raw_data), segment.frame_rate)
    return checked


def forget_recording(sounds: Path, prompt: Prompt) -> bool:
    """Remove a studio recording, so that the next build synthesises the prompt; False if there was none."""
    master = master_of(sounds, prompt)
    existed = master.is_file()
    master.unlink(missing_ok=True)
    return existed


def _check(path: Path, result: Checked, made: Made | None) -> Any:
    """The recording as 16-bit mono, with what was found written into `result`; None if unreadable."""
    try:
        original = AudioSegment.from_file(path)
    except (CouldntDecodeError, OSError, EOFError, ValueError, IndexError, KeyError):
        result.refused.append("can't be read as audio")
        return None
    result.ms = len(original)
    _check_format(path, original, result)
    if result.ms < SHORTEST_MS:
        result.refused.append(f"lasts {result.ms} ms, at least {SHORTEST_MS} expected")
        return None
    mono = original.set_channels(1).set_sample_width(2)
    _check_loudness(original, mono, result)
    if result.accepted:
        _check_silence(mono, result)
    if made is not None and made.source == "synthesis":
        low, high = (ratio * made.ms for ratio in LENGTH_RATIO)
        if not low <= result.ms <= high:
            seconds = f"{result.ms / 1000:.1f} s, the synthesised prompt {made.ms / 1000:.1f} s"
            result.warnings.append(f"is it the right text? It lasts {seconds}")
    return mono


def _check_format(path: Path, segment: Any, result: Checked) -> None:
    if segment.frame_rate < LOWEST_RATE:
        result.refused.append(f"{segment.frame_rate} Hz, at least {LOWEST_RATE} needed")
    elif segment.frame_rate < GOOD_RATE:
        result.warnings.append(f"{segment.frame_rate} Hz; {GOOD_RATE} or more sounds better on wideband")
    if segment.channels > 1:
        result.warnings.append(f"{segment.channels} channels were mixed into one")
    if segment.sample_width < 2:
        result.refused.append("8-bit samples, at least 16-bit needed")
    if path.suffix.lower() in LOSSY_SUFFIXES:
        result.warnings.append("compressed with loss; WAV or FLAC keeps the quality")


def _check_loudness(original: Any, mono: Any, result: Checked) -> None:
    if mono.dBFS < QUIETEST_DBFS:
        result.refused.append(f"too quiet to be speech ({mono.dBFS:.0f} dBFS)")
    elif mono.dBFS < QUIET_DBFS:
        result.warnings.append(f"quiet ({mono.dBFS:.0f} dBFS): turned up, its noise with it")
    if original.max_dBFS > LOUD_PEAK_DBFS:
        result.refused.append("clipped: its peaks reach full scale; record it softer")


def _check_silence(mono: Any, result: Checked) -> None:
    threshold = mono.dBFS - SILENCE_BELOW_DB
    before = detect_leading_silence(mono, silence_threshold=threshold)
    after = detect_leading_silence(mono.reverse(), silence_threshold=threshold)
    if max(before, after) > LONGEST_EDGE_MS:
        result.warnings.append(f"silence of {before} ms before and {after} ms after was cut off")
    inside = mono[before : len(mono) - after]
    for start, end in detect_silence(inside, LONGEST_PAUSE_MS, threshold, seek_step=20):
        at = (before + start) / 1000
        result.refused.append(f"a pause of {(end - start) / 1000:.1f} s at {at:.1f} s")


def _prompt_name(file: Path, language: str | None) -> str:
    parts = list(file.with_suffix("").parts)
    if len(parts) == 1:
        parts = parts[0].split(".")
    if len(parts) == 2 and language:
        parts = [language, *parts]
    return "/".join(parts[-3:])


def _file_name(prompt: Prompt) -> str:
    return f"{prompt.language}/{prompt.id}.wav"


def _spoken(states: list[State]) -> Iterator[State]:
    # A sentence in another language belongs to the studio's speaker of that language.
    return (row for row in states if row.prompt.is_speech)
