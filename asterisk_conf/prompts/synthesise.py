"""Make the sounds of all prompts: synthesised, or from a studio's recording where there is one.

Only what changed is made again (text, pronunciation, voice, recording), in two processes. A prompt is
replaced whole, so calls that are on the line meanwhile hear the old sound or the new one.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from asterisk_conf.prompts import sound
from asterisk_conf.prompts.catalogue import LANGUAGES, Prompt, catalogue
from asterisk_conf.prompts.english_voice import VoiceNotFetched, ensure_english_voice
from asterisk_conf.prompts.manifest import (
    Made,
    Source,
    fingerprint,
    is_whole,
    measure,
    only_builder,
    read_manifest,
    sound_files,
    write_manifest,
)
from asterisk_conf.prompts.masters import master_fingerprint, master_of, read_master
from asterisk_conf.prompts.voices import Voice, choose_voice, open_voice, voice_fingerprint
from line111.settings import Settings

PROCESSES: Final = 2
_BATCH: Final = 6
_FEW: Final = 8  # so few prompts are made right here: starting processes would take longer

Progress = Callable[[int, int, str], None]
"""Called with (made so far, to make, "language/group/name")."""


@dataclass(frozen=True, slots=True)
class Job:
    """One prompt to make, with everything another process needs for it.

    Attributes:
        name: "language/group/name".
        base: path of the sound without an extension.
        fingerprint: of everything that goes into the sound.
        master: a studio's recording that takes the place of the synthesis.
        voice: the row of `voices.toml`; None for tones, silence and recordings.
        voices_dir: where voices' files lie.
    """

    name: str
    prompt: Prompt
    base: Path
    fingerprint: str
    master: Path | None
    voice: dict[str, Any] | None
    voices_dir: Path


@dataclass(slots=True)
class BuildReport:
    """What a build did.

    Attributes:
        made: names of the prompts made now.
        kept: how many were there already.
        removed: names of prompts no catalogue holds any more.
        voices: by language, who speaks.
        notes: sentences for the operator (a plainer voice was used, and why).
        seconds: how long it took.
    """

    made: list[str] = field(default_factory=list)
    kept: int = 0
    removed: list[str] = field(default_factory=list)
    voices: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def build_prompts(
    settings: Settings,
    languages: Sequence[str] = LANGUAGES,
    progress: Progress | None = None,
    *,
    fetch_voice: bool = True,
    anew: bool = False,
) -> BuildReport:
    """Make every prompt that is missing or changed.

    Args:
        settings: says where sounds and voices lie.
        languages: which catalogues.
        progress: called after each prompt made.
        fetch_voice: whether the natural English voice may be fetched where it is missing.
        anew: make all again, changed or not.

    Raises:
        BrokenCatalogue, NoVoice, SynthesisFailed: named with the prompt or the language.
    """
    started = time.monotonic()
    report = BuildReport()
    if fetch_voice:
        try:
            ensure_english_voice(settings.home)
        except VoiceNotFetched as error:
            report.notes.append(f"{error}. English is spoken by a plainer voice until it can be had.")
    with only_builder(settings.sounds_dir):
        _build(settings, languages, report, progress, anew)
    report.seconds = time.monotonic() - started
    return report


def _build(
    settings: Settings,
    languages: Sequence[str],
    report: BuildReport,
    progress: Progress | None,
    anew: bool,
) -> None:
    sounds, manifest = settings.sounds_dir, read_manifest(settings.sounds_dir)
    jobs = list(_plan(settings, languages, report))
    stale = [job for job in jobs if anew or not _is_current(job, manifest)]
    report.kept = len(jobs) - len(stale)
    names = {job.name for job in jobs}
    for name in [name for name in manifest if name not in names and name.split("/")[0] in languages]:
        del manifest[name]
        report.removed.append(name)
        for path in sound_files(sounds / name):
            path.unlink(missing_ok=True)
    try:
        for name, made in _make_all(stale):
            manifest[name] = made
            report.made.append(name)
            if progress:
                progress(len(report.made), len(stale), name)
    finally:
        if stale or report.removed:
            write_manifest(sounds, manifest)  # what was made before a failure is not made again


def _plan(settings: Settings, languages: Iterable[str], report: BuildReport) -> Iterator[Job]:
    rows: dict[str, dict[str, Any]] = {}
    for language in languages:
        for prompt in catalogue(language).values():
            master = master_of(settings.sounds_dir, prompt)
            name = f"{language}/{prompt.id}"
            base = settings.sounds_dir / name
            if prompt.is_speech and master.is_file():
                mark = fingerprint(sound.VERSION, "studio", master_fingerprint(master))
                yield Job(name, prompt, base, mark, master, None, settings.voices_dir)
                continue
            if not prompt.is_speech:
                mark = fingerprint(sound.VERSION, prompt.tone_hz, prompt.length_ms)
                yield Job(name, prompt, base, mark, None, None, settings.voices_dir)
                continue
            if prompt.voice not in rows:
                row = rows[prompt.voice] = choose_voice(prompt.voice, settings.voices_dir)
                report.voices[prompt.voice] = f"{row['engine']} {row['name']}"
            row = rows[prompt.voice]
            mark = fingerprint(sound.VERSION, prompt.say, voice_fingerprint(row))
            yield Job(name, prompt, base, mark, None, row, settings.voices_dir)


def _is_current(job: Job, manifest: dict[str, Made]) -> bool:
    made = manifest.get(job.name)
    return made is not None and made.fingerprint == job.fingerprint and is_whole(job.base, made)


def _make_all(jobs: list[Job]) -> Iterator[tuple[str, Made]]:
    if len(jobs) <= _FEW:
        for job in jobs:
            yield make_prompt(job)
        return
    # Longest first: both processes end at about the same time.
    jobs = sorted(jobs, key=lambda job: (-len(job.prompt.say), job.name))
    batches = [jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        waiting = [pool.submit(_make_batch, batch) for batch in batches]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _make_batch(jobs: list[Job]) -> list[tuple[str, Made]]:
    return [make_prompt(job) for job in jobs]


def make_prompt(job: Job) -> tuple[str, Made]:
    """Make one prompt's two files; returns its name and its row for the manifest."""
    samples, rate = _samples(job)
    milliseconds = sound.write_both(samples, rate, job.base, speech=job.prompt.is_speech)
    source: Source = "studio" if job.master else "synthesis"
    return job.name, measure(job.base, job.fingerprint, source, milliseconds)


def _samples(job: Job) -> tuple[sound.Samples, int]:
    prompt, rate = job.prompt, sound.LINEAR_RATE
    if prompt.tone_hz:
        return sound.tone(prompt.tone_hz, prompt.length_ms, rate), rate
    if not prompt.is_speech:
        return sound.silence(prompt.length_ms, rate), rate
    if job.master:
        samples, rate = read_master(job.master)
    else:
        assert job.voice is not None  # noqa: S101 - for the type checker; _plan gives speech a voice
        samples, rate = _voice(job.voice, job.voices_dir).say(prompt.say)
    return sound.trim(samples, rate), rate


_open_voices: dict[str, Voice] = {}


def _voice(row: dict[str, Any], voices_dir: Path) -> Voice:
    key = f"{voices_dir}:{voice_fingerprint(row)}"
    if key not in _open_voices:
        _open_voices[key] = open_voice(row, voices_dir)
    return _open_voices[key]
