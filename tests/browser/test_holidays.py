"""The calendar on screen: a year that is read, changed by few, undone, and says who changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.window import check_width

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["fa", "en"])
def test_the_calendar_is_accessible_quiet_and_fits_a_telephone(
    visit: Callable[..., Any], language: str
) -> None:
    window = visit("operator", language=language)
    page = window.open("/holidays?year=1405")
    window.check_page()
    assert page.locator("table.month").count() == 12
    assert page.locator("table.month td:not(:empty)").count() == 365
    telephone = visit("operator", language=language, size=(390, 844))
    check_width(telephone.open("/holidays?year=1405"))


def test_a_sighted_moon_moves_tasua_and_ashura_and_all_is_undone(visit: Callable[..., Any]) -> None:
    page = visit("operator", language="en").open("/holidays?year=1406")
    page.click("#d-2027-06-15 button:has-text('A day later')")
    page.wait_for_selector(".notice-green")
    assert "Worked" in page.inner_text("#d-2027-06-15")
    assert "Tasua" in page.inner_text("#d-2027-06-16")
    assert "Ashura" in page.inner_text("#d-2027-06-17")
    assert page.locator("section:has(#changes-title) tbody tr").count() == 3
    assert "operator" in page.inner_text("section:has(#changes-title)")
    for day in ("2027-06-15", "2027-06-16", "2027-06-17"):
        page.click(f"#d-{day} button:has-text('Undo')")
        page.wait_for_selector(".notice-green:has-text('official')")
    assert page.locator("#d-2027-06-17").count() == 0
    assert page.locator("button:has-text('Undo')").count() == 0


def test_a_day_of_snow_is_added_by_keyboard_and_a_wrong_one_told(visit: Callable[..., Any]) -> None:
    page = visit("supervisor", language="fa").open("/holidays?year=1406")
    page.fill("#f-day", "1405/13/40")
    page.fill("#f-name_fa", "برف")
    page.fill("#f-name_en", "Snow")
    page.press("#f-name_en", "Enter")
    page.wait_for_selector(".notice-red")
    assert page.input_value("#f-name_fa") == "برف"
    assert "۱۴۰۶" in page.inner_text("h1")
    page.fill("#f-day", "۱۴۰۵/۱۰/۱۲")
    page.press("#f-name_en", "Enter")
    page.wait_for_selector(".notice-green")
    assert "برف" in page.inner_text("#d-2027-01-02")
    assert page.locator("td.is-own").count() == 1


def test_an_agent_reads_the_calendar_and_changes_nothing(visit: Callable[..., Any]) -> None:
    page = visit("agent", language="en").open("/holidays?year=1405")
    assert page.locator("main form[method=post]").count() == 0
    assert page.locator("#changes-title").count() == 0
