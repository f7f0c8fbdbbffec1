"""Notices of the cartable on screen: found from the cartable, read, marked, by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from casebridge.database import Database
from casebridge.notifications.service import notify_unit
from tests.browser.node import HELD, Node, run

pytestmark = pytest.mark.browser


async def tell(node: Node, case: str, *templates: str) -> None:
    """Tells the official's unit of a case."""
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        for template in templates:
            await notify_unit(session, str(HELD["official"]), template, {}, case_id=UUID(case))
    await database.close()


def test_an_official_reads_notices_by_keyboard_and_marks_them(
    visit: Callable[..., Any], citizens: Any, node: Node
) -> None:
    left = citizens.leaves(kind="request")
    run(tell(node, str(left.case_id), "reminder", "interim_reminder"))
    window = visit("official", language="en")
    page = window.open("/cartable")
    page.click("nav a:has-text('Notices')")
    page.wait_for_selector("text=A deadline comes near")
    window.check_page()
    before = page.locator("tbody tr").count()
    page.locator("tr:has-text('A deadline comes near') button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice-green")
    assert page.locator("tbody tr").count() == before - 1
    page.click("text=Mark all that are shown as read")
    page.wait_for_selector("text=Nothing to read")
    window.check_page()
    page.click("nav a:has-text('Read') >> nth=-1")
    page.wait_for_selector("tr:has-text('A deadline comes near')")
    run(tell(node, str(left.case_id), "escalated"))
    telephone = visit("official", language="fa", size=(390, 844))
    telephone.open("/cartable/notices")
    telephone.check_page()
