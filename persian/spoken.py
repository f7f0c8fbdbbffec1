"""What the line says of digits, numbers, dates and times: lists of prompt ids, one language a rule.

A prompt id is "group/name". The recordings behind the ids, and their texts, are data of the prompt
catalogue; here are only the rules by which they follow each other. Persian joins parts with "-o"
("sad-o bist-o se"), which is spoken with the part before it: `numbers/100_and`, `numbers/20_and`.

The calendar is imported only where a date is said: the local emergency script says digits beside
Asterisk, where neither jdatetime nor a time zone database need be installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final, TypeVar

from persian.digits import TRACKING_CODE_GROUPS, only_digits
from persian.numbers import LIMIT, NumberTooLarge, thousands

LANGUAGES: Final = ("fa", "en")
PAUSE: Final = "silence/short"
WEEKDAYS: Final = ("saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday")
SCALES: Final = ("", "thousand", "million", "billion", "trillion")
_PARTS_OF_DAY: Final = ((4, "small_hours"), (12, "morning"), (13, "noon"), (19, "afternoon"), (24, "night"))


Rule = TypeVar("Rule")


class UnknownLanguage(LookupError):
    """A language the line does not speak."""


def digit_prompts(digits: str, groups: tuple[int, ...] = TRACKING_CODE_GROUPS) -> list[str]:
    """Digit by digit, with a short silence between groups; the same ids in every language.

    What is left after the last group is a group of its own; signs that are no digits are passed over.
    """
    digits = only_digits(digits)
    said: list[str] = []
    ends = {sum(groups[: index + 1]) for index in range(len(groups))}
    for index, digit in enumerate(digits):
        if index in ends:
            said.append(PAUSE)
        said.append(f"digits/{digit}")
    return said


def number_prompts(language: str, number: int) -> list[str]:
    """A whole number from 0 to 10^12.

    Raises:
        ValueError: negative. NumberTooLarge: beyond 10^12. UnknownLanguage.
    """
    if number < 0:
        raise ValueError("a negative number is never said on the line")
    if number > LIMIT:
        raise NumberTooLarge("beyond 10^12")
    if number == 0:
        return ["numbers/0"]
    return _rule(language, _NUMBERS)(number)


def date_prompts(language: str, moment: date | datetime) -> list[str]:
    """A day in Tehran: Persian by the Jalali calendar, English by the Gregorian one.

    Raises:
        ValueError: a datetime without time zone. UnknownLanguage.
    """
    return _rule(language, _DATES)(moment)


def time_prompts(language: str, moment: time | datetime) -> list[str]:
    """An hour and minute in Tehran, on the twelve-hour clock with the part of the day."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        from persian.calendar import TEHRAN

        moment = moment.astimezone(TEHRAN).time()
    return _rule(language, _TIMES)(moment)


def required_prompts(language: str) -> set[str]:
    """Every id the rules above can ever give in a language: what its catalogue must hold."""
    small = {*range(20), *range(20, 100, 10)}
    ids = {f"digits/{digit}" for digit in range(10)} | {PAUSE}
    ids |= {f"weekdays/{name}" for name in WEEKDAYS} | {f"days/{day}" for day in range(1, 32)}
    if language == "fa":
        hundreds = set(range(100, 1000, 100))
        ids |= {f"numbers/{value}" for value in small | hundreds}
        ids |= {f"numbers/{value}_and" for value in range(20, 100, 10)}
        ids |= {f"numbers/{value}_and" for value in hundreds}
        ids |= {f"numbers/{scale}{end}" for scale in SCALES[1:4] for end in ("", "_and")}
        ids |= {f"months_jalali/{month}" for month in range(1, 13)}
        ids |= {f"hours{end}/{hour}" for end in ("", "_and") for hour in range(1, 13)}
        return ids | {"times/minutes"} | {f"times/{part}" for _, part in _PARTS_OF_DAY}
    if language == "en":
        ids |= {f"numbers/{value}" for value in small}
        ids |= {f"numbers/{scale}" for scale in ("hundred", *SCALES[1:])}
        ids |= {f"months_gregorian/{month}" for month in range(1, 13)}
        return ids | {"times/oh", "times/am", "times/pm"}
    raise UnknownLanguage(language)


