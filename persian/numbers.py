"""Numbers as Persian words: 123 is "صد و بیست و سه", its ordinal "صد و بیست و سوم"."""

from __future__ import annotations

from typing import Any, Final

from persian.words import words

LIMIT: Final = 10**12
"""The largest magnitude that can be said."""


class NumberTooLarge(ValueError):
    """A number beyond a thousand milliards, which nobody says on a telephone."""


def thousands(number: int) -> list[tuple[int, int]]:
    """A positive number as (part below 1000, power of 1000) pairs, highest first, zeros left out."""
    parts, power = [], 0
    while number:
        number, part = divmod(number, 1000)
        if part:
            parts.append((part, power))
        power += 1
    return parts[::-1]


def number_words(number: int) -> str:
    """A whole number of magnitude up to 10^12 in words. Raises NumberTooLarge."""
    if abs(number) > LIMIT:
        raise NumberTooLarge("beyond 10^12")
    table = words()["numbers"]
    if number == 0:
        return str(table["zero"])
    said = table["joiner"].join(_scaled(part, power, table) for part, power in thousands(abs(number)))
    return f"{table['negative']} {said}" if number < 0 else said


def ordinal_words(number: int) -> str:
    """The ordinal of a positive number: "اول", "دوم", "سی‌ام", "بیست و یکم".

    Raises:
        ValueError: the number is not positive.
        NumberTooLarge: it is beyond 10^12.
    """
    if number <= 0:
        raise ValueError("only positive numbers have an ordinal")
    table = words()["ordinals"]
    if number == 1:
        return str(table["first"])
    said = number_words(number)
    for end, ordinal in table["exceptions"].items():
        if said == end or said.endswith(f" {end}"):
            return said.removesuffix(end) + str(ordinal)
    return said + str(table["suffix"])


def _scaled(part: int, power: int, table: dict[str, Any]) -> str:
    scale = table["scales"][power]
    if not scale:
        return _below_thousand(part, table)
    if part == 1 and power in (1, 4):
        return str(scale)
    return f"{_below_thousand(part, table)} {scale}"


def _below_thousand(number: int, table: dict[str, Any]) -> str:
    hundred, rest = divmod(number, 100)
    said = [table["hundreds"][hundred - 1]] if hundred else []
    if 10 <= rest < 20:
        said.append(table["teens"][rest - 10])
    else:
        ten, unit = divmod(rest, 10)
        said += [table["tens"][ten - 2]] if ten else []
        said += [table["units"][unit - 1]] if unit else []
    return str(table["joiner"].join(said))
