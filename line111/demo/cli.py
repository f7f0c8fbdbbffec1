"""`line111 demo`: start everything and let two scripted citizens phone the line."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Awaitable
from typing import Annotated, Any, NoReturn

import typer

from line111 import supervision
from line111.call.phone import PhoneUnusable
from line111.call.prompts_heard import PromptIndex, told_codes
from line111.call.speech import VoiceMissing
from line111.demo import show
from line111.demo.citizens import Citizen, citizens, phone
from line111.demo.evidence import Bridge
from line111.demo.officials import Account, AccountRefused, make_account
from line111.demo.travel import Travel, Travelled
from line111.programs import PROGRAMS
from line111.screen import Changes, console, errors
from line111.settings import Settings, load_settings

_ROLES = ("agent", "supervisor", "operator")
_WELL_SECONDS = 90
_TRANSCRIPT_SECONDS = 150
_ACCOUNT = "demo"

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
_NO_GO = (
    supervision.PortTaken,
    supervision.ManagerDied,
    supervision.TakenDown,
    FileNotFoundError,
    PhoneUnusable,
    VoiceMissing,
)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the calls, with one JSON object.")] = False,
) -> None:
    """Start the whole product and let two scripted citizens phone it, over real SIP and RTP.

    One speaks Persian (espeak-ng's voice), one English (flite's), both press real keys (RFC 4733).
    It shows what each hears, presses and says, and what became of it: officials answer, the citizens
    phone again (111, then 3), accept the answer or object to it. Then it stays up until Ctrl-C.

    With --once it ends after that; its last line is a JSON object with the cases, none where it could not
    begin. Exit code 0: both codes that were told have their case, and both citizens have accepted an
    answer at last; 1: not.
    """
    settings = load_settings()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    node = supervision.Node(settings, PROGRAMS)
    code, summaries = 1, list[dict[str, Any]]()
    try:
        ours = _start(node)
        good, summaries = asyncio.run(_demonstrate(settings))
        code = 0 if good else 1
        if not once:
            _stay(node, ours)
    except KeyboardInterrupt:
        console.print("Stopping…")
    except _NO_GO as error:
        errors.print(f"[red]{error}[/]", soft_wrap=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        node.stop()
    if once:
        print(json.dumps({"cases": summaries}, ensure_ascii=False), flush=True)
    raise typer.Exit(code)


def _start(node: supervision.Node) -> bool:
    """Start the product, or take the one that is up; whether it is ours. Raises what `Node.start` raises."""
    console.print("[bold]Starting the product[/]")
    try:
        node.start(say=console.print)
    except supervision.AlreadyUp:
        console.print("It is up already; the citizens phone that one.")
        return False
    if not node.wait_until_well(_WELL_SECONDS, Changes().report):
        console.print("[yellow]Not all is well; the citizens phone all the same.[/]")
    return True


async def _demonstrate(settings: Settings) -> tuple[bool, list[dict[str, Any]]]:
    """Both citizens' calls and cases to their end; whether all went well, and the cases to be read."""
    prompts = PromptIndex(settings.sounds_dir)
    callers = citizens()
    bridge = Bridge(settings)
    centre = asyncio.create_task(make_account(settings, _ACCOUNT, *_ROLES))
    travel = Travel(settings, bridge, prompts, centre)
    console.print(f"\n[bold]{len(callers)} citizens phone {settings.number}[/]  (◂ heard, ▸ done)\n")
    try:
        ended = await asyncio.gather(*(_lead(settings, bridge, travel, prompts, one) for one in callers))
    finally:
        await bridge.close()
    for citizen, one in zip(callers, ended, strict=True):
        if one is not None:
            show.way(citizen, one.summary())
    await _show_sign_in(settings, centre)
    return all(one is not None and one.arrived for one in ended), [one.summary() for one in ended if one]


async def _lead(
    settings: Settings, bridge: Bridge, travel: Travel, prompts: PromptIndex, citizen: Citizen
) -> Travelled | None:
    """One citizen: the call, its case, the answers; None where the code heard has no case.

    A case counts where the caller heard the same code each time.
    """
    transcript = show.Transcript(citizen)
    report = await phone(citizen, settings, prompts, transcript.tell)
    transcript.end()
    codes = told_codes(report.prompts)
    if len(set(codes)) != 1:
        console.print(f"\n[red]{citizen.name}: {report.outcome.words}; codes heard: {codes or 'none'}[/]")
        return None
    found = await bridge.wait_for(codes[0], _TRANSCRIPT_SECONDS)
    show.case(settings, citizen, codes[0], found)
    return None if found is None else await travel.one(citizen, found)


async def _show_sign_in(settings: Settings, made: Awaitable[Account]) -> None:
    try:
        account = await made
    except AccountRefused as refused:
        console.print(f"\n[yellow]{refused}; `line111 bridge create-account` tells why.[/]")
        return
    console.print(f"\nSign in at {show.address(settings, '/sign-in')}", soft_wrap=True)
    console.print(f"  name [bold]{account.name}[/], password [bold]{account.password}[/] (made for this run)")


def _stay(node: supervision.Node, ours: bool) -> None:
    if not ours:
        console.print("\nThe product was up before and stays up.")
        return
    console.print("\nThe product stays up; Ctrl-C stops it.")
    changes = Changes()
    while True:
        time.sleep(1)
        changes.report(node.look())


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
