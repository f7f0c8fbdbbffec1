"""How far officials see, by their units alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cartables.rules import (
    Act,
    Acting,
    Sight,
    acts_for_centre,
    everybody_above,
    may_act,
    may_see,
)
from casebridge.referrals.rules import barred

UNITS = (
    "centre", "province/23/governor", "province/23/desk", "province/23/performance",
    "county/2301/governor", "county/2301/desk", "agency/energy_ministry/head",
    "agency/energy_ministry/desk", "agency/energy_ministry/23", "agency/energy_ministry/23/desk",
    "agency/energy_ministry/2301",
)  # fmt: skip
unit = st.sampled_from(UNITS)


@given(unit, unit)
def test_whoever_is_barred_does_not_see(mine: str, complained: str) -> None:
    sight = Sight(own=frozenset({mine}))
    if barred(mine, complained):
        assert not may_see(sight, mine, [mine], complained)
        assert not may_act(sight, Act.ANSWER, mine, "complaint", complained)


@given(unit, unit, unit)
def test_what_is_delegated_opens_nothing_about_oneself(mine: str, lent: str, complained: str) -> None:
    allowed = Acting(lent, frozenset(Act))
    sight = Sight(own=frozenset({mine}), acting=(allowed,))
    if barred(mine, complained) or barred(lent, complained):
        assert not may_see(sight, lent, [lent], complained)
        assert not may_act(sight, Act.ANSWER, lent, "complaint", complained)


@given(unit, unit)
def test_no_role_opens_what_is_about_a_unit_one_holds_as_well(mine: str, complained: str) -> None:
    """An agent or a supervisor who heads a desk as well is barred as its other people are (10-3)."""
    sight = Sight(everything=True, own=frozenset({mine}))
    if barred(mine, complained):
        assert not may_see(sight, "centre", ["centre"], complained)
        assert not may_act(sight, Act.ANSWER, "centre", "complaint", complained)
        assert not acts_for_centre({"supervisor"}, sight, "centre", "complaint", complained)


def test_the_lines_own_people_see_all_but_what_is_about_the_centre() -> None:
    ours = Sight(everything=True, as_well=frozenset({"centre"}))
    assert all(may_see(ours, "centre", [], about) for about in UNITS if about != "centre")
    assert may_see(ours, "centre", [], "centre/ideas")
    assert not may_see(ours, "council", ["centre"], "centre")
    council = Sight(own=frozenset({"council"}))
    assert may_see(council, "council", ["centre"], "centre")
    assert acts_for_centre({"official"}, council, "council", "complaint", "centre")


@pytest.mark.parametrize(
    ("head", "deputies"),
    [
        ("agency/energy_ministry/head", "agency/energy_ministry/deputies"),
        ("province/23/governor", "province/23/deputies"),
        ("county/2301/governor", "county/2301/deputies"),
    ],
)
def test_10_3_about_deputies_the_minister_or_governor_alone_decides(head: str, deputies: str) -> None:
    first, deputy = Sight(own=frozenset({head})), Sight(own=frozenset({head}), as_well=frozenset({deputies}))
    assert may_see(first, head, [], deputies)
    assert may_act(first, Act.ANSWER, head, "complaint", deputies)
    assert not may_see(deputy, head, [], deputies)
    assert not may_act(deputy, Act.ANSWER, head, "complaint", deputies)
    assert may_see(deputy, head, [], "agency/energy_ministry/desk")


def test_an_official_named_comes_to_it_by_no_unit_nor_lends_anybody_a_way() -> None:
    me, other = UUID(int=1), UUID(int=2)
    head = "agency/energy_ministry/head"
    about: tuple[Any, ...] = ("agency/energy_ministry/desk", "complaint")
    for sight in (
        Sight(own=frozenset({head}), account=me),
        Sight(acting=(Acting(head, frozenset(Act), giver=me),), account=other),
        Sight(everything=True, account=me),
    ):
        assert not may_see(sight, head, [], *about, me)
        assert not may_act(sight, Act.ANSWER, head, "complaint", None, me)
    for sight in (
        Sight(own=frozenset({head}), account=other),
        Sight(own=frozenset({head}), acting=(Acting(head, frozenset(Act), giver=me),), account=other),
    ):
        assert may_see(sight, head, [], *about, me)


def test_who_is_complained_of_hides_nothing_by_lending_a_unit_to_who_hears_it() -> None:
    minister, desk = "agency/energy_ministry/head", "agency/energy_ministry/desk"
    sight = Sight(own=frozenset({minister}), acting=(Acting(desk, frozenset(Act)),))
    assert may_see(sight, minister, [], desk)
    assert not may_see(sight, desk, [], desk)


def test_a_delegation_reaches_as_far_as_it_says() -> None:
    lent = Acting("province/23/desk", frozenset({"answer"}), frozenset({"request"}))
    sight = Sight(acting=(lent,))
    assert may_act(sight, Act.ANSWER, "province/23/desk", "request", None)
    assert not may_act(sight, Act.ANSWER, "province/23/desk", "complaint", None)
    assert not may_act(sight, Act.REFER, "province/23/desk", "request", None)
    assert not may_act(sight, Act.ANSWER, "province/01/desk", "request", None)
    assert may_see(sight, "province/23/desk", [], None, "request")
    assert not may_see(sight, "province/23/desk", [], None, "complaint")


def test_nobody_without_a_unit_sees_anything() -> None:
    assert not may_see(Sight(), None, [], None)
    assert not may_see(Sight(), "centre", ["centre"], None)


def test_governors_stand_above_the_offices_of_their_place() -> None:
    above = everybody_above("agency/energy_ministry/2301")
    assert {"county/2301/governor", "province/23/governor", "agency/energy_ministry/head", "centre"} <= above
