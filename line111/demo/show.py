"""What a person sees of the demonstration."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from asterisk_conf.prompts.catalogue import catalogue
from line111.call.conversation import Happened
from line111.demo.citizens import Citizen
from line111.demo.evidence import Found
from line111.screen import console
from line111.settings import Settings

_COLOURS = {"fa": "cyan", "en": "magenta"}


class Transcript:
    """Prints a call while it goes on: the words the line says, the keys, the message."""

    def __init__(self, citizen: Citizen, says: str | None = None) -> None:
        self._citizen = citizen
        self._says = citizen.message if says is None else says
        self._texts = {
            (language, name): prompt.text
            for language in ("fa", "en")
            for name, prompt in catalogue(language).items()
        }
        self._digits = ""

    def tell(self, happened: Happened) -> None:
        """One thing that happened; digits that are read out come together on one line."""
        if happened.did == "prompt" and (happened.prompt or "").startswith("digits/"):
            self._digits += (happened.prompt or "").removeprefix("digits/")
            return
        self.end()
        words = self._words(happened)
        if words:
            self._print(happened.at, words)

    def end(self) -> None:
        """Print what is still held back."""
        if self._digits:
            self._print(None, f"◂ [bold]{self._digits}[/]")
            self._digits = ""

    def _words(self, happened: Happened) -> str:
        match happened.did:
            case "prompt":
                text = self._texts.get((happened.language or "", happened.prompt or ""), "")
                return f"◂ {escape(text)}" if text else ""
            case "heard":
                return f"◂ [dim](something for {happened.seconds:.1f} s)[/]"
            case "pressed":
                return f"▸ [bold]presses {happened.keys}[/]"
            case "tone":
                return "◂ [dim](tone)[/]"
            case "spoke":
                return f"▸ [italic]{escape(self._says)}[/]"
            case _:
                return "▸ hangs up"

    def _print(self, at: float | None, words: str) -> None:
        colour = _COLOURS.get(self._citizen.language, "white")
        clock = f"{at:6.1f} s" if at is not None else " " * 8
        console.print(f"[{colour}]{self._citizen.name}[/] [dim]{clock}[/]  {words}", soft_wrap=True)


def case(settings: Settings, citizen: Citizen, code: str, found: Found | None) -> None:
    """A call's result."""
    console.print(f"\n[bold]{citizen.name}[/]: the line told the tracking code [bold]{code}[/]")
    if found is None:
        console.print("  [red]the bridge knows no case with this code[/]")
        return
    told = found.summary()
    callback = next(iter(found.case["callbacks"]), None)
    rows = {
        "case": f"{told['kind']}, {told['status']}, applicant {found.case['identifier_masked']}",
        "message": f"{told['recording_seconds']} s recorded" if told["recording_seconds"] else "none",
        "transcript": escape(told["transcript"] or "") or _transcript_words(told["transcript_status"]),
        "callback": f"{callback['wished']}, {callback['state']} ({callback['id']})"
        if callback
        else "not wished",
        "journal": f"{len(found.journal)} steps; the code it says it told: "
        + (", ".join(dict.fromkeys(found.told_in_journal)) or "none"),
        "page": address(settings, f"/cases/{found.case['id']}"),
    }
    for name, words in rows.items():
        console.print(f"  {name:<10} {words}", soft_wrap=True)


def answered(citizen: Citizen, official: str, unit: str, text: str) -> None:
    """An official has answered."""
    console.print(
        f"\n[bold]{citizen.name}[/]: {official}, head of {unit}, takes the case in hand and answers:"
        f"\n  [italic]{escape(text)}[/]\n{citizen.name} phones again\n",
        soft_wrap=True,
    )


def way(citizen: Citizen, told: dict[str, Any]) -> None:
    """How a case ended, what was said to its answers, and what was written to its applicant."""
    console.print(f"\n[bold]{citizen.name}[/]: the case is [bold]{told['status']}[/]")
    for one in told["answers"]:
        spoken = ", with a spoken reason" if one["objection_recording_id"] else ""
        console.print(
            f"  answer of {one['unit_code']}: {one['decision']} by {one['decided_by']}{spoken}",
            soft_wrap=True,
        )
    for one in told["notifications"]:
        receiver = "applicant" if one["audience"] == "applicant" else "unit"
        console.print(
            f"  [dim]{receiver:<10} {one['template']:<14} {one['state']}[/]  {escape(one['text'])}",
            soft_wrap=True,
        )


def address(settings: Settings, path: str) -> str:
    """A page's address."""
    return settings.bridge.url.rstrip("/") + path


def _transcript_words(status: str | None) -> str:
    words = {"waiting_for_model": "waiting for the model; the audio can be played"}
    return f"[yellow]{words.get(status or '', status or 'not begun')}[/]"