def _persian_number(number: int) -> list[str]:
    # 10^12 is "a thousand milliards": the thousands count milliards here, as people say it
    milliards, rest = divmod(number, 10**9)
    if milliards >= 1000:
        head = [*_persian_number(milliards), "numbers/billion"]
        return [*head[:-1], "numbers/billion_and", *_persian_number(rest)] if rest else head
    return _joined(list(_persian_parts(number)))


def _persian_parts(number: int) -> Iterator[list[str]]:
    """Groups of ids; "-o" stands between any two groups, on the last id of the first."""
    for part, power in thousands(number):
        below = list(_persian_below_thousand(part))
        if not power:
            yield from ([one] for one in below)
        elif part == 1 and power == 1:
            yield ["numbers/thousand"]
        else:
            yield [*_joined([[one] for one in below]), f"numbers/{SCALES[power]}"]


def _persian_below_thousand(number: int) -> Iterator[str]:
    if number >= 100:
        yield f"numbers/{number // 100 * 100}"
    rest = number % 100
    if rest >= 20:
        yield f"numbers/{rest // 10 * 10}"
        rest %= 10
    if rest:
        yield f"numbers/{rest}"


def _joined(groups: list[list[str]]) -> list[str]:
    said = [one for group in groups[:-1] for one in (*group[:-1], f"{group[-1]}_and")]
    return said + groups[-1]


def _english_number(number: int) -> list[str]:
    said: list[str] = []
    for part, power in thousands(number):
        hundred, rest = divmod(part, 100)
        if hundred:
            said += [f"numbers/{hundred}", "numbers/hundred"]
        said += _english_below_hundred(rest)
        if power:
            said.append(f"numbers/{SCALES[power]}")
    return said


def _english_below_hundred(number: int) -> list[str]:
    if number < 20:
        return [f"numbers/{number}"] if number else []
    tens = [f"numbers/{number // 10 * 10}"]
    return tens + ([f"numbers/{number % 10}"] if number % 10 else [])


def _persian_date(moment: date | datetime) -> list[str]:
    from persian.calendar import to_jalali, weekday

    year, month, day = to_jalali(moment)
    head = [f"weekdays/{WEEKDAYS[weekday(moment)]}", f"days/{day}", f"months_jalali/{month}"]
    return head + _persian_number(year)


def _english_date(moment: date | datetime) -> list[str]:
    from persian.calendar import tehran_date, weekday

    day = tehran_date(moment)
    name = f"weekdays/{WEEKDAYS[weekday(moment)]}"
    return [name, f"months_gregorian/{day.month}", f"days/{day.day}", *_english_year(day.year)]


def _english_year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if not 10 < century < 100 or rest == 0 or (century == 20 and rest < 10):
        return _english_number(year)
    head = _english_below_hundred(century)
    return head + (["times/oh"] if rest < 10 else []) + _english_below_hundred(rest)


def _persian_time(moment: time) -> list[str]:
    part = next(name for end, name in _PARTS_OF_DAY if moment.hour < end)
    hour = moment.hour % 12 or 12
    if not moment.minute:
        return [f"hours/{hour}", f"times/{part}"]
    return [f"hours_and/{hour}", *_persian_number(moment.minute), "times/minutes", f"times/{part}"]


def _english_time(moment: time) -> list[str]:
    said = [f"numbers/{moment.hour % 12 or 12}"]
    if moment.minute:
        said += ["times/oh"] if moment.minute < 10 else []
        said += _english_below_hundred(moment.minute)
    return [*said, "times/am" if moment.hour < 12 else "times/pm"]


_NUMBERS: Final = {"fa": _persian_number, "en": _english_number}
_DATES: Final = {"fa": _persian_date, "en": _english_date}
_TIMES: Final = {"fa": _persian_time, "en": _english_time}


def _rule(language: str, rules: dict[str, Rule]) -> Rule:
    try:
        return rules[language]
    except KeyError:
        raise UnknownLanguage(language) from None
