"""Commands of the proposals: learn, judge, try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from casebridge.proposals.corpus import TARGETS, corpus
from casebridge.proposals.evaluation import accuracy, judge, page
from casebridge.proposals.model import learn, learn_into, model_at
from casebridge.proposals.reading import read_kind, read_subject
from casebridge.proposals.rules import NotLearned
from line111.settings import PROJECT, load_settings

app = typer.Typer(no_args_is_help=True, help="Proposals of subject and kind: learn, judge, try.")
Out = Annotated[Path, typer.Option("--output", "-o", help="the page to write")]


@app.command("learn")
def learn_now() -> None:
    """Learn from the data and keep the model below this node's home; seconds, and only where it is new."""
    learn_into(load_settings().proposals_dir)
    typer.echo("The model of the proposals is ready.")


@app.command()
def evaluate(output: Out = PROJECT / "docs" / "proposals.md") -> None:
    """Learn anew, judge by the sentences that were held back, and write the page of the docs."""
    data = corpus()
    model = learn(data)
    for target in TARGETS:
        typer.echo(f"{target}: {accuracy(judge(model, data, target, data.held_back)):.1%} right")
    output.write_text(page(model, data), encoding="utf-8")
    typer.echo(f"Written: {output}")


@app.command("try")
def try_text(text: Annotated[str, typer.Argument(help="what somebody says")]) -> None:
    """Say what would be proposed for a text, and why."""
    try:
        model = model_at(load_settings().proposals_dir)
    except NotLearned:
        typer.echo("Nothing was learned yet: `line111 proposals learn`", err=True)
        raise typer.Exit(1) from None
    for target, reading in (("subject", read_subject(model, text)), ("kind", read_kind(model, text))):
        if reading is None:
            typer.echo(f"{target}: not known")
            continue
        words = ", ".join(f"{word} {share:.0%}" for word, share in reading.reasons)
        typer.echo(f"{target}: {reading.chosen.code} ({reading.chosen.confidence:.0%}) because of {words}")
