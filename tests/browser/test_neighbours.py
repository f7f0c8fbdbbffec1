"""The neighbours' screen: accessible, quiet, fit for a telephone; letters, endpoints and keys by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links import aside
from casebridge.links.fan_out import add_deliveries, delivery_row
from casebridge.links.samad.interface import Unreadable
from casebridge.tables import new_id
from line111.secrets import data_keys
from tests.browser.node import run
from tests.browser.window import check_width

pytestmark = pytest.mark.browser


async def dead_letter(url: str, keys: KeyRing, case_id: UUID) -> str:
    """Something that could not be delivered, and something that came and nobody can read; its id."""
    database, name = Database(url), f"c-{new_id().hex[-6:]}"
    unread = Unreadable({"changeId": name, "person": {"nationalCode": "0012345679"}}, "reference", name)
    row = delivery_row("samad", new_id(), case_id, "answered", {})
    async with database.writing() as session:
        await add_deliveries(
            session, [row | {"state": "dead", "attempts": 3, "last_error": "it answered 422"}]
        )
        await aside.put(session, keys, unread, aside.UNREADABLE, "reference")
    await database.close()
    return name


@pytest.fixture
def letter(citizens: Any, node: Any) -> Any:
    """A dead letter, and a change that is set aside; gives the change's id."""
    case = citizens.leaves(kind="request", says="the street light is broken").case_id
    keys = KeyRing(lambda: data_keys(node.settings))
    return run(dead_letter(node.settings.database_url, keys, case))


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("address", ["/links", "/links?state=waiting"])
def test_the_screen_is_accessible_quiet_and_fits_a_telephone(
    visit: Callable[..., Any], letter: str, language: str, address: str
) -> None:
    window = visit("operator", language=language)
    page = window.open(address)
    page.wait_for_timeout(300)
    window.check_page()
    page.set_viewport_size({"width": 390, "height": 844})
    check_width(page)


def test_a_dead_letter_is_dropped_and_a_secret_is_shown_once_by_keyboard(
    visit: Callable[..., Any], letter: str
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


def test_a_change_nobody_can_read_is_looked_at_again_and_set_aside_for_good_by_keyboard(
    visit: Callable[..., Any], letter: str
) -> None:
    page = visit("operator", language="en").open("/links")
    row = page.locator("tr", has_text=letter)
    row.locator("summary").press("Enter")
    assert "0012345679" not in row.locator("pre").inner_text()
    row.get_by_role("button", name="Look again").press("Enter")
    page.wait_for_url("**said=still")
    page.locator("tr", has_text=letter).get_by_role("button", name="Set aside for good").press("Enter")
    page.wait_for_url("**said=for_good")
    assert page.locator("[role=status]").inner_text().strip() == "It is set aside for good."
    assert page.locator("tr", has_text=letter).count() == 0
    page.get_by_role("link", name="Dropped").press("Enter")
    page.locator("tr", has_text=letter).wait_for()
