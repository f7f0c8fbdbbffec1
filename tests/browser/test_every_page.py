"""What holds for every page: accessible, light, quiet in the console, safe; and their pictures."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.window import check_accessible, check_width

pytestmark = pytest.mark.browser
PROJECT = Path(__file__).resolve().parent.parent.parent
SAID = tomllib.loads((Path(__file__).parent / "said.toml").read_text(encoding="utf-8"))
PICTURES = PROJECT / "docs" / "pictures"
WEIGHT = """[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
LIGHT = 1_000_000
"""Bytes a page may weigh with all that belongs to it, as sent."""
PAGES = {
    "sign-in": (None, "/sign-in"),
    "overview": ("agent", "/"),
    "cases": ("agent", "/cases"),
    "cases-none": ("agent", "/cases?q=there-is-no-such-word&since=1390/99/99"),
    "case": ("agent", "/cases/{english}"),
    "case-persian": ("agent", "/cases/{persian}"),
    "case-waiting": ("official", "/cases/{waiting}"),
    "case-callback-only": ("agent", "/cases/{bare}"),
    "cartable": ("official", "/cartable"),
    "cartable-none": ("idle", "/cartable"),
    "case-official": ("official", "/cases/{english}"),
    "delegations": ("official", "/delegations"),
    "register": ("official", "/cases/new"),
    "centre": ("supervisor", "/centre"),
    "callbacks": ("agent", "/callbacks"),
    "recordings": ("operator", "/recordings"),
    "audit": ("supervisor", "/audit"),
    "not-found": ("agent", "/nowhere"),
    "not-allowed": ("agent", "/audit"),
}


@pytest.fixture(scope="module")
def cases(citizens: Any) -> dict[str, str]:
    """A few cases of every sort, for pages that are looked at."""
    for number, (language, kind, text) in enumerate(SAID["some"]):
        some = citizens.leaves(
            kind=kind, language=language, province=f"{number:02}", minutes_ago=200 - 20 * number, says=text
        )
        citizens.transcribe(some, text, language=language)
    english = citizens.leaves(report=True, callback="tomorrow", says=SAID["long_en"])
    citizens.transcribe(english, SAID["long_en"])
    waiting = citizens.leaves(language="fa", kind="request", says=SAID["short_fa"], report=True)
    citizens.transcribe(waiting, "", language="fa", status="waiting_for_model")
    persian = citizens.leaves(language="fa", report=True, callback="asap", says=SAID["long_fa"])
    citizens.transcribe(persian, SAID["long_fa"], language="fa")
    bare = citizens.leaves(kind="guidance", says=None, callback="asap", identifier=english.identifier)
    named = {"english": english, "waiting": waiting, "persian": persian, "bare": bare}
    return {name: str(left.case_id) for name, left in named.items()}


@pytest.fixture(params=["fa", "en"])
def language(request: pytest.FixtureRequest) -> str:
    """Both languages."""
    return str(request.param)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_light_and_quiet(
    visit: Callable[..., Any], cases: dict[str, str], language: str, name: str
) -> None:
    role, address = PAGES[name]
    window = visit(role, language=language)
    page = window.open(address.format(**cases))
    page.wait_for_timeout(300)
    complaints = [line for line in window.complaints if "status of 40" not in line]
    assert complaints == []
    assert len(window.complaints) - len(complaints) <= (name in {"not-found", "not-allowed"})
    assert page.evaluate(WEIGHT) < LIGHT
    check_accessible(page)
    check_width(page)


@pytest.mark.parametrize(
    "name",
    [
        "sign-in", "overview", "cases", "case", "callbacks", "recordings", "audit", "cartable",
        "case-official", "delegations", "register", "centre",
    ],
)  # fmt: skip
def test_page_fits_a_telephone(
    visit: Callable[..., Any], cases: dict[str, str], language: str, name: str
) -> None:
    role, address = PAGES[name]
    page = visit(role, language=language, size=(390, 844)).open(address.format(**cases))
    check_width(page)
    if role:
        page.click("[data-side]")
        page.wait_for_timeout(250)
        assert page.locator(".side-menu a").first.is_visible()


def test_policy_of_pages_allows_no_inline_script_and_none_from_elsewhere(visit: Callable[..., Any]) -> None:
    window = visit("agent")
    answer = window.page.goto("/cases")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>" not in answer.text()
    assert " onclick=" not in answer.text()


def test_pictures_for_the_readme(visit: Callable[..., Any], cases: dict[str, str], tmp_path: Path) -> None:
    folder = PICTURES if os.environ.get("LINE111_PICTURES") == "1" else tmp_path
    for name, language, size in (
        ("case-persian", "fa", (1366, 1800)),
        ("case", "en", (1366, 1800)),
        ("cases", "fa", (1366, 768)),
        ("overview", "fa", (1366, 768)),
        ("case-persian", "fa", (390, 844)),
    ):
        role, address = PAGES[name]
        page = visit(role, language=language, size=size).open(address.format(**cases))
        if name.startswith("case-") or name == "case":
            page.click(".words .word:nth-child(12)")
            page.wait_for_timeout(700)
            page.keyboard.press("Escape")
            page.evaluate("document.querySelector('[data-audio] audio').pause(); window.scrollTo(0, 0)")
        page.wait_for_timeout(300)
        suffix = "-phone" if size[0] < 500 else ""
        picture = folder / f"{name.removesuffix('-persian')}-{language}{suffix}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size > 10_000


def test_bundle_names_carry_hashes_and_may_be_kept_for_ever(node: Any) -> None:
    names = json.loads((PROJECT / "console" / "static" / "dist" / "manifest.json").read_text())
    for name in names.values():
        answer = httpx.get(f"{node.url}/static/{name}", trust_env=False)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert httpx.get(f"{node.url}/static/manifest.json", trust_env=False).status_code == 404


@pytest.fixture
def open_pages(visit: Callable[..., Any]) -> list[Any]:
    """Three pages with their event streams open."""
    return [visit("agent", language="en").open("/cases") for _ in range(3)]


def test_open_event_streams_do_not_hold_up_a_stop_and_pages_go_on_after_it(
    node: Any, open_pages: list[Any], citizens: Any
) -> None:
    page = open_pages[0]
    page.wait_for_timeout(500)
    assert node.stop() < 8
    node.start()
    page.wait_for_timeout(4000)
    citizens.leaves()
    page.wait_for_selector("a.fresh", timeout=20_000)
