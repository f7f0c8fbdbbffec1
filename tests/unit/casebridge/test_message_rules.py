"""Fail-over, retries, quiet hours, receivers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.notifications.providers.interface import Health, Pace, Result
from casebridge.notifications.rules import (
    LONGEST_WAIT,
    ROUNDS,
    Progress,
    after,
    backoff,
    choose,
    mobile,
    quiet_until,
    receivers_of,
    rest_after,
    way_name,
)
from casebridge.notifications.schemas import Medium

ORDER = ["first", "second"]
TEHRAN = ZoneInfo("Asia/Tehran")


def test_the_first_provider_is_asked_first_and_the_second_while_the_first_rests() -> None:
    assert choose(ORDER, Progress(), {}).way == "first"
    assert choose(ORDER, Progress(), {"first": 9.0}).way == "second"
    waiting = choose(ORDER, Progress(), {"first": 9.0, "second": 4.0})
    assert (waiting.way, waiting.wait) == (None, 4.0)


def test_a_refusal_goes_to_the_next_provider_and_then_to_the_dead_letters() -> None:
    once = after("refused", "first", ORDER, Progress(), legally_due=True, jitter=0)
    assert (once.state, once.wait) == ("waiting", timedelta(0))
    assert choose(ORDER, once.progress, {}).way == "second"
    twice = after("refused", "second", ORDER, once.progress, legally_due=True, jitter=0)
    assert twice.state == "dead"
    assert choose(ORDER, twice.progress, {}).dead


def test_a_failure_goes_to_the_next_provider_at_once_and_back_to_the_first_later() -> None:
    once = after("failed", "first", ORDER, Progress(), legally_due=True, jitter=0)
    assert (once.wait, choose(ORDER, once.progress, {}).way) == (timedelta(0), "second")
    twice = after("failed", "second", ORDER, once.progress, legally_due=True, jitter=0)
    assert (twice.state, twice.progress.rounds) == ("waiting", 1)
    assert twice.wait > timedelta(0)
    assert choose(ORDER, twice.progress, {}).way == "first"


def test_an_unknown_answer_asks_the_same_provider_again_before_any_other() -> None:
    once = after("unknown", "second", ORDER, Progress(), legally_due=True, jitter=0)
    assert (once.state, once.progress.asked) == ("waiting", "second")
    assert choose(ORDER, once.progress, {}).way == "second"
    assert choose(ORDER, once.progress, {"second": 3.0}).way is None


def test_a_message_no_law_demands_is_not_sent_twice_on_a_doubt() -> None:
    assert after("unknown", "first", ORDER, Progress(), legally_due=False, jitter=0).state == "dead"


@given(st.lists(st.sampled_from(["failed", "unknown", "refused"]), min_size=60, max_size=60))
def test_whatever_providers_answer_a_message_ends_and_never_asks_one_that_refused(answers: list[str]) -> None:
    progress, refused = Progress(), set()
    for answer in answers:
        choice = choose(ORDER, progress, {})
        if choice.dead:
            return
        assert choice.way is not None
        assert choice.way not in refused
        following = after(answer, choice.way, ORDER, progress, legally_due=True, jitter=0.5)
        if answer == "refused":
            refused.add(choice.way)
        if following.state == "dead":
            return
        progress = following.progress
    pytest.fail("it never ends")


@given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_double_and_are_bounded(rounds: int, jitter: float) -> None:
    assert timedelta(seconds=10) <= backoff(rounds, jitter) <= LONGEST_WAIT


def test_all_rounds_together_last_hours_not_minutes() -> None:
    total = sum((backoff(number, 0.5) for number in range(1, ROUNDS)), timedelta(0))
    assert timedelta(hours=1) < total < timedelta(days=1)


@pytest.mark.parametrize(
    ("hour", "ends"),
    [
        ("2026-11-24T23:30", "2026-11-25T07:00"),
        ("2026-11-25T00:10", "2026-11-25T07:00"),
        ("2026-11-24T22:00", "2026-11-25T07:00"),
        ("2026-11-25T06:59", "2026-11-25T07:00"),
        ("2026-11-25T07:00", None),
        ("2026-11-24T21:59", None),
    ],
)
def test_nobody_is_woken_at_night_by_the_countrys_clock(hour: str, ends: str | None) -> None:
    moment = datetime.fromisoformat(hour).replace(tzinfo=TEHRAN).astimezone(UTC)
    until = quiet_until(moment, TEHRAN, time(22), time(7))
    assert until == (datetime.fromisoformat(ends).replace(tzinfo=TEHRAN) if ends else None)


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = datetime(2026, 11, 24, 13, tzinfo=TEHRAN)
    assert quiet_until(noon, TEHRAN, time(12), time(14)) == datetime(2026, 11, 24, 14, tzinfo=TEHRAN)
    assert quiet_until(noon, TEHRAN, time(0), time(0)) is None


@given(
    st.floats(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.times(),
    st.times(),
)
def test_quiet_hours_end_within_a_day_and_are_over_then(moment: datetime, begins: time, ends: time) -> None:
    until = quiet_until(moment, TEHRAN, begins.replace(tzinfo=None), ends.replace(tzinfo=None))
    if until is not None:
        assert timedelta(0) <= until - moment <= timedelta(hours=26)


def test_a_refusal_is_about_one_receiver_and_a_failure_about_the_provider_whoever_it_writes_to() -> None:
    order = [way_name(one, to) for to in (b"first no", b"other no") for one in ("gsm", "smpp")]
    order.append(way_name("mail", b"address"))
    refused = Progress()
    for way in order[:2]:
        refused = after("refused", way, order, refused, legally_due=True, jitter=0).progress
    assert choose(order, refused, {}).way == order[2]
    failed = Progress()
    for way in order[:2]:
        failed = after("failed", way, order, failed, legally_due=True, jitter=0).progress
    assert choose(order, failed, {}).way == order[4]
    assert choose(order, Progress(), {"gsm": 5.0, "smpp": 5.0}).way == order[4]


def test_a_mobile_gets_a_text_a_landline_none_and_an_address_a_mail() -> None:
    both = [Medium.SMS, Medium.EMAIL]
    landline, mobiles = {"contact_number": "+982112345678"}, ["+989121234567", "+989131234567"]
    (one,) = receivers_of({**landline, "caller_number": "09121234567"}, both)
    assert (one.medium, one.to) == (Medium.SMS, mobiles[0])
    assert receivers_of(landline, both) == []
    (mail,) = receivers_of({**landline, "email": "a@b.example"}, both)
    assert mail.medium is Medium.EMAIL
    assert receivers_of({"contact_number": mobiles[0]}, [Medium.EMAIL]) == []
    reached = {"contact_number": mobiles[0], "caller_number": mobiles[1], "email": "a@b.example"}
    assert [one.to for one in receivers_of(reached, both)] == [*mobiles, "a@b.example"]
    twice = {"contact_number": mobiles[0], "caller_number": "0912 123 4567"}
    assert [one.to for one in receivers_of(twice, both)] == mobiles[:1]


def test_numbers_abroad_are_taken_at_their_word() -> None:
    assert mobile("+12025550123") == "+12025550123"
    assert mobile("1000") is None
    assert mobile(None) is None


def test_a_pace_spreads_messages_over_time() -> None:
    pace = Pace(10)
    waits = [pace.wait(100.0) for _ in range(25)]
    assert waits[0] == 0
    assert waits[-1] == pytest.approx(1.5, abs=0.11)


def test_a_provider_that_fails_rests_longer_each_time_and_is_well_after_a_success() -> None:
    health = Health()
    for _ in range(4):
        health.seen(Result.FAILED, 50.0)
    assert health.resting(50.0) == 0
    health.seen(Result.FAILED, 50.0)
    assert health.resting(50.0) == rest_after(5) > 0
    health.seen(Result.FAILED, 60.0)
    assert health.resting(60.0) == rest_after(6) > rest_after(5)
    health.seen(Result.SENT, 61.0)
    assert health.resting(61.0) == 0
    assert rest_after(1000) == 300
