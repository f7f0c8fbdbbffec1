"""`line111 call`: phone the line as a scripted citizen, over real SIP and RTP."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from line111.call.conversation import CallReport, Happened, Outcome, Plan, phone_the_line
from line111.call.hearing import TONE_HZ, Samples
from line111.call.phone import Line, PhoneUnusable
from line111.call.prompts_heard import PromptIndex
from line111.call.script import LANGUAGE_HELP, BadScript, Manners, parse_script
from line111.call.speech import SoundUnreadable, VoiceMissing, read_sound, spoken, write_wav
from line111.settings import load_settings

_EXIT_HELP = """\
Exit codes, for a watch probe: 0 regular end; 1 not answered; 2 wrong command line; 3 the line hung up
before the script was done; 4 too long; 5 answered but nothing heard; 6 the phone could not be used."""

_EXAMPLE = """\
A complaint in English, the way a person would make it:

  line111 call --language en --say "The street light is broken." \\
    --digits "hear:system/language_en !9 1 1 0499370899 1 say # 1 2"

Is the line alive? (hang up after the greeting)

  line111 call --digits "wait hangup" --json"""


class Voice(StrEnum):
    """Languages a scripted citizen can speak."""

    fa = "fa"
    en = "en"


app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_show_locals=False)


def _help() -> str:
    paragraphs = (
        "Phone the line as a scripted citizen, over real SIP and RTP.",
        "The citizen is a SIP phone (baresip) without a person: it listens, presses its keys when a prompt "
        "has ended, and speaks its message after the tone.",
        "THE SCRIPT (--digits)",
        LANGUAGE_HELP,
        _EXIT_HELP,
        _EXAMPLE,
    )
    # \b at the head of a paragraph keeps its line breaks (click)
    return "\n\n".join(_unwrapped(part) for text in paragraphs for part in text.split("\n\n"))


def _unwrapped(paragraph: str) -> str:
    return f"\b\n{paragraph}"


@app.command(help=_help())
def call(
    digits: Annotated[str, typer.Option(help="The script: what to press, say and wait for.")] = "wait hangup",
    language: Annotated[Voice, typer.Option(help="Language --say is spoken in.")] = Voice.fa,
    say: Annotated[str, typer.Option(help="Text to speak as the message.")] = "",
    play: Annotated[Path | None, typer.Option(help="Sound file to play as the message.", exists=True)] = None,
    number: Annotated[str, typer.Option("--from", help="Number the citizen calls from.")] = Line.number,
    to: Annotated[str, typer.Option(help="Number to dial.")] = Line.to,
    server: Annotated[str, typer.Option(help="HOST:PORT of Asterisk's SIP.")] = Line.server,
    local: Annotated[str, typer.Option(help="Own address; the trunk's, so that it is taken.")] = Line.local,
    record: Annotated[
        Path | None, typer.Option(help="Write the call as WAV: left what was heard, right what was said.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Longest call, in seconds.")] = 180.0,
    impatient: Annotated[
        bool, typer.Option("--impatient", help="Press keys at once, into the prompts.")
    ] = False,
    tone_hz: Annotated[float, typer.Option(help="Frequency of the record tone.")] = TONE_HZ,
    sounds: Annotated[
        Path | None,
        typer.Option(help="Folder of the line's prompts, to know what it says. [default: this node's]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """See `_help`."""
    try:
        script = parse_script(digits)
        message = _message(language, say, play)
        line = Line(to=to, server=server, local=local, number=number)
    except (BadScript, ValueError, SoundUnreadable) as error:
        raise typer.BadParameter(str(error)) from None
    except VoiceMissing as error:
        _end(Outcome.PHONE_UNUSABLE, str(error), as_json)
    if "say" in digits.split() and not len(message):
        raise typer.BadParameter("the script says `say`, so --say or --play is needed")
    prompts = PromptIndex(sounds or load_settings().sounds_dir)
    plan = Plan(line, script, message, Manners(impatient=impatient), timeout, tone_hz, prompts)
    try:
        report = asyncio.run(phone_the_line(plan, (lambda _: None) if as_json else show))
    except PhoneUnusable as error:
        _end(Outcome.PHONE_UNUSABLE, str(error), as_json)
    if record is not None:
        write_wav(record, report.heard, report.said)
    _tell_end(report, as_json)
    raise typer.Exit(int(report.outcome))


def show(happened: Happened) -> None:
    """One line of a call as it happens."""
    typer.echo(f"{happened.at:7.2f}  {describe(happened)}")


def describe(happened: Happened) -> str:
    """What happened, in words."""
    match happened.did:
        case "heard":
            return f"heard speech for {happened.seconds:.1f} s"
        case "prompt":
            return f"heard {happened.language}/{happened.prompt}"
        case "pressed":
            return f"pressed {happened.keys}"
        case "spoke":
            return f"speaks for {happened.seconds:.1f} s"
        case "tone":
            return "heard the record tone"
        case _:
            return "hangs up"


def _message(language: Voice, say: str, play: Path | None) -> Samples:
    if say and play:
        raise ValueError("--say and --play exclude each other")
    if play:
        return read_sound(play)
    return spoken(language.value, say) if say else np.zeros(0, np.int16)


def _tell_end(report: CallReport, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        why = "" if report.outcome is Outcome.REGULAR else f" ({report.reason})"
        typer.echo(f"{report.seconds:7.2f}  {report.outcome.words}{why}")


def _end(outcome: Outcome, reason: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(CallReport(outcome, reason).as_json(), ensure_ascii=False))
    else:
        typer.echo(f"{outcome.words}: {reason}", err=True)
    raise typer.Exit(int(outcome))
