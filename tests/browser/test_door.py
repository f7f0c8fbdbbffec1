"""Signing in and out, languages, and what each role may open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_who_signs_in_comes_back_to_the_page_they_wanted_and_can_leave(visit: Callable[..., Any]) -> None:
    window = visit(None, language="en")
    page = window.open("/cases?kind=complaint")
    assert "/sign-in" in page.url
    page.fill("#username", "agent")
    page.fill("#password", "calm-river-42")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases?kind=complaint")
    page.click("details.menu > summary")
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    assert "/sign-in" in window.open("/cases").url


def test_a_wrong_password_is_told_in_plain_words_and_the_name_stays(visit: Callable[..., Any]) -> None:
    window = visit(None, language="en")
    window.sign_in("agent", "wrong-password")
    expect(window.page.locator("[role=alert]")).to_contain_text("User name or password is not right")
    expect(window.page.locator("#username")).to_have_value("agent")


def test_after_many_wrong_attempts_the_door_says_how_long_to_wait(visit: Callable[..., Any]) -> None:
    window = visit(None, language="en")
    for _ in range(6):
        window.sign_in("nobody-here", "wrong-password")
    expect(window.page.locator("[role=alert]")).to_contain_text("Try again in")


def test_the_language_changes_before_and_after_signing_in(visit: Callable[..., Any]) -> None:
    window = visit(None, language="fa")
    page = window.open("/sign-in?back=%2Fcases")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.click("button[name=language]")
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page.locator("h1")).to_have_text("Sign in")
    window.sign_in("agent")
    page = window.open("/cases?status=registered")
    page.click("button[name=language]")
    page.wait_for_url("**/cases?status=registered")
    expect(page.locator("html")).to_have_attribute("lang", "fa")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert "Cases" not in page.inner_text("main")


@pytest.mark.parametrize(
    ("role", "opens", "closed"),
    [
        ("agent", ["/", "/cases", "/callbacks"], ["/audit", "/recordings"]),
        ("official", ["/", "/cartable", "/cases"], ["/audit", "/recordings", "/callbacks", "/centre"]),
        ("supervisor", ["/", "/cases", "/callbacks", "/audit"], ["/recordings"]),
        ("operator", ["/", "/callbacks", "/recordings", "/audit"], ["/cases", "/cases.csv"]),
    ],
)
def test_each_role_opens_its_own_screens_and_no_others(
    visit: Callable[..., Any], role: str, opens: list[str], closed: list[str]
) -> None:
    window = visit(role, language="en")
    window.open("/")
    for address in opens:
        assert window.context.request.get(address).status == 200, address
    for address in closed:
        assert window.context.request.get(address).status == 403, address
    menu = window.page.locator(".side-menu a").evaluate_all("all => all.map(a => new URL(a.href).pathname)")
    assert set(closed).isdisjoint(menu)


def test_nobody_sees_anything_without_signing_in(node: Any) -> None:
    for address in ("/", "/cases", "/callbacks", "/audit", "/recordings", "/live", "/cases.csv", "/cases/x"):
        answer = httpx.get(f"{node.url}{address}", trust_env=False)
        assert answer.status_code == 303, address
        assert answer.headers["location"].startswith("/sign-in")


def test_a_form_from_elsewhere_changes_nothing(visit: Callable[..., Any]) -> None:
    window = visit("agent", language="en")
    window.open("/")
    answer = window.context.request.post("/sign-out", form={"form_token": "A" * 88})
    assert answer.status == 403
    assert window.context.request.get("/cases").status == 200


def test_signing_in_leads_nowhere_outside(visit: Callable[..., Any]) -> None:
    window = visit(None, language="en")
    for back in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example"):
        page = window.open(f"/sign-in?back={httpx.QueryParams({'b': back})['b']}")
        assert page.locator("form.door-form input[name=back]").input_value() == "/"


def test_an_address_that_leads_nowhere_is_told_in_words(visit: Callable[..., Any]) -> None:
    window = visit("agent", language="en")
    page = window.open("/cases/not-a-case")
    expect(page.locator("h1")).to_have_text("Nothing is here")
    page = window.open("/audit")
    expect(page.locator("h1")).to_have_text("This is not open to you")
