"""Long numbers in a text, written or spoken: identifiers and telephone numbers people name in passing.

Where such a number stands is said here alone; whoever shows or keeps words without them asks this.
Digits count in every script, in one run or in groups ("0912 345 6789", "۰۰۱-۲۳۴-۵۶۷۸"); of what is
spoken, Persian and English number words that follow each other without another word between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import Final

from persian.letters import search_form
from persian.words import words

SPOKEN: Final = 6
"""So many number words in a row are an identifier or a telephone number that was said."""

_DIGIT: Final = re.compile(r"\d")
_WRITTEN: Final = re.compile(r"\+?\d(?:[\W_]*\d){9,}|\d{8,}")
_WORD: Final = re.compile("[^\\W_]+(?:[\u064b-\u0655\u0670]+[^\\W_]*)*")
_ENGLISH: Final = "zero oh one two three four five six seven eight nine double"


def without_long_numbers(text: str, instead: str) -> str:
    """The text with something else in the place of every long number."""
    parts, end = [], 0
    for start, stop in _together(sorted([*_written(text), *_spoken(text)])):
        parts += [text[end:start], instead]
        end = stop
    return "".join([*parts, text[end:]])


def _written(text: str) -> Iterator[tuple[int, int]]:
    if _DIGIT.search(text) is None:  # so most texts are, and lists show fifty of them
        return iter(())
    return (found.span() for found in _WRITTEN.finditer(text))


def _spoken(text: str) -> Iterator[tuple[int, int]]:
    if sum(map(_numbers_in, text.split())) < SPOKEN:  # no word goes over a space
        return
    for said, run in groupby(_WORD.finditer(text), key=lambda word: _is_number(word.group())):
        if not said:
            continue
        spoken = list(run)
        if sum(_form(word.group()) != _joiner() for word in spoken) >= SPOKEN:
            yield spoken[0].start(), spoken[-1].end()


def _together(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places that overlap are one."""
    start = stop = 0
    for first, last in places:
        if first > stop:
            if stop:
                yield start, stop
            start, stop = first, last
        else:
            start, stop = (start if stop else first), max(stop, last)
    if stop:
        yield start, stop


@lru_cache(maxsize=20_000)
def _numbers_in(piece: str) -> int:
    return sum(map(_is_number, _WORD.findall(piece)))


def _is_number(word: str) -> bool:
    form = _form(word)
    return form.isdecimal() or form == _joiner() or form in _number_words()


@lru_cache(maxsize=20_000)
def _form(word: str) -> str:
    return search_form(word)


@cache
def _number_words() -> frozenset[str]:
    table = words()["numbers"]
    names = [table["zero"], *table["units"], *table["teens"], *table["tens"], *table["hundreds"]]
    return frozenset(map(search_form, names)) | set(_ENGLISH.split())


@cache
def _joiner() -> str:
    return str(words()["numbers"]["joiner"]).strip()
