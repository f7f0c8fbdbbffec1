"""The first sign-in with a password that was given: one chooses one's own before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from casebridge.database import Database
from casebridge.people.service import ensure_account
from tests.browser.node import Node, run

pytestmark = pytest.mark.browser


async def newcomer(node: Node) -> None:
    """An official with a one-time password."""
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        await ensure_account(session, "newcomer1", "one-time-word", ["official"], one_time=True)
    await database.close()


def test_a_newcomer_chooses_a_password_by_keyboard_and_then_has_a_cartable(
    visit: Callable[..., Any], node: Node
) -> None:
    run(newcomer(node))
    window = visit(None, language="en")
    window.sign_in("newcomer1", "one-time-word")
    page = window.page
    page.wait_for_url("**/password")
    window.check_page()
    assert page.goto("/cartable").status == 403
    window.complaints.clear()
    page.goto("/password")
    for old in ("wrong-word", "one-time-word"):
        page.fill("#f-old", old)
        page.fill("#f-new", "my-own-word")
        page.fill("#f-again", "my-own-word")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert], .notice-green")
    page.wait_for_selector(".notice-green")
    assert page.goto("/cartable").status == 200
    telephone = visit(None, language="fa", size=(390, 844))
    telephone.sign_in("newcomer1", "my-own-word")
    telephone.page.wait_for_url("**/")
    telephone.open("/password")
    telephone.check_page()
