"""`line111 prompts`: make what callers hear, see how it stands, and work with a studio."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from asterisk_conf.prompts import listening
from asterisk_conf.prompts.catalogue import LANGUAGES, BrokenCatalogue, Prompt, catalogue
from asterisk_conf.prompts.manifest import read_manifest
from asterisk_conf.prompts.studio import (
    Checked,
    State,
    forget_recording,
    import_recordings,
    prompt_states,
    script_csv,
    script_html,
)
from asterisk_conf.prompts.synthesise import BuildReport, build_prompts
from asterisk_conf.prompts.voices import NoVoice, SynthesisFailed
from line111.settings import Settings, load_settings
from persian.calendar import TEHRAN

app = typer.Typer(
    add_completion=False,
    help="What callers hear: make it from the texts, hear it, see how it stands, give the script to a "
    "studio and take its recordings in.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
console = Console()


class Language(StrEnum):
    """Languages the line speaks."""

    FA = "fa"
    EN = "en"


class Form(StrEnum):
    """Forms of the studio's script."""

    HTML = "html"
    CSV = "csv"


LanguageOption = Annotated[
    Language | None, typer.Option("--language", "-l", help="Only this language; otherwise all.")
]


@app.command()
def build(
    language: LanguageOption = None,
    anew: Annotated[bool, typer.Option(help="Make every prompt again, changed or not.")] = False,
    offline: Annotated[bool, typer.Option(help="Don't fetch the English voice if it is missing.")] = False,
) -> None:
    """Make the sounds that are missing or whose text, voice or recording changed.

    Studio recordings win over the synthesis. Calls on the line meanwhile are not disturbed.
    """
    settings = load_settings()
    try:
        report = _build_with_progress(settings, language, anew=anew, fetch=not offline)
    except (BrokenCatalogue, NoVoice, SynthesisFailed) as error:
        _stop(str(error))
    for note in report.notes:
        console.print(f"[yellow]Note:[/] {escape(note)}")
    for code, voice in sorted(report.voices.items()):
        console.print(f"{code}: spoken by {voice}")
    console.print(
        f"{len(report.made)} made, {report.kept} were there, {len(report.removed)} removed, "
        f"in {report.seconds:.1f} s: {settings.sounds_dir}"
    )


@app.command("list")
def list_prompts(
    language: LanguageOption = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only what the studio still has to read.")
    ] = False,
) -> None:
    """List the prompts: who speaks each, how long it lasts, and its text.

    States: [b]studio[/] (recorded), [b]synthesis[/], [b]outdated[/] (recorded, but the text changed
    since), [b]no_sound[/] (not made yet: run `line111 prompts build`).
    """
    rows = [row for code in _codes(language) for row in _states(load_settings(), code)]
    shown = [row for row in rows if row.is_missing or row.state == "no_sound"] if missing else rows
    table = Table(box=None, pad_edge=False)
    for heading in ("prompt", "state", "seconds", "text"):
        table.add_column(heading, overflow="fold")
    for row in shown:
        name = f"{row.prompt.language}/{row.prompt.id}"
        text = row.prompt.text or (f"{row.prompt.tone_hz} Hz" if row.prompt.tone_hz else "silence")
        table.add_row(name, row.state, f"{row.ms / 1000:.1f}", escape(text))
    console.print(table)
    recorded = sum(row.state == "studio" for row in rows)
    speech = sum(row.prompt.is_speech for row in rows)
    silent = sum(row.state == "no_sound" for row in rows)
    console.print(f"{len(rows)} prompts; {recorded} of {speech} spoken ones recorded; {silent} without sound")
    if silent:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write the script, such as script.html.")],
    language: Annotated[Language, typer.Option("--language", "-l", help="Whose script.")] = Language.FA,
    form: Annotated[
        Form | None, typer.Option(help="A page to print, or a table; otherwise by the file's ending.")
    ] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only what is not recorded yet.")] = False,
) -> None:
    """Write the script for a studio: every text with the name its recording must have."""
    rows = [row for row in _states(load_settings(), language) if row.is_missing or not missing]
    form = form or (Form.CSV if file.suffix.lower() == ".csv" else Form.HTML)
    day = datetime.now(TEHRAN).date()
    text = script_csv(rows) if form is Form.CSV else script_html(rows, language, day)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        _stop(f"{file} can't be written: {error.strerror}")
    console.print(f"{sum(row.prompt.is_speech for row in rows)} texts written to {file}")


