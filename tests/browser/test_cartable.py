"""An official's day at the cartable, by keyboard and by mouse; who is barred gets nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from casebridge.database import Database
from casebridge.referrals import service as referrals
from tests.browser.node import run

pytestmark = pytest.mark.browser


def test_an_official_opens_a_case_by_keyboard_takes_it_in_hand_and_answers(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves(kind="request")
    page = visit("official", language="en").open("/cartable?tab=new")
    link = page.locator(f"a[href='/cases/{left.case_id}']")
    link.focus()
    page.keyboard.press("o")
    page.wait_for_url(f"**/cases/{left.case_id}")
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    page.wait_for_url("**said=take")
    assert "In hand" in page.locator("#case-tags").inner_text()
    page.keyboard.press("a")
    page.keyboard.type("The lamp is lit again.")
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    assert "The lamp is lit again." in page.locator("#way").inner_text()
    assert "Answered" in page.locator("#case-tags").inner_text()


def test_a_referral_nobody_has_touched_can_be_taken_back(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="request")
    page = visit("official", language="en").open(f"/cases/{left.case_id}")
    page.keyboard.press("r")
    page.select_option("#s-to_unit", "province/23/governor")
    page.click("#refer button.btn-primary")
    page.wait_for_url("**said=refer")
    assert page.locator("#answer").count() == 0, "who has referred a case does not answer it"
    page.click("text=Take the referral back")
    page.wait_for_url("**said=withdraw")
    assert page.locator("#answer").count() == 1


def test_what_was_typed_is_kept_where_a_step_is_refused(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="request")
    page = visit("official", language="en").open(f"/cases/{left.case_id}")
    other = visit("official", language="en").open(f"/cases/{left.case_id}")
    other.click("[data-key=t]")
    other.wait_for_url("**said=take")
    page.keyboard.press("a")
    page.fill("#s-answer", "Long and well considered.")
    page.click("#answer button.btn-primary")
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#s-answer") == "Long and well considered."


def test_many_cases_are_taken_at_once_and_each_has_its_result(
    visit: Callable[..., Any], citizens: Any
) -> None:
    several = [citizens.leaves(kind="request") for _ in range(3)]
    page = visit("official", language="en").open("/cartable?tab=new&kind=request")
    for left in several:
        page.locator(f"a[href='/cases/{left.case_id}']").focus()
        page.keyboard.press("x")
    assert "3" in page.locator("[data-bulk-count]").inner_text()
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#bulk button.btn-primary")
    page.wait_for_selector(".tag-green")
    assert page.locator(".tag-green").count() == 3


def test_a_delegate_acts_until_the_delegation_is_taken_back(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="request")
    deputy = visit("deputy", language="en")
    assert deputy.page.goto(f"/cases/{left.case_id}").status == 404
    page = visit("official", language="en").open("/delegations")
    page.fill("#d-who", "deputy")
    page.uncheck("input[value=answer]")
    page.click(".delegation button.btn-primary")
    page.wait_for_url("**said=given")
    theirs = deputy.open(f"/cases/{left.case_id}")
    assert theirs.locator("#refer").count() == 1
    assert theirs.locator("#answer").count() == 0, "that was not delegated"
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("text=Take back")
    page.wait_for_url("**said=revoked")
    assert deputy.page.goto(f"/cases/{left.case_id}").status == 404


def test_who_is_complained_of_finds_nothing(visit: Callable[..., Any], citizens: Any, node: Any) -> None:
    left = citizens.leaves(kind="complaint")
    run(_complain(node, left.case_id))
    for name in ("official", "governor", "idle"):
        window = visit(name, language="en")
        page = window.open("/cartable")
        assert page.locator(f"a[href='/cases/{left.case_id}']").count() == 0
        for path in ("", "/way", "/transcript"):
            assert window.page.goto(f"/cases/{left.case_id}{path}").status == 404
        audio = window.page.request.get(f"/api/v1/recordings/{left.recording_id}/audio")
        assert audio.status == 404
    assert visit("agent").page.goto(f"/cases/{left.case_id}").status == 200


async def _complain(node: Any, case_id: UUID) -> None:
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        await referrals.classify(
            session, case_id, {"complained_unit": "province/23/governor"}, "person:agent"
        )
    await database.close()
