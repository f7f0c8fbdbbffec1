"""The life of a case: every way through it ends, and no way cheats the applicant."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cases.life import OPEN, RUNNING, STEPS, UNDER_WAY, Action, after, dot, has_deadline, may, ways
from casebridge.cases.schemas import Status

PICTURE = Path(__file__).parents[4] / "docs" / "pictures" / "case_life.svg"

LIFE = {
    (Status.REGISTERED, Status.REFERRED): {"referred", "returned"},
    (Status.REGISTERED, Status.IN_HAND): {"taken"},
    (Status.REGISTERED, Status.WAITING_APPLICANT): {"asked"},
    (Status.REGISTERED, Status.ANSWERED): {"answered"},
    (Status.REGISTERED, Status.CLOSED): {"linked"},
    (Status.REFERRED, Status.IN_HAND): {"taken", "withdrawn"},
    (Status.REFERRED, Status.WAITING_APPLICANT): {"asked"},
    (Status.REFERRED, Status.ANSWERED): {"answered"},
    (Status.REFERRED, Status.CLOSED): {"linked"},
    (Status.IN_HAND, Status.REFERRED): {"referred", "returned"},
    (Status.IN_HAND, Status.WAITING_APPLICANT): {"asked"},
    (Status.IN_HAND, Status.ANSWERED): {"answered"},
    (Status.IN_HAND, Status.CLOSED): {"linked"},
    (Status.WAITING_APPLICANT, Status.IN_HAND): {"supplied"},
    (Status.WAITING_APPLICANT, Status.REFERRED): {"referred", "returned"},
    (Status.WAITING_APPLICANT, Status.ANSWERED): {"answered"},
    (Status.WAITING_APPLICANT, Status.CLOSED): {"linked"},
    (Status.ANSWERED, Status.ACCEPTED): {"accepted"},
    (Status.ANSWERED, Status.OBJECTED): {"objected"},
    (Status.ANSWERED, Status.CLOSED): {"closed"},
    (Status.ACCEPTED, Status.CLOSED): {"closed"},
    (Status.ACCEPTED, Status.IN_HAND): {"reopened"},
    (Status.OBJECTED, Status.SECOND_REVIEW): {"second_review"},
    (Status.OBJECTED, Status.REFERRED): {"referred"},
    (Status.OBJECTED, Status.CLOSED): {"closed", "linked"},
    (Status.SECOND_REVIEW, Status.IN_HAND): {"taken"},
    (Status.SECOND_REVIEW, Status.WAITING_APPLICANT): {"asked"},
    (Status.SECOND_REVIEW, Status.REFERRED): {"referred", "returned"},
    (Status.SECOND_REVIEW, Status.ANSWERED): {"answered"},
    (Status.SECOND_REVIEW, Status.CLOSED): {"linked"},
    (Status.CLOSED, Status.IN_HAND): {"reopened"},
    (Status.CLOSED, Status.REGISTERED): {"unlinked"},
}
"""The whole life, written down a second time."""


def test_one_comes_from_state_to_state_in_these_ways_and_no_others() -> None:
    assert {way: {action.value for action in actions} for way, actions in ways().items()} == LIFE


@pytest.mark.parametrize("status", Status)
def test_from_every_state_a_case_comes_to_its_end(status: Status) -> None:
    reached, fresh = {status}, {status}
    while fresh:
        fresh = {then for before, then in ways() if before in fresh} - reached
        reached |= fresh
    assert Status.CLOSED in reached


def test_not_ours_is_a_referral_and_never_a_closure() -> None:
    assert after(Action.RETURNED, Status.IN_HAND) is Status.REFERRED
    assert [status for status in OPEN if may(Action.CLOSED, status)] == []


def test_no_unit_is_late_while_the_applicant_was_asked_something() -> None:
    assert {Status.WAITING_APPLICANT} == UNDER_WAY - RUNNING
    assert not may(Action.ESCALATED, Status.WAITING_APPLICANT)


def test_a_deadline_is_set_while_an_answer_or_a_session_is_owed() -> None:
    assert {status for status in Status if has_deadline(status)} == {
        Status.REGISTERED,
        Status.REFERRED,
        Status.IN_HAND,
        Status.WAITING_APPLICANT,
        Status.SECOND_REVIEW,
        Status.OBJECTED,
    }


@given(st.lists(st.sampled_from(list(Action)), max_size=60))
def test_whoever_does_what_a_closed_case_was_answered_or_linked(wishes: list[Action]) -> None:
    status, done = Status.REGISTERED, []
    for action in wishes:
        if may(action, status):
            status = after(action, status)
            done.append(action)
        if status is Status.CLOSED:
            assert Action.ANSWERED in done or Action.LINKED in done
        if status is Status.ACCEPTED:
            assert Action.ANSWERED in done


def test_every_action_has_its_step() -> None:
    assert set(STEPS) == set(Action)


def test_the_picture_shows_the_life_of_today() -> None:
    drawn = html.unescape(PICTURE.read_text(encoding="utf-8"))
    titles = set(re.findall(r"<title>(.*?)</title>", drawn))
    expected = {f"{before}->{then}" for before, then in ways()} | {status.value for status in Status}
    assert titles == expected | {"life", "begin", "begin->registered"}, "draw it anew: make pictures"
    words = set(re.findall(r"<text[^>]*>(.*?)</text>", drawn))
    assert {action.replace("_", " ") for actions in ways().values() for action in actions} <= words
    assert dot().startswith("digraph life {")
