"""A desk registers what did not come by the line: its duties, earlier cases, and nothing typed twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from casebridge.cases.models import Case
from casebridge.country.models import MembershipRow
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.notifications.models import Notification
from casebridge.notifications.receivers import contacts_of
from casebridge.notifications.schemas import Audience
from casebridge.people.models import Account
from line111.clock import now
from line111.secrets import data_keys
from persian.identifiers import sample_identifier
from tests.browser.node import run

pytestmark = pytest.mark.browser
TEXT = "The water has been cut in our street for three days."
DESK = "agency/health_ministry/23/desk"


def test_a_complaint_that_comes_by_post_goes_past_whom_it_is_about_and_the_applicant_is_written_to(
    visit: Callable[..., Any], node: Any
) -> None:
    page = visit("agent", language="en").open("/cases/new")
    typed(page, sample_identifier("national_id", 8101), kind="complaint", email="applicant@example.org")
    page.select_option("#r-place", "2301")
    page.wait_for_selector("#r-complained_unit option[value='county/2301/desk']", state="attached")
    page.select_option("#r-complained_unit", "county/2301/desk")
    page.locator("#r-text").press("Tab")
    page.click(".actions button.btn-primary")
    expect(page.locator("h1")).to_contain_text("registered")
    expect(page.locator(".facts")).to_contain_text("article 10-3")
    code = page.locator(".case-code").inner_text()
    assert run(email_of(node, code)) == "applicant@example.org"
    page.click("text=Open the case")
    page.click("#applicant button")
    expect(page.locator("#applicant")).to_contain_text("applicant@example.org")


def test_what_is_beyond_a_desks_duties_is_refused_with_the_competent_one_and_keeps_what_was_typed(
    visit: Callable[..., Any], node: Any
) -> None:
    run(member(node, "idle", DESK))
    try:
        page = visit("idle", language="en").open("/cases/new")
        typed(page, sample_identifier("national_id", 8102), place="23", subject="water_cut")
        page.click(".actions button.btn-primary")
        expect(page.locator("[role=alert]")).to_contain_text("not among the duties of")
        expect(page.locator("[role=alert]")).to_contain_text("article 4-8")
        expect(page.locator("#r-subject")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#r-text")).to_have_value(TEXT)
        expect(page.locator("#r-place")).to_have_value("23")
        page.select_option("#r-subject", "")
        page.click(".actions button.btn-primary")
        expect(page.locator("[role=alert]")).to_contain_text(
            "without a subject, competent is Desk of Tehran province"
        )
        page.select_option("#r-subject", "health")
        page.click(".actions button.btn-primary")
        expect(page.locator("h1")).to_contain_text("registered")
    finally:
        run(member(node, "idle", None))


def test_an_earlier_case_of_the_same_matter_is_shown_before_a_second_one_is_opened(
    visit: Callable[..., Any],
) -> None:
    who = sample_identifier("national_id", 8103)
    page = visit("agent", language="en").open("/cases/new")
    typed(page, who, place="2301", subject="water_cut")
    page.click(".actions button.btn-primary")
    code = page.locator(".case-code .tracking").inner_text()
    page.click("text=Register another")
    typed(page, who, place="2301", subject="water_cut", contact_number="09121234567")
    page.click(".actions button.btn-primary")
    before = page.locator("[role=alert]")
    expect(before).to_contain_text("raised it before")
    expect(before.locator("a.tracking")).to_have_text(code)
    expect(before).to_contain_text("Likeness")
    expect(page.locator("#r-contact_number")).to_have_value("09121234567")
    expect(page.locator("#r-text")).to_have_value(TEXT)
    before.get_by_role("button", name="It is another matter: register it").press("Enter")
    expect(page.locator("h1")).to_contain_text("registered")
    assert page.locator(".case-code .tracking").inner_text() != code


def typed(page: Page, identifier: str, **fields: str) -> None:
    """Fills in the form."""
    page.fill("#r-identifier", identifier)
    page.select_option("#r-kind", fields.pop("kind", "request"))
    page.fill("#r-text", TEXT)
    for name, value in fields.items():
        if name in {"email", "contact_number"}:
            page.fill(f"#r-{name}", value)
        else:
            page.select_option(f"#r-{name}", value)


async def member(node: Any, username: str, unit: str | None) -> None:
    """Gives somebody a unit, or takes all away."""
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        account = await session.scalar(select(Account.id).where(Account.username == username))
        for row in await session.scalars(select(MembershipRow).where(MembershipRow.account_id == account)):
            await session.delete(row)
        if unit:
            session.add(MembershipRow(account_id=account, unit_code=unit, position="head", since=now()))
    await database.close()


async def email_of(node: Any, code: str) -> str | None:
    """The address the messages about a case may go to."""
    database = Database(node.settings.database_url)
    async with database.reading() as session:
        digits = "".join(sign for sign in code if sign.isdigit())
        case = (await session.scalars(select(Case).where(Case.tracking_code == digits))).one()
        query = select(Notification).where(
            Notification.case_id == case.id, Notification.audience == Audience.APPLICANT.value
        )
        message = (await session.scalars(query.limit(1))).one()
        contacts = await contacts_of(session, KeyRing(lambda: data_keys(node.settings)), message)
    await database.close()
    return contacts.get("email")
