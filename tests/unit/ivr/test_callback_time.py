"""When a caller is told that they will be called: only what is true, in words for the real day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from casebridge.callbacks.schemas import OfficeTimes
from casebridge.client import BridgeUnavailable
from ivr.callback_times import CallbackTimes
from persian.calendar import TEHRAN, weekday
from persian.identifiers import sample_identifier
from persian.spoken import WEEKDAYS, date_prompts

NATIONAL = sample_identifier("national_id", 3)
ONE_MOMENT = "2026-11-24T10:30"


def local(text: str) -> datetime:
    """A moment in Tehran, as the node's clock has it."""
    return datetime.fromisoformat(text).replace(tzinfo=TEHRAN).astimezone(UTC)


async def hear(node, caller, monkeypatch, at: str, key: str, *, english: bool = False) -> list[str]:
    """What is heard by one who asks only for a callback, and chooses its time by this key."""
    node.moment = local(at)
    monkeypatch.setattr("ivr.records.moment", lambda: node.moment.isoformat(timespec="milliseconds"))
    citizen = caller("9" if english else "", "5", NATIONAL, "1", key)
    await node.phone(citizen)
    return [name.partition("/")[2] for name in citizen.heard]


def spoken(day: date, language: str = "fa") -> list[str]:
    return date_prompts(language, day)


def follows(heard: list[str], prompt: str, words: list[str]) -> bool:
    """Whether these words come at once after a prompt."""
    place = heard.index(prompt) + 1
    return heard[place : place + len(words)] == words


@pytest.mark.parametrize(
    ("at", "key", "told"),
    [
        ("2026-11-24T10:30", "1", "callback/asap"),
        ("2026-11-24T10:30", "2", "callback/afternoon"),
        ("2026-11-24T15:30", "2", "callback/afternoon"),
        ("2026-11-24T10:30", "3", "callback/tomorrow"),
        ("2026-11-24T20:00", "3", "callback/tomorrow"),
    ],
)
async def test_the_caller_hears_when_the_callback_comes(node, caller, monkeypatch, at, key, told):
    heard = await hear(node, caller, monkeypatch, at, key)
    assert follows(heard, "callback/registered", [told])
    assert ("menu/callback_afternoon" in heard) == (at < "2026-11-24T16:00")
    assert "menu/callback_tomorrow" in heard


@pytest.mark.parametrize("at", ["2026-11-24T20:00", "2026-11-24T16:00", "2026-11-27T10:00"])
async def test_an_afternoon_that_is_over_or_off_is_neither_offered_nor_taken(node, caller, monkeypatch, at):
    node.moment = local(at)
    citizen = caller("", "5", NATIONAL, "1", "2", "1")
    await node.phone(citizen)
    assert "fa/menu/callback_afternoon" not in citizen.heard
    assert "fa/system/invalid_choice" in citizen.heard
    assert node.records()[0]["callback"] == {"wished": "asap"}


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-25T10:00", date(2026, 11, 28)),  # Wednesday: Thursday and Friday are off
        ("2026-11-26T10:00", date(2026, 11, 28)),
        ("2027-03-20T10:00", date(2027, 3, 27)),  # Esfand's last day: Nowruz, then the weekend
    ],
)
@pytest.mark.parametrize("english", [False, True])
async def test_a_later_day_is_named_by_weekday_and_date(node, caller, monkeypatch, at, day, english):
    heard = await hear(node, caller, monkeypatch, at, "3", english=english)
    words = spoken(day, "en" if english else "fa")
    assert WEEKDAYS[weekday(day)] in words[0]
    assert "menu/callback_tomorrow" not in heard
    assert follows(heard, "menu/callback_day", words)
    assert follows(heard, "callback/on_day", words)


@pytest.mark.parametrize(
    ("begins", "english", "words"),
    [
        (time(8), False, ["hours/8", "times/morning"]),
        (time(7, 30), False, ["hours_and/7", "numbers/30", "times/minutes", "times/morning"]),
        (time(7, 30), True, ["numbers/7", "numbers/30", "times/am"]),
    ],
)
async def test_a_caller_of_tomorrow_hears_from_what_time_on(
    node, caller, monkeypatch, begins, english, words
):
    node.callback_times.learn(
        OfficeTimes(
            office_begins=begins, afternoon_begins=time(12), office_ends=time(14),
            first=date(2026, 11, 23), last=date(2026, 12, 31), days_off=[],
        )
    )  # fmt: skip
    heard = await hear(node, caller, monkeypatch, ONE_MOMENT, "3", english=english)
    assert follows(heard, "callback/tomorrow", ["callback/from_time", *words])


async def test_the_bridges_calendar_goes_before_the_official_one(node, caller, monkeypatch):
    edited = OfficeTimes(
        office_begins=time(8), afternoon_begins=time(12), office_ends=time(14),
        first=date(2026, 11, 23), last=date(2026, 12, 31), days_off=[date(2026, 11, 25)],
    )  # fmt: skip

    async def bridge() -> OfficeTimes:
        return edited

    await node.callback_times.ask(bridge)
    heard = await hear(node, caller, monkeypatch, "2026-11-24T14:30", "3")
    assert "menu/callback_afternoon" not in heard
    assert follows(heard, "callback/on_day", spoken(date(2026, 11, 26)))  # Thursday is worked there
    beyond = local("2027-02-04T10:00")
    assert node.callback_times.next_day(beyond) == CallbackTimes().next_day(beyond)


async def test_a_bridge_that_is_away_leaves_the_calendar_as_it_was_known():
    times = CallbackTimes()

    async def away() -> OfficeTimes:
        raise BridgeUnavailable("nobody there")

    await times.ask(away)
    assert times.next_day(local(ONE_MOMENT)) == date(2026, 11, 25)


async def test_one_who_waits_already_hears_so(node, caller, monkeypatch):
    node.callback_waits = True
    heard = await hear(node, caller, monkeypatch, ONE_MOMENT, "3")
    assert follows(heard, "callback/already_open", ["callback/tomorrow"])
    assert "callback/registered" not in heard
