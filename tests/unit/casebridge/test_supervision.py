"""Supervisors read what the regulation has them supervise, and act on none of it."""

from __future__ import annotations

import pytest

from casebridge.cartables.rules import Act, Acting, Sight, may_act
from casebridge.cartables.supervision import Place, may_supervise

THERE = Place(province="23", county="2301", agency="energy_ministry")
"""Where a case of the tables below lies."""


@pytest.mark.parametrize(
    ("mine", "owner", "place", "seen"),
    [
        ("centre", "agency/energy_ministry/desk", THERE, True),  # 4-22, 4-23, 11-16
        ("province/23/performance", "county/2301/desk", THERE, True),  # 4-11
        ("province/23/governor", "county/2301/desk", Place(), True),  # with a unit of his
        ("province/23/performance", "agency/energy_ministry/desk", THERE, True),
        ("province/23/performance", "province/01/desk", Place(province="01"), False),
        ("county/2301/governor", "agency/energy_ministry/2301", THERE, True),  # 4-1
        ("county/2301/governor", "province/23/desk", Place(province="23"), False),
        ("county/2301/governor", "county/2302/desk", Place(province="23", county="2302"), False),
        ("agency/energy_ministry/performance", "county/2301/desk", THERE, True),  # 4-16
        ("agency/energy_ministry/performance", "agency/energy_ministry/23", Place(), True),
        ("agency/energy_ministry/performance", "agency/health_ministry/desk", Place(), False),
        ("province/23/desk", "county/2301/desk", THERE, False),
        ("county/2301/desk", "agency/energy_ministry/2301", THERE, False),
        ("agency/energy_ministry/desk", "county/2301/desk", THERE, False),
        ("agency/energy_ministry/head", "county/2301/desk", THERE, False),
        ("council", "county/2301/desk", THERE, False),
    ],
)
def test_supervisors_see_what_the_law_has_them_supervise_and_act_on_none_of_it(
    mine: str, owner: str, place: Place, seen: bool
) -> None:
    sight = Sight(own=frozenset({mine}))
    assert may_supervise(sight, owner, place, None, "request") is seen
    assert not any(may_act(sight, act, owner, "request", None) for act in Act)


def test_what_nobody_has_listened_to_is_supervised_by_the_centre_alone() -> None:
    """It may be about the very one who would look at it (10-3)."""
    governor, centre = (Sight(own=frozenset({mine})) for mine in ("province/23/governor", "centre"))
    for kind in ("complaint", "report", "criticism", "unclassified"):
        assert not may_supervise(governor, "centre", THERE, None, kind)
        assert may_supervise(centre, "centre", THERE, None, kind)
    assert may_supervise(governor, "county/2301/desk", THERE, None, "complaint")
    assert may_supervise(governor, "centre", THERE, "county/2301/desk", "complaint")
    assert may_supervise(governor, "centre", THERE, None, "request")


def test_what_is_lent_makes_nobody_a_supervisor() -> None:
    lent = Sight(acting=(Acting("province/23/governor", frozenset(Act)),))
    assert not may_supervise(lent, "county/2301/desk", THERE, None, "request")
