"""What the Centre does with a case on its page: ending it, opening it again, sending it on and away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from casebridge.answers import service as answers
from casebridge.cases.models import Case
from casebridge.database import Database
from tests.browser.node import run

pytestmark = pytest.mark.browser


def test_the_centre_ends_a_case_with_what_the_session_came_to_and_opens_it_again(
    visit: Callable[..., Any], citizens: Any, node: Any
) -> None:
    left = citizens.leaves(kind="request")
    run(objected_twice(node, left.case_id))
    agents = visit("agent", language="en").open(f"/cases/{left.case_id}")
    expect(agents.locator("#close")).to_have_count(0)
    page = visit("supervisor", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#forward")).to_have_count(0)  # the rules name whose answer was objected to
    page.locator("#close summary").press("Enter")
    page.select_option("#s-closing", "problem_solving_session")
    page.fill("#s-close", "   ")
    page.click("#close button.btn")
    expect(page.locator("[role=alert]").first).to_contain_text("No text was written")
    page.fill("#s-close", "The agency mends the road by spring.")
    page.fill("#s-held", "2026-11-24")
    page.fill("#s-participants", "The applicant; the director of roads")
    page.click("#close button.btn")
    page.wait_for_url("**said=close")
    expect(page.locator("#case-tags")).to_contain_text("Closed")
    expect(page.locator("#history")).to_contain_text("After a problem-solving session")
    expect(page.locator("#history")).to_contain_text("The agency mends the road by spring.")
    expect(page.locator("#history")).to_contain_text("24 Nov 2026")
    expect(page.locator("#history")).to_contain_text("The applicant; the director of roads")
    page.locator("#reopen summary").press("Enter")
    expect(page.locator("#reopen")).to_contain_text("in hand again with")
    page.fill("#s-reopen", "It broke again.")
    page.click("#reopen button.btn")
    page.wait_for_url("**said=reopen")
    expect(page.locator("#case-tags")).to_contain_text("In hand")
    expect(page.locator("#history")).to_contain_text("It broke again.")


def test_what_somebody_else_did_meanwhile_is_told_before_a_case_is_closed(
    visit: Callable[..., Any], citizens: Any, node: Any
) -> None:
    left = citizens.leaves(kind="request")
    run(objected_twice(node, left.case_id))
    page = visit("supervisor", language="en").open(f"/cases/{left.case_id}")
    page.click("#close summary")
    page.fill("#s-close", "A session was held.")
    page.click("#close button.btn")
    expect(page.locator("[role=alert]").first).to_contain_text("Day of the session: is required")
    run(recorded(node, left.case_id))
    page.fill("#s-held", "2026-11-24")
    page.fill("#s-participants", "The applicant")
    page.click("#close button.btn")
    expect(page.locator("[role=alert]").first).to_contain_text("changed after you read it")
    expect(page.locator("#s-close")).to_have_value("A session was held.")


def test_a_case_is_sent_where_the_rules_say_and_taken_back(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="request")
    page = visit("official", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#forward")).to_have_count(0)  # it is where the rules say
    said(page, subject="water_cut", level="province")
    page.locator("#forward summary").press("Enter")
    expect(page.locator("#forward")).to_contain_text("article 4-6")
    page.click("#forward button.btn")
    page.wait_for_url("**said=forward")
    expect(page.locator("#answer")).to_have_count(0)
    page.click("text=Take the referral back")
    page.wait_for_url("**said=withdraw")
    expect(page.locator("#answer")).to_have_count(1)


def test_what_was_set_can_be_emptied_and_what_is_far_away_is_not_lost_by_it(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves(kind="complaint")
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    said(page, subject="water_cut", complained_unit="province/23/governor")
    page = visit("supervisor", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#way")).to_contain_text("About")
    said(page, subject="")
    expect(page.locator("#s-complained_unit")).to_have_value("province/23/governor")
    expect(page.locator("#way")).not_to_contain_text("Water")
    said(page, complained_unit="")
    expect(page.locator("#way dt", has_text="About")).to_have_count(0)


def test_whom_a_case_is_about_an_official_reads_and_does_not_change(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves(kind="request")
    page = visit("official", language="en").open(f"/cases/{left.case_id}")
    said(page, complained_unit="county/2301/governor")
    expect(page.locator("#classify")).to_contain_text("Only the Centre says")
    expect(page.locator("select[name=complained_unit]")).to_have_count(0)
    said(page, subject="water_cut")
    expect(page.locator("#way dt", has_text="About")).to_have_count(1)


def test_a_case_is_passed_to_another_centre_once(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="request")
    expect(visit("agent").open(f"/cases/{left.case_id}").locator("#pass")).to_have_count(0)
    page = visit("supervisor", language="en").open(f"/cases/{left.case_id}")
    page.locator("#pass summary").press("Enter")
    expect(page.locator("#pass")).to_contain_text("can't be taken back")
    page.once("dialog", lambda dialog: dialog.accept())
    page.fill("#s-pass", "It concerns your province.")
    page.click("#pass button.btn")
    page.wait_for_url("**said=pass")
    expect(page.locator("#way")).to_contain_text("tehran")
    expect(page.locator("#history")).to_contain_text("It concerns your province.")
    expect(page.locator("#pass")).to_have_count(0)


def said(page: Page, **about: str) -> None:
    """Says what a case is about."""
    page.locator("#classify summary").click()
    for name, value in about.items():
        page.select_option(f"#s-{name}", value)
    page.locator("#classify button.btn").click()
    page.wait_for_url("**said=classify")


async def objected_twice(node: Any, case_id: UUID) -> None:
    """The applicant objects to the answer, and to that of the second review: the Centre has it."""
    database = Database(node.settings.database_url)
    for _ in range(2):
        async with database.writing() as session:
            unit = (await session.get_one(Case, case_id, populate_existing=True)).owner_unit
            await answers.answer(session, case_id, unit=unit, actor="t", text="No.", language="en")
            await answers.decide(session, case_id, accepted=False, by="phone", text="It is not mended.")
    await database.close()


async def recorded(node: Any, case_id: UUID) -> None:
    """Somebody records a service."""
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        await answers.record_service(session, case_id, unit=None, actor="t", what="A crew was sent.")
    await database.close()
