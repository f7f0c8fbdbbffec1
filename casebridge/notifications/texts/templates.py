"""Templates of messages: data in `templates.toml`, in Persian and English. A centre's own words, edited on
screen, are laid over it (`wording.py`).

Places stand in braces. What stands in brackets is left out where a place in it has nothing to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from persian.calendar import format_date, tehran_date
from persian.digits import to_persian

LANGUAGES: Final = ("fa", "en")
PLACES: Final = frozenset({"code", "number", "unit", "due", "text", "why"})
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"\{([a-z_]+)\}")
LONGEST_TEXT: Final = 400
"""Letters of an answer that go into a text message; the whole of it is heard by phone or read by e-mail."""


class UnknownTemplate(LookupError):
    """No template of this name for this audience."""


@dataclass(frozen=True, slots=True)
class Template:
    """Texts of one template in one language, and its rules."""

    audience: str
    name: str
    language: str
    sms: str
    subject: str
    email: str
    legally_due: bool
    at_any_hour: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A message with its places filled."""

    sms: str
    subject: str
    email: str


def template(audience: str, name: str, language: str) -> Template:
    """A template; a language there is none in is taken as Persian. Raises UnknownTemplate."""
    found = _load().get((audience, name, language if language in LANGUAGES else "fa"))
    if found is None:
        raise UnknownTemplate(f"{audience}.{name}")
    return found


def all_templates() -> list[Template]:
    """Every template in every language."""
    return list(_load().values())


def write(pattern: Template, values: Mapping[str, str]) -> Written:
    """Fills a template's places; `values` are words ready to be read (see `spoken`)."""
    short = {**values, "text": _cut(values.get("text", ""))}
    return Written(
        sms=_fill(pattern.sms, short),
        subject=_fill(pattern.subject, short)[:255],
        email=_fill(pattern.email, values),
    )


def places_in(pattern: str) -> set[str]:
    """Names of the places in a text."""
    return set(_PLACE.findall(pattern))


def readable_reason(code: str, language: str) -> str:
    """A reason as applicants are told it; "" where they are not."""
    return _reasons().get(code, {}).get(language, "")


def readable_day(moment: datetime, language: str) -> str:
    """A day as letters write it: Jalali in Persian, Gregorian in English."""
    if language == "fa":
        return to_persian(format_date(moment))
    day = tehran_date(moment)
    return f"{day.day} {day:%B %Y}"


def readable_digits(digits: str, language: str) -> str:
    """Digits as the language writes them."""
    return to_persian(digits) if language == "fa" else digits


def _fill(pattern: str, values: Mapping[str, str]) -> str:
    def optional(match: re.Match[str]) -> str:
        inner = match.group(1)
        return inner if all(values.get(name) for name in _PLACE.findall(inner)) else ""

    chosen = _OPTIONAL.sub(optional, pattern)
    return _PLACE.sub(lambda match: values.get(match.group(1), ""), chosen).strip()


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return text[:LONGEST_TEXT].rsplit(" ", 1)[0] + "…"


@cache
def _reasons() -> dict[str, dict[str, str]]:
    file = files("casebridge.notifications.texts") / "reasons.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _load() -> dict[tuple[str, str, str], Template]:
    file = files("casebridge.notifications.texts") / "templates.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    found = {}
    for audience, templates in data.items():
        for name, entry in templates.items():
            for language in LANGUAGES:
                found[audience, name, language] = _template(audience, name, language, entry)
    return found


def _template(audience: str, name: str, language: str, entry: dict[str, Any]) -> Template:
    texts = entry[language]
    return Template(
        audience=audience,
        name=name,
        language=language,
        sms=texts["sms"],
        subject=texts["subject"],
        email=texts.get("email", texts["sms"]),
        legally_due=bool(entry.get("legally_due", False)),
        at_any_hour=bool(entry.get("at_any_hour", False)),
    )
