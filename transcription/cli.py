"""`line111 models`: the speech models of this machine, and the jobs that were given up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import redis
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from line111.settings import load_settings
from transcription.catalogue import CatalogueInvalid, ModelRow, UnknownModel, sha256_of
from transcription.fetch import FetchFailed, fetch
from transcription.job_queue import connect, dead_letters, open_broker, revive
from transcription.store import SUMS, ArchiveRefused, ModelMissing, ModelStore, ModelUnverified

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Speech models: what turns a caller's words into text, one for each language.\n\n"
    'A recording in a language without a model is kept and can be played; its text says "waiting for '
    'the model" and comes by itself when the model arrives. Every model is proved by its hash before '
    "it is used.\n\n"
    "Typical: [bold]line111 models list[/bold], then [bold]line111 models fetch fa[/bold].",
)
out = Console()
err = Console(stderr=True)

Which = Annotated[
    str, typer.Argument(help="A language (fa, en) or a model's full name.", metavar="LANGUAGE|NAME")
]
LIKELY = (
    ArchiveRefused,
    CatalogueInvalid,
    FetchFailed,
    ModelMissing,
    ModelUnverified,
    UnknownModel,
    redis.RedisError,
    OSError,
)


@contextmanager
def _plain_words() -> Iterator[None]:
    """What can go wrong on a machine ends with one sentence and status 1, not with a traceback."""
    try:
        yield
    except LIKELY as error:
        err.print(f"[red]✗[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


@app.command("list")
def list_models() -> None:
    """Which models are known, and which of them are on this machine."""
    with _plain_words():
        store = ModelStore.of(load_settings())
        installed = {row.name for row in store.installed()}
        table = Table("language", "model", "what", "licence", "here", box=None, pad_edge=False)
        for row in store.catalogue.rows.values():
            table.add_row(
                row.language, row.name, row.title, row.licence, "yes" if row.name in installed else "no"
            )
        out.print(table)
        out.print(
            f"\nModels lie in {store.folder}. Get one with: line111 models fetch LANGUAGE", soft_wrap=True
        )


@app.command("fetch")
def fetch_model(
    which: Which,
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Take it from this archive (zip), brought by hand. Needs no network."),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(
            "--mirror",
            help="Base address that carries the archives under their own names, instead of the "
            "publisher's site. Setting: LINE111_TRANSCRIPTION__MODEL_MIRROR.",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also where a good copy is here already.")] = False,
) -> None:
    """Get a model, prove it and put it in place. An interrupted download goes on where it stopped.

    Recordings that waited for it are transcribed by the running workers within seconds.
    """
    with _plain_words():
        settings = load_settings()
        store = ModelStore.of(settings)
        row = store.catalogue.row(which)
        if file is None and not again and _is_good(store, row):
            out.print(f"[green]✓[/green] {row.name} is here and proved; nothing to do")
            return
        if file is not None:
            model = store.install(row, file)
        else:
            with _bar(row.name) as told:
                model = fetch(store, row, mirror=mirror or settings.transcription.model_mirror, progress=told)
        out.print(
            f"[green]✓[/green] {model.name} is in place, every file proved ({model.path})", soft_wrap=True
        )
        out.print(f"  Running workers now transcribe the recordings in {row.language!r} that waited for it.")


@app.command()
def verify(
    which: Annotated[
        str | None, typer.Argument(help="A language or a name; without it all that are here.")
    ] = None,
) -> None:
    """Prove every file of the models on this machine by its hash; status 1 where one is wrong."""
    with _plain_words():
        store = ModelStore.of(load_settings())
        rows = [store.catalogue.row(which)] if which else store.installed()
        if not rows:
            out.print("No model is installed. Get one with: line111 models fetch LANGUAGE")
        for row in rows:
            model = store.verify(row.name)
            out.print(f"[green]✓[/green] {row.name} ({row.language}): proved, {model.sha256}", soft_wrap=True)


@app.command()
def remove(which: Which) -> None:
    """Take a model off this machine. New recordings of its language wait until it is fetched again."""
    with _plain_words():
        store = ModelStore.of(load_settings())
        row = store.catalogue.row(which)
        store.remove(row.name)
        out.print(f"[green]✓[/green] {row.name} is removed")


@app.command()
def describe(
    folder: Annotated[
        Path, typer.Argument(help="An unpacked Vosk model you trust.", exists=True, file_okay=False)
    ],
    language: Annotated[str, typer.Option("--language", help="Its language, as in 'ar' or 'ckb'.")],
    name: Annotated[str | None, typer.Option("--name", help="Its name; else the folder's.")] = None,
) -> None:
    """Write the row for a model that is not known yet, with the hash of every file.

    Add what it prints to models.toml in the node's home folder, then
    `line111 models fetch NAME --file ARCHIVE.zip`.
    """
    with _plain_words():
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
        lines = ["[[model]]", f'name = "{name or folder.resolve().name}"', f'language = "{language}"']
        lines += ['title = "…"', "complete = true", "", "[model.files]"]
        lines += [f'"{path.relative_to(folder).as_posix()}" = "sha256:{sha256_of(path)}"' for path in files]
        typer.echo("\n".join(lines))


@app.command("dead-letters")
def list_dead_letters(
    retry: Annotated[bool, typer.Option("--retry", help="Queue them all again.")] = False,
) -> None:
    """Transcription jobs that were given up (kept 7 days), with the reason; `--retry` tries them again."""
    with _plain_words():
        settings = load_settings()
        client = connect(settings)
        letters = list(dead_letters(client))
        if not letters:
            out.print("No job was given up.")
            return
        table = Table("recording", "given up at (UTC)", "failures", "why", box=None, pad_edge=False)
        for letter in letters:
            moment = letter.given_up_at.strftime("%Y-%m-%d %H:%M:%S")
            table.add_row(letter.recording_id, moment, str(letter.retries), letter.reason)
        out.print(table)
        if retry:
            broker = open_broker(client, settings.transcription.takeover_seconds, [])
            for letter in letters:
                revive(client, broker, letter)
            out.print(f"[green]✓[/green] {len(letters)} queued again")


def _is_good(store: ModelStore, row: ModelRow) -> bool:
    try:
        store.verify(row.name)
    except (ModelMissing, ModelUnverified):
        return False
    return True


@contextmanager
def _bar(name: str) -> Iterator[_Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=err) as progress:
        yield _Told(progress, progress.add_task(name, total=None))


class _Told:
    """Moves the bar as bytes arrive."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def __call__(self, have: int, total: int | None) -> None:
        self._progress.update(self._task, completed=have, total=total)
