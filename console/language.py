"""The two languages of the screens: catalogue, direction, digits, calendar.

Persian is the first language: right to left, Persian digits, Jalali dates. English is the second.
Catalogues are gettext files under `console/locale`, read as they are (no compile step to forget).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from persian.calendar import InvalidJalaliDate, from_jalali, month_name, to_jalali
from persian.digits import in_groups, to_latin, to_persian
from persian.phones import InvalidPhoneNumber, spoken_groups
from persian.provinces import UnknownProvince, province
from persian.tracking_code import format_tracking_code

LOCALE: Final = Path(__file__).parent / "locale"
CODES: Final = ("fa", "en")
DEFAULT: Final = "fa"


class NotADate(ValueError):
    """A text in a date field that is no date of the language's calendar."""


@cache
def catalogue(code: str) -> GNUTranslations:
    """The catalogue of a language; a text it lacks is shown as it stands in the code (English)."""
    with (LOCALE / code / "LC_MESSAGES" / "console.po").open("rb") as file:
        messages = read_po(file, locale=code, domain="console")
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


@dataclass(frozen=True)
class Language:
    """How one language writes things. `language("fa")` gives the Persian one.

    Attributes:
        code: "fa" or "en".
        zone: where the country's clocks are.
    """

    code: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tehran"))

    @property
    def direction(self) -> str:
        """Value for HTML's `dir`."""
        return "rtl" if self.code == "fa" else "ltr"

    @property
    def other(self) -> str:
        """Code of the language one may switch to."""
        return "en" if self.code == "fa" else "fa"

    @property
    def other_name(self) -> str:
        """The other language's name, in itself."""
        return catalogue(self.other).gettext("Name of this language")

    def gettext(self, text: str) -> str:
        """The text in this language."""
        return catalogue(self.code).gettext(text) if text else ""

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The text in this language for this count."""
        return catalogue(self.code).ngettext(one, many, count)

    def digits(self, text: object) -> str:
        """The text with the language's own digits."""
        return to_persian(str(text)) if self.code == "fa" else str(text)

    def number(self, value: float) -> str:
        """A number with thousands separated as the language does."""
        return self.digits(format_decimal(value, locale=self.code, numbering_system="latn")).replace(
            ",", "\u066c" if self.code == "fa" else ","
        )

    def tracking(self, code: str | None) -> str:
        """A tracking code in groups of three, three and four."""
        return self.digits(format_tracking_code(code)) if code else "—"

    def phone(self, number: str | None) -> str:
        """A telephone number as people write it, in groups; what is masked or no number stays as it is."""
        if not number:
            return "—"
        try:
            digits, groups = spoken_groups(number)
        except InvalidPhoneNumber:
            return self.digits(number)
        return self.digits(in_groups(digits, groups))

    def day(self, moment: datetime | date) -> str:
        """A day in words: Jalali in Persian, Gregorian in English."""
        there = self._there(moment)
        if self.code == "en":
            return format_date(there, "d MMM y", locale="en")
        year, month, day = to_jalali(there)
        return self.digits(f"{day} {month_name(month)} {year}")

    def long_day(self, moment: datetime) -> str:
        """A day with its weekday."""
        there = self._there(moment)
        weekday = format_date(there, "EEEE", locale=self.code)
        return self.gettext("%(weekday)s, %(day)s") % {"weekday": weekday, "day": self.day(moment)}

    def weekday(self, day: date) -> tuple[str, str]:
        """The weekday's name, short and whole."""
        short = "EEEEE" if self.code == "fa" else "EEEEEE"
        return format_date(day, short, locale=self.code), format_date(day, "EEEE", locale=self.code)

    def short_day(self, moment: datetime | date) -> str:
        """A day in figures, as date fields take it: 1405/09/03, 2026-11-24."""
        there = self._there(moment)
        if self.code == "en":
            return there.isoformat()
        year, month, day = to_jalali(there)
        return self.digits(f"{year:04}/{month:02}/{day:02}")

    def clock(self, moment: datetime) -> str:
        """Hours and minutes on the country's clocks."""
        return self.digits(moment.astimezone(self.zone).strftime("%H:%M"))

    def moment(self, moment: datetime) -> str:
        """Day and time."""
        return f"{self.near_day(moment)} {self.clock(moment)}"

    def near_day(self, moment: datetime) -> str:
        """ "Today" and "Yesterday" by name, other days by date."""
        there, today = self._there(moment), datetime.now(self.zone).date()
        if there == today:
            return self.gettext("Today")
        if there == today - timedelta(days=1):
            return self.gettext("Yesterday")
        return self.day(moment)

    def duration(self, seconds: float) -> str:
        """Minutes and seconds, as on a recorder."""
        minutes, rest = divmod(max(round(seconds), 0), 60)
        return self.digits(f"{minutes}:{rest:02}")

    def province(self, code: str | None) -> str:
        """The province's name; a dash where none is known."""
        if code is None:
            return "—"
        try:
            return province(code).name[self.code]
        except UnknownProvince:
            return self.digits(code)

    def parse_day(self, text: str) -> date:
        """The Gregorian date of a date field. Persian screens take Jalali, years from 1300 to 1599.

        Raises:
            NotADate: it is none.
        """
        parts = to_latin(text.strip()).replace("/", "-").split("-")
        try:
            year, month, day = (int(part) for part in parts)
            if 1300 <= year < 1600:
                return from_jalali(year, month, day)
            if not 1900 <= year < 2200:
                raise NotADate(text)
            return date(year, month, day)
        except (ValueError, InvalidJalaliDate) as error:
            raise NotADate(text) from error

    def start_of(self, day: date) -> datetime:
        """The first moment of a day in the country."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def _there(self, moment: datetime | date) -> date:
        return moment.astimezone(self.zone).date() if isinstance(moment, datetime) else moment


def language(code: str, zone: str = "Asia/Tehran") -> Language:
    """The language with this code, or the default one where the code is none of ours."""
    return Language(code if code in CODES else DEFAULT, ZoneInfo(zone))


def N_(text: str) -> str:
    """Marks a text for the catalogue where it is not yet known in which language it will be shown."""
    return text