@app.command("import")
def import_folder(
    folder: Annotated[
        Path, typer.Argument(help="The studio's files.", exists=True, file_okay=False, readable=True)
    ],
    language: Annotated[
        Language | None, typer.Option("--language", "-l", help="Of files whose names don't tell it.")
    ] = None,
    check_only: Annotated[bool, typer.Option("--check", help="Only check, take nothing in.")] = False,
) -> None:
    """Take a studio's recordings in: fa/menu/main.wav or fa.menu.main.wav, WAV or FLAC.

    Each is checked for format, length, loudness, clipping and silence, and made as loud as all others.
    Good ones play from the next call on; refused ones are named with the reason, and the exit code is 1.
    """
    settings = load_settings()
    made = read_manifest(settings.sounds_dir)
    results = import_recordings(folder, settings.sounds_dir, made, language=language, keep=not check_only)
    if not results:
        _stop(f"no recordings in {folder} (WAV, FLAC, AIFF, OGG, MP3, M4A)")
    for result in results:
        _print_result(result)
    good = sum(result.accepted for result in results)
    console.print(f"{good} of {len(results)} recordings {'would be' if check_only else 'were'} taken in")
    if good and not check_only:
        _build_what_changed(settings)
    if good < len(results):
        raise typer.Exit(1)


@app.command()
def forget(
    prompt: Annotated[str, typer.Argument(help="As `list` names it, such as fa/menu/main.")],
) -> None:
    """Give one prompt back to the synthesis: its studio recording is removed."""
    settings = load_settings()
    if not forget_recording(settings.sounds_dir, _named(prompt)):
        _stop(f"{prompt} has no studio recording")
    _build_what_changed(settings)
    console.print(f"{prompt} is synthesised again")


@app.command()
def play(
    prompt: Annotated[str, typer.Argument(help="As `list` names it, such as fa/menu/main.")],
    to: Annotated[Path | None, typer.Option("--to", help="Write it to this WAV file instead.")] = None,
) -> None:
    """Hear one prompt as callers do: from this machine's loudspeaker, or from a file on one that has none."""
    _named(prompt)
    sound = load_settings().sounds_dir / f"{prompt}.alaw"
    if not sound.is_file():
        _stop(f"{prompt} has no sound yet: run `line111 prompts build`")
    try:
        if to is None:
            listening.play(sound)
        else:
            listening.write_wav(sound, to)
            console.print(f"{prompt} written to {to}")
    except listening.NotHeard as error:
        _stop(f"{error}; write it to a file with --to prompt.wav")
    except OSError as error:
        _stop(f"{to or sound} can't be written: {error.strerror}")


def _named(prompt: str) -> Prompt:
    language, _, name = prompt.partition("/")
    found = catalogue(language).get(name) if language in LANGUAGES else None
    if found is None:
        _stop(f"no prompt {prompt}; `line111 prompts list` names them")
    return found


def _build_what_changed(settings: Settings) -> None:
    try:
        _build_with_progress(settings, None, anew=False, fetch=False)
    except (BrokenCatalogue, NoVoice, SynthesisFailed) as error:
        _stop(str(error))


def _build_with_progress(
    settings: Settings, language: Language | None, *, anew: bool, fetch: bool
) -> BuildReport:
    columns = (TextColumn("Prompts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(made: int, total: int, name: str) -> None:
            bar.update(task, completed=made, total=total, description=name)

        return build_prompts(settings, _codes(language), show, fetch_voice=fetch, anew=anew)


def _print_result(result: Checked) -> None:
    verdict = "[green]good[/]   " if result.accepted else "[red]refused[/]"
    console.print(f"{verdict} {escape(result.file)}", highlight=False)
    for reason in result.refused:
        console.print(f"          {escape(reason)}", highlight=False)
    for warning in result.warnings:
        console.print(f"          [yellow]{escape(warning)}[/]", highlight=False)


def _states(settings: Settings, language: str) -> list[State]:
    try:
        return list(prompt_states(settings.sounds_dir, read_manifest(settings.sounds_dir), language))
    except BrokenCatalogue as error:
        _stop(str(error))


def _codes(language: Language | None) -> tuple[str, ...]:
    return (str(language),) if language else LANGUAGES


def _stop(reason: str) -> NoReturn:
    console.print(f"[red]{escape(reason)}[/]")
    raise typer.Exit(1)
