"""How far officials see, by their units alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casebridge.cartables.rules import Act, Acting, Sight, everybody_above, may_act, may_see
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
