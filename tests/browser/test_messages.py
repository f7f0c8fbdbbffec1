"""The messages' screens: accessible, quiet, fit for a telephone; a dead letter sent again by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casebridge.database import Database
from casebridge.notifications import service
from casebridge.notifications.models import Notification
from tests.browser.node import run
from tests.browser.window import check_width

pytestmark = pytest.mark.browser
PAGES = ("/notifications", "/notifications?state=dead", "/notifications/{dead}", "/notifications/templates")


async def told(url: str, case_id: UUID, step: str, state: str) -> UUID:
    """A message that came to this state."""
    database = Database(url)
    async with database.writing() as session:
        await service.notify_applicant(session, case_id, "taken", {"unit": "centre"}, step=step)
        row = await session.scalar(select(Notification).where(Notification.key == f"{case_id}:taken:{step}"))
        assert row
        row.state, row.provider, row.last_error, row.attempts = state, "gateway", "HTTP 422", 2
    await database.close()
    return row.id


@pytest.fixture(scope="module")
def dead(citizens: Any, node: Any) -> str:
    """A dead letter, beside one that was delivered."""
    case = citizens.leaves(kind="request", says="the street light is broken").case_id
    run(told(node.settings.database_url, case, "a", "delivered"))
    return str(run(told(node.settings.database_url, case, "b", "dead")))


@pytest.mark.parametrize("language", ["fa", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_messages_are_accessible_quiet_and_fit_a_telephone(
    visit: Callable[..., Any], dead: str, language: str, address: str
) -> None:
    window = visit("supervisor", language=language)
    page = window.open(address.format(dead=dead))
    page.wait_for_timeout(300)
    window.check_page()
    page.set_viewport_size({"width": 390, "height": 844})
    check_width(page)


def test_a_dead_letter_is_found_read_and_sent_again_by_keyboard(
    visit: Callable[..., Any], citizens: Any, node: Any
) -> None:
    case = citizens.leaves(kind="request", says="no water since Monday").case_id
    message = run(told(node.settings.database_url, case, "keys", "dead"))
    page = visit("supervisor", language="en").open("/notifications?state=dead")
    page.locator(f"a[href='/notifications/{message}']").press("Enter")
    page.wait_for_url(f"**/notifications/{message}")
    assert page.locator("text=Dead letter").is_visible()
    page.get_by_role("button", name="Send again").press("Enter")
    page.wait_for_url("**said=resent")
    assert page.locator("[role=status]").inner_text().strip() == "On its way again."


def test_a_centre_words_a_message_and_sees_what_it_costs(visit: Callable[..., Any], dead: str) -> None:
    page = visit("supervisor", language="en").open("/notifications/templates")
    panel = page.locator("section", has=page.locator("#t-applicant-closed-en"))
    panel.locator("summary").press("Enter")
    panel.locator("textarea[name=sms]").fill("x" * 161 + " {code}")
    panel.get_by_role("button", name="Save").press("Enter")
    page.wait_for_url("**said=worded")
    panel = page.locator("section", has=page.locator("#t-applicant-closed-en"))
    assert "2 segments" in panel.inner_text()
    panel.locator("summary").press("Enter")
    panel.get_by_role("button", name="Back to the original words").press("Enter")
    page.wait_for_url("**said=worded")
    assert "Own words" not in page.locator("section", has=page.locator("#t-applicant-closed-en")).inner_text()


def test_operators_see_that_messages_stand_and_not_what_they_say(
    visit: Callable[..., Any], dead: str
) -> None:
    page = visit("operator", language="en").open(f"/notifications/{dead}")
    assert "You keep the machines" in page.content()
    assert "SAMAD" not in page.locator("main").inner_text()
