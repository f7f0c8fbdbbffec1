"""What can be searched, and what was asked for. Pure.

Texts and questions are brought to one spelling (`persian.letters`): Persian ی and ک, no marks, Latin
digits, lower case. A word with half-spaces is found joined, apart and as it is written. Identifiers and
telephone numbers are left out of what can be searched, spoken ones as well (promise 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from line111.masking import mask_text
from persian.letters import HALF_SPACE, normalise_transcript, search_form
from persian.long_numbers import without_long_numbers

BOUNDARY: Final = "xxendxx"
"""Stands between two texts of a case, so that no phrase is found across them."""
MOST_LETTERS: Final = 200_000
"""What is searched of one case, in characters: far more than an hour's speech."""
MOST_TERMS: Final = 16
SHORTEST_BEGINNING: Final = 2
"""Letters from which on the last word stands for all words that begin so."""

_QUOTED: Final = re.compile('["\u201c\u201d\u00ab\u00bb]')
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
_TIE_BITS: Final = 12
_LIMIT: Final = 2**63 - 2**20


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand together; `joined` is the other spelling of one with half-spaces."""

    words: tuple[str, ...]
    beginning: bool = False
    """The last word stands for all that begin so."""
    joined: str | None = None


def searchable(texts: Iterable[str | None]) -> str:
    """The words of a case as they are searched, without identifiers and telephone numbers."""
    parts = [part for part in (_one(text) for text in texts if text) if part]
    return f" {BOUNDARY} ".join(parts)[:MOST_LETTERS]


def read_question(asked: str) -> list[Term]:
    """What must be found, all of it: words, and phrases in quotes; the last word may be a beginning.

    Empty where there is nothing to look for.
    """
    terms: list[Term] = []
    pieces = _QUOTED.split(asked)
    for index, piece in enumerate(pieces):
        is_last = index == len(pieces) - 1
        if index % 2 and not is_last:
            phrase = tuple(search_form(piece).split())
            terms += [Term(phrase)] if phrase else []
            continue
        open_end = is_last and not piece[-1:].isspace()
        terms += _loose(piece, open_end=open_end)
    return terms[:MOST_TERMS]


def fts5_expression(terms: list[Term]) -> str:
    """The question in SQLite's words. Every word is quoted: nothing typed is read as an operator."""
    return " AND ".join(map(_fts5, terms))


def tsquery_expression(terms: list[Term]) -> str:
    """The question in PostgreSQL's words (`to_tsquery`), every word quoted."""
    return " & ".join(map(_tsquery, terms))


def place_in_time(opened_at: datetime, case_id: UUID) -> int:
    """The number a case's words are kept under: it grows with the moment the case was opened.

    So the newest matches are read first, and reading ends with the page. 51 bits of microseconds
    since 2020, 12 of the id.
    """
    return first_of(opened_at) + case_id.int % 2**_TIE_BITS


def first_of(moment: datetime) -> int:
    """The smallest number of a moment."""
    micros = (moment - _EPOCH) // (datetime.resolution)
    return max(-_LIMIT, min(micros * 2**_TIE_BITS, _LIMIT))


def _one(text: str) -> str:
    clean = normalise_transcript(mask_text(without_long_numbers(text, " ")))
    words = search_form(clean).split()
    allowed = set(words)
    joined = dict.fromkeys(
        search_form(word.replace(HALF_SPACE, ""))
        for word in clean.split()
        if HALF_SPACE in word and allowed.issuperset(search_form(word).split())
    )
    return " ".join([*words, *([BOUNDARY, *joined] if joined else [])])


def _loose(piece: str, *, open_end: bool) -> list[Term]:
    found = []
    for word in normalise_transcript(piece).split():
        parts = tuple(search_form(word).split())
        if parts:
            joined = search_form(word.replace(HALF_SPACE, "")) if HALF_SPACE in word else None
            found.append((parts, joined))
    return [
        Term(parts, open_end and index == len(found) - 1 and len(parts[-1]) >= SHORTEST_BEGINNING, joined)
        for index, (parts, joined) in enumerate(found)
    ]


def _fts5(term: Term) -> str:
    star = " *" if term.beginning else ""
    apart = f'"{" ".join(term.words)}"{star}'
    return f'({apart} OR "{term.joined}"{star})' if term.joined else apart


def _tsquery(term: Term) -> str:
    star = ":*" if term.beginning else ""
    apart = " <-> ".join(f"'{word}'" for word in term.words) + star
    return f"(({apart}) | '{term.joined}'{star})" if term.joined else f"({apart})"
