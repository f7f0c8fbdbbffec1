"""Rules of the screens that need no browser: rights on every route, filters, forms, addresses."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute

from console.forms.case_filters import read_filters
from console.forms.tokens import FormTokens
from console.language import language
from console.screens import routers
from console.screens.door import local

FA = language("fa")
OPEN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/language")}


def _routes() -> list[APIRoute]:
    return [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]


def _access(dependant: Any) -> set[str]:
    named = {getattr(dependant.call, "line111_access", None)} if dependant.call else set()
    return {name for name in named if name}.union(*(_access(part) for part in dependant.dependencies), set())


def test_every_screen_names_who_may_see_it_and_only_the_door_is_open() -> None:
    for route in _routes():
        access = _access(route.dependant)
        assert access, f"{route.path} names no right"
        if "everybody" in access:
            assert {(method, route.path) for method in route.methods} <= OPEN


def test_every_screen_that_changes_something_checks_its_form() -> None:
    for route in _routes():
        if route.methods - {"GET", "HEAD"}:
            names = {part.call.__name__ for part in route.dependant.dependencies if part.call}
            assert "check_form" in names, route.path


def test_filters_that_do_not_exist_are_dropped_and_unreadable_days_are_named() -> None:
    filters = read_filters(
        {"kind": "x' OR 1=1", "status": "closed", "since": "soon", "q": "a\x00b\u200cc"}, FA
    )
    assert filters.kind == ""
    assert filters.status == "closed"
    assert filters.wrong == {"since"}
    assert filters.q == "ab\u200cc"
    assert filters.wanted(FA).opened_from is None


def test_the_last_day_of_a_range_counts_whole() -> None:
    wanted = read_filters({"since": "1405/09/03", "until": "1405/09/03"}, FA).wanted(FA)
    assert wanted.opened_from is not None
    assert wanted.opened_until is not None
    assert (wanted.opened_until - wanted.opened_from).total_seconds() == 24 * 3600


@pytest.mark.parametrize(
    "address", ["https://x.example", "//x.example", "/\\x.example", "x", "", "/a\nb", "javascript:1"]
)
def test_forms_lead_nowhere_outside(address: str) -> None:
    assert local(address) == "/"


class _Request:
    """As much of a request as a form token needs."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self.cookies = cookies
        self.state = type("State", (), {})()


def test_a_form_token_fits_its_browser_and_session_alone_and_looks_new_every_time() -> None:
    tokens: Any = FormTokens("key")
    mine = _Request({"line111_form": "a", "line111_session": "s"})
    first, second = tokens.make(mine), tokens.make(mine)
    assert first != second
    assert tokens.matches(mine, first)
    assert tokens.matches(mine, second)
    for other in (
        {"line111_form": "b", "line111_session": "s"},
        {"line111_form": "a", "line111_session": "t"},
        {},
    ):
        assert not tokens.matches(_Request(other), first)
    for bad in ("", "x", "\u06f1", "A" * 88):
        assert not tokens.matches(mine, bad)
