"""The neighbours' screen: accessible, quiet, fit for a telephone; letters, endpoints and keys by keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from casebridge.database import Database
from casebridge.links.fan_out import add_deliveries, delivery_row
from casebridge.tables import new_id

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine in a thread of its own: Playwright's loop occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def dead_letter(url: str, case_id: UUID) -> None:
    """Something that could not be delivered."""
    database = Database(url)
    row = delivery_row("samad", new_id(), case_id, "answered", {})
    async with database.writing() as session:
        await add_deliveries(
            session, [row | {"state": "dead", "attempts": 3, "last_error": "it answered 422"}]
        )
    await database.close()


@pytest.fixture
def letter(citizens: Any, node: Any) -> None:
    """A dead letter."""
    case = citizens.leaves(kind="request", says="the street light is broken").case_id
    run(dead_letter(node.settings.database_url, case))


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("address", ["/links", "/links?state=waiting"])
def test_the_screen_is_accessible_quiet_and_fits_a_telephone(
    visit: Callable[..., Any], letter: None, language: str, address: str
) -> None:
    window = visit("operator", language=language)
    page = window.open(address)
    page.wait_for_timeout(300)
    assert window.complaints == []
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    told_of = [f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}" for v in found["violations"]]
    assert told_of == []
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page must not scroll sideways"


def test_a_dead_letter_is_dropped_and_a_secret_is_shown_once_by_keyboard(
    visit: Callable[..., Any], letter: None
) -> None:
    page = visit("operator", language="en").open("/links")
    page.get_by_role("button", name="Drop").first.press("Enter")
    page.wait_for_url("**said=dropped")
    assert page.locator("[role=status]").inner_text().strip() == "It will not be delivered."

    page.locator("#f-name").fill("office automation")
    page.locator("#f-url").fill("https://127.0.0.1/samad")
    page.locator("#f-url").press("Enter")
    alert = page.locator("[role=alert]")
    alert.wait_for()
    assert "private network" in alert.inner_text()

    page.locator("#f-key").fill("city portal")
    page.locator("#f-key").press("Enter")
    secret = page.locator("[data-key]")
    secret.wait_for()
    text = secret.inner_text()
    assert len(text) >= 32
    page.get_by_role("link", name="I have copied it").press("Enter")
    page.wait_for_url("**/links")
    assert "city portal" in page.content()
    assert text not in page.content()
