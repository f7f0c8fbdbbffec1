"""What becomes of a form somebody has sent: it is done, or refused in plain words.

A screen that changes something works in one transaction, then ends in `done`; what is refused (a `Problem` of
the bridge, or a form pydantic does not take) becomes a `Refusal`, which the screen shows with what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from casebridge.bridge import Bridge
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.problems import Problem, catalogue
from console.language import Language
from console.pages import language_of
from console.words import word
from console.words.fields import FIELDS

Notices = Mapping[str, tuple[str, str]]
"""By the word in an address: what a page says was done, and in which colour."""
STATUSES: Final = frozenset({"current", "wanted"})
"""Values of problems that are states of a case."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not taken.

    Attributes:
        status: HTTP status.
        fields: what is wrong, as sentences by the field's name; "" for what is no single field's fault.
        told: the same as whole sentences, each naming its field.
        code: the problem's name in the bridge's catalogue.
    """

    status: int
    fields: dict[str, str]
    told: tuple[str, ...]
    code: str


def done(bridge: Bridge, address: str, said: str = "") -> Response:
    """After a form was taken: to the page that shows what became of it (`said`: a word of its notices)."""
    bridge.tell_on()
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}said={said}" if said else address, 303)


def notice(request: Request, notices: Notices, said: str) -> dict[str, Any]:
    """What a page says was done; nothing for a word it does not know."""
    text, colour = notices.get(said, ("", "slate"))
    return {"notice": language_of(request).gettext(text) if text else "", "notice_colour": colour}


async def refusal(request: Request, bridge: Bridge, error: Problem | ValidationError) -> Refusal:
    """An error in the visitor's language, with the country's names for codes."""
    speech = language_of(request)
    problem = error if isinstance(error, Problem) else _of_form(error)
    status = int(catalogue()["problem"][problem.code]["status"])
    if problem.errors:
        fields = {name: _sentence(code, speech) for name, code in problem.errors}
        told = tuple(_with_label(name, sentence, speech) for name, sentence in fields.items())
        return Refusal(status, fields, told, problem.code)
    async with bridge.database.reading() as session:
        sentence = detail(problem, speech, await country(session))
    return Refusal(status, {"": sentence}, (sentence,), problem.code)


def detail(problem: Problem, speech: Language, land: Country | None = None) -> str:
    """What the catalogue says of a problem, its values named as people name them."""
    text: str = catalogue()["problem"][problem.code][speech.code]["detail"]
    return text.format_map(
        {name: _named(name, value, speech, land) for name, value in problem.values.items()}
    )


def _of_form(error: ValidationError) -> Problem:
    errors = [(str(one["loc"][0]) if one["loc"] else "county", str(one["type"])) for one in error.errors()]
    return Problem("invalid_request", errors=errors)


def _sentence(code: str, speech: Language) -> str:
    fields = catalogue()["field"]
    return str((fields.get(code) or fields["invalid"])[speech.code])


def _with_label(name: str, sentence: str, speech: Language) -> str:
    label = FIELDS.get(name)
    return f"{speech.gettext(label)}: {sentence}" if label else sentence


def _named(name: str, value: object, speech: Language, land: Country | None) -> str:
    if name in STATUSES:
        return speech.gettext(word("status", value))
    if name == "article":
        return speech.digits(str(value))
    return land.name(str(value), speech.code) if land else str(value)
