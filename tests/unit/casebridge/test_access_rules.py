"""Denied by default; a lock that grows; words of a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from casebridge import health
from casebridge.app import ROUTERS
from casebridge.cases.rules import excerpt, mask_number
from casebridge.people.access import current_person
from casebridge.people.rules import FREE_FAILURES, LONGEST_LOCK, failures_now, lock_after, scopes_of


def routes() -> Iterator[APIRoute]:
    """All routes of the bridge."""
    for router in (*ROUTERS, health.router):
        yield from _within(router.routes)


def _within(found: Sequence[Any]) -> Iterator[APIRoute]:
    for route in found:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from _within(included.routes)
        else:
            assert isinstance(route, APIRoute)
            yield route


def access(dependant: Dependant) -> Iterator[str]:
    """What a route says is needed."""
    for below in dependant.dependencies:
        if below.call is current_person:
            yield "a person"
        if (named := getattr(below.call, "line111_access", None)) is not None:
            yield named
        yield from access(below)


def test_every_route_says_who_may_use_it() -> None:
    found = {(next(iter(route.methods)), route.path): set(access(route.dependant)) for route in routes()}
    assert len(found) > 25
    assert not [route for route, needed in found.items() if not needed]
    open_ones = {route for route, needed in found.items() if "everybody" in needed}
    assert open_ones == {("GET", "/health"), ("GET", "/ready"), ("POST", "/session")}


def test_every_route_that_takes_json_shows_an_example() -> None:
    for route in routes():
        if route.body_field is not None:
            info = route.body_field.field_info
            assert info.examples or getattr(info, "openapi_examples", None), route.path


def test_unknown_roles_may_do_nothing() -> None:
    assert scopes_of(["king"]) == frozenset()
    assert "cases:read" not in scopes_of(["operator"])
    assert scopes_of(["agent", "operator"]) >= scopes_of(["agent"])


@given(st.integers(1, 10_000))
def test_a_lock_grows_and_ends(failures: int) -> None:
    assert lock_after(failures) <= lock_after(failures + 1) <= LONGEST_LOCK
    assert bool(lock_after(failures)) == (failures >= FREE_FAILURES)


def test_old_failures_are_forgotten() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert failures_now(4, now - timedelta(minutes=5), now) == 4
    assert failures_now(4, now - timedelta(hours=2), now) == 0


def test_lists_show_the_beginning_of_a_text_and_the_end_of_a_number() -> None:
    assert excerpt("  a \n b ") == "a b"
    assert excerpt("x" * 200) == "x" * 139 + "…"
    assert excerpt("") is None
    assert excerpt("آب قطع است، ۰۰۸۴۵۷۵۹۴۸") == "آب قطع است، •••"


@pytest.mark.parametrize("number", ["0084575948 / ", "صفر نه یک دو سه چهار پنج شش هفت هشت، "])
def test_no_part_of_a_number_shows_at_the_end_of_what_was_looked_at(number: str) -> None:
    for before in range(0, 1010, 7):
        shown = excerpt("x" * (before % 130) + " - " + number * 200)
        assert shown is not None
        assert not set(shown) - set("x-•…/، ")


def test_a_telephone_number_in_a_list_shows_its_end() -> None:
    assert mask_number("+989121234567") == "••••••••••567"
    assert mask_number(None) is None
