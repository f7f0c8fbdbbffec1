"""`line111 spool`: look at records the bridge refused, and send them again once the cause is mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ivr.durable import SpoolFull
from ivr.spool import BrokenRecord, Spool
from line111.masking import mask_field, mask_text
from line111.settings import Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    help="Records of calls that the bridge refused: list, look at, send again. Persons' data is masked.",
    pretty_exceptions_show_locals=False,
)

Which = Annotated[str, typer.Argument(help="The record's id, or the beginning of it (see `list`).")]
_KINDS = {
    "intake": "a caller's matter",
    "callback_wish": "a callback wish",
    "decision": "a word on an answer",
    "reply": "a reply to a question",
    "call_report": "the report of a call",
}


@app.command("list")
def list_rejected() -> None:
    """Show every refused record: since when, what it is, why it was refused. Exit code 1: there are some."""
    settings = load_settings()
    spool = Spool(settings.spool_dir)
    paths = spool.rejected_records()
    for path in paths:
        record = _readable(spool, path)
        what = _KINDS.get(str(record["type"]), "an unknown record") if record else "not a record"
        typer.echo(f"{path.stem}  {_since(path)}  {what}{_code(record)}{_sound(settings, record)}")
        typer.echo(f"    refused: {mask_text(spool.reason(path))}")
    typer.echo(_count(len(paths)) if paths else "No record was refused.")
    if paths:
        raise typer.Exit(1)


@app.command()
def show(which: Which) -> None:
    """Show one refused record, masked, with the reason; what is sealed for the bridge stays sealed."""
    settings = load_settings()
    spool = Spool(settings.spool_dir)
    path = _chosen(spool, which)
    typer.echo(f"refused: {mask_text(spool.reason(path))}")
    record = _readable(spool, path)
    if record is None:
        _fail("The file is no record; nothing in it can be shown or sent.")
    masked = {name: mask_field(name, value) for name, value in record.items()}
    typer.echo(json.dumps(masked, ensure_ascii=False, indent=2))
    if sound := _sound(settings, record):
        typer.echo(sound.strip(", "))


@app.command()
def resend(
    which: Annotated[str | None, typer.Argument(help="The record's id, or the beginning of it.")] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="Every refused record.")] = False,
) -> None:
    """Put refused records back where the ivr sends from; the bridge takes each of them once.

    Mend the cause first: what is refused again comes back here with the reason.
    """
    settings = load_settings()
    spool = Spool(settings.spool_dir)
    if (which is None) is not all_of_them:
        _fail("Name one record, or say --all.", 2)
    paths = spool.rejected_records() if all_of_them else [_chosen(spool, which or "")]
    left = 0
    for path in paths:
        try:
            spool.resend(path)
        except BrokenRecord as error:
            left += 1
            typer.echo(f"{path.stem}: stays here, it is no record ({mask_text(str(error))})", err=True)
        except SpoolFull as full:
            _fail(f"{path.stem}: stays here, the disk has no room: {full}")
        else:
            typer.echo(f"{path.stem}: will be sent again within seconds, where ivr runs")
    if left:
        raise typer.Exit(1)


def _chosen(spool: Spool, which: str) -> Path:
    found = [path for path in spool.rejected_records() if which and path.stem.startswith(which)]
    if len(found) == 1:
        return found[0]
    _fail("No refused record begins so." if not found else f"{_count(len(found))} begin so; say more of it.")


def _readable(spool: Spool, path: Path) -> dict[str, Any] | None:
    try:
        return spool.read(path)
    except (BrokenRecord, FileNotFoundError):
        return None


def _since(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _code(record: dict[str, Any] | None) -> str:
    code = record.get("tracking_code") if record else None
    return f", code {mask_field('tracking_code', code)}" if code else ""


def _sound(settings: Settings, record: dict[str, Any] | None) -> str:
    recording = record.get("recording") if record else None
    if not isinstance(recording, dict):
        return ""
    there = (settings.calls_dir / str(recording.get("file"))).is_file()
    return ", its sound is on disk" if there else ", ITS SOUND IS MISSING"


def _count(number: int) -> str:
    return "1 refused record" if number == 1 else f"{number} refused records"


def _fail(words: str, code: int = 1) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)
