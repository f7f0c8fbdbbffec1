"""Working days of Iran, and when an answer is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cases.schemas import Kind, Level
from casebridge.deadlines import terms
from casebridge.deadlines.rules import (
    Origin,
    add_working_days,
    answer_due,
    calendar,
    due_after,
    interim_due,
    official_holidays,
    origin_of,
    shifted,
    working_days_between,
)
from persian.calendar import TEHRAN, from_jalali, to_jalali

PLAIN = calendar({})
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@pytest.fixture
def own_file(tmp_path: Path) -> Iterator[Path]:
    """A centre's own terms; those of the product are in force again afterwards."""
    source = Path(terms.__file__).with_name("deadlines.toml").read_text(encoding="utf-8")
    file = tmp_path / "deadlines.toml"
    file.write_text(source, encoding="utf-8")
    yield file
    terms.use(None)


@pytest.mark.parametrize("year", [1404, 1405, 1406, 1410])
@pytest.mark.parametrize(
    ("month", "day"),
    [(1, 1), (1, 2), (1, 3), (1, 4), (1, 12), (1, 13), (3, 14), (3, 15), (11, 22), (12, 29)],
    ids=lambda number: str(number),
)
def test_the_solar_holidays_fall_on_their_jalali_day_every_year(year: int, month: int, day: int) -> None:
    assert PLAIN(from_jalali(year, month, day))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2025, 3, 31), "Eid al-Fitr"),
        (date(2025, 6, 6), "Eid al-Adha"),
        (date(2025, 6, 14), "Eid al-Ghadir"),
        (date(2025, 7, 5), "Tasua"),
        (date(2025, 7, 6), "Ashura"),
        (date(2025, 8, 14), "Arbaeen"),
        (date(2024, 7, 16), "Ashura"),
    ],
)
def test_the_lunar_holidays_of_past_years_fall_as_the_official_calendar_had_them(
    day: date, name: str
) -> None:
    assert name in official_holidays(day.year)[day][1]
    assert PLAIN(day)


@given(st.integers(2024, 2032))
def test_every_holiday_has_a_persian_and_an_english_name(year: int) -> None:
    found = official_holidays(year)
    assert len(found) >= 20
    for persian, english in found.values():
        assert persian.strip()
        assert english.isascii()


@pytest.mark.parametrize(
    ("day", "origin"),
    [
        (date(2025, 3, 20), Origin.SOLAR),  # the thirtieth of Esfand of a leap year
        (date(2026, 2, 11), Origin.SOLAR),
        (date(2026, 3, 21), Origin.BOTH),  # Nowruz and Eid al-Fitr
        (date(2026, 6, 4), Origin.BOTH),
        (date(2026, 6, 25), Origin.LUNAR),
        (date(2027, 6, 16), Origin.LUNAR),
        (date(2026, 3, 1), Origin.DECLARED),
    ],
)
def test_a_holiday_says_by_which_calendar_it_goes(day: date, origin: Origin) -> None:
    assert origin_of(day, official_holidays(day.year)[day][1]) is origin


@pytest.mark.parametrize(
    ("by", "lunar", "moved"),
    [
        (1, set(), [15]),
        (1, {16}, [16, 15]),
        (1, {14, 16, 17}, [17, 16, 15]),
        (-1, {14, 16}, [14, 15]),
        (1, {17}, [15]),
    ],
)
def test_one_sighting_moves_all_the_days_that_follow_without_a_gap(
    by: int, lunar: set[int], moved: list[int]
) -> None:
    found = shifted(date(2027, 6, 15), by, {date(2027, 6, day) for day in lunar})
    assert found == [date(2027, 6, day) for day in moved]


def test_thursday_and_friday_are_the_weekend() -> None:
    assert [PLAIN(date(2025, 11, 8) + timedelta(days=n)) for n in range(7)] == [False] * 5 + [True, True]


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2025, 11, 8), 0, date(2025, 11, 8)),  # Saturday, worked
        (date(2025, 11, 8), 1, date(2025, 11, 9)),
        (date(2025, 11, 12), 1, date(2025, 11, 15)),  # over the weekend
        (date(2025, 11, 13), 0, date(2025, 11, 15)),  # begun on a day off
        (date(2026, 3, 18), 1, date(2026, 3, 25)),  # over Nowruz, with two days of lunar feast in it
    ],
)
def test_counting_leaves_out_weekends_and_holidays(start: date, count: int, end: date) -> None:
    assert add_working_days(start, count, PLAIN) == end


def test_a_centre_may_work_on_a_holiday_and_be_closed_on_a_working_day() -> None:
    snow, feast = date(2025, 11, 9), date(2025, 7, 6)
    edited = calendar({snow: True, feast: False})
    assert edited(snow)
    assert not edited(feast)
    assert add_working_days(date(2025, 11, 8), 1, edited) == date(2025, 11, 10)


@given(days, st.integers(0, 120))
def test_a_deadline_is_a_working_day_so_many_working_days_later(day: date, count: int) -> None:
    end = add_working_days(day, count, PLAIN)
    assert not PLAIN(end)
    assert end >= day
    if not PLAIN(day):
        assert working_days_between(day, end, PLAIN) == count


@given(days, st.integers(0, 60))
def test_more_days_never_make_an_earlier_deadline(day: date, count: int) -> None:
    assert add_working_days(day, count, PLAIN) <= add_working_days(day, count + 1, PLAIN)


@given(
    st.sampled_from(list(Kind)),
    st.sampled_from(list(Level)),
    st.integers(0, 3000 * 1440).map(
        lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
def test_every_kind_at_every_level_has_its_deadline_at_the_end_of_office_hours(
    kind: Kind, level: Level, moment: datetime
) -> None:
    due = answer_due(kind, level, moment, TEHRAN, PLAIN)
    assert due > moment
    assert due.astimezone(TEHRAN).time() == terms.in_force().office_ends
    assert moment < interim_due(moment, due) < due


def test_a_day_is_a_day_in_tehran() -> None:
    late = datetime(2025, 11, 8, 21, 0, tzinfo=UTC)  # Sunday there already
    assert to_jalali(due_after(1, late, TEHRAN, PLAIN)) == (1404, 8, 19)


def test_a_centre_sets_its_own_terms(own_file: Path) -> None:
    text = own_file.read_text(encoding="utf-8")
    own_file.write_text(text.replace("guidance = { county = 1", "guidance = { county = 9"), encoding="utf-8")
    terms.use(own_file)
    assert terms.in_force().days[Kind.GUIDANCE][Level.COUNTY] == 9


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("idea = {", "notion = {", "notion"),
        ("silence_days = 20", "silence_days = -1", "silence_days"),
        (", national = 3 }", " }", "guidance.national"),
        ("weekend = [3, 4]", "weekend = [3, 9]", "weekend"),
        ("interim_share = 0.5", "interim_share = 0.5\nhurry = true", "hurry"),
    ],
)
def test_wrong_terms_are_named(own_file: Path, old: str, new: str, named: str) -> None:
    text = own_file.read_text(encoding="utf-8")
    assert old in text
    own_file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=named.replace(".", r"\.")):
        terms.use(own_file)
