"""The country on screen: looked up by everybody, edited by few, taken out and brought in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.window import check_width

pytestmark = pytest.mark.browser
PAGES = [
    "/country",
    "/country/places/23",
    "/country/agencies",
    "/country/agencies/water_company?province=23",
    "/country/subjects",
    "/country/subjects/power_cut",
    "/country/units/county/2301/governor",
    "/country/tables",
]


@pytest.mark.parametrize("language", ["fa", "en"])
def test_pages_of_the_country_are_accessible_quiet_and_fit_a_telephone(
    visit: Callable[..., Any], language: str
) -> None:
    window = visit("operator", language=language)
    for address in PAGES:
        window.open(address)
        window.check_page()
    telephone = visit("operator", language=language, size=(390, 844))
    for address in PAGES[3::2]:
        check_width(telephone.open(address))


def test_an_operator_finds_a_county_and_marks_its_governorate_special(visit: Callable[..., Any]) -> None:
    page = visit("operator", language="en").open("/country")
    page.click("text=Kurdistan")
    page.click("text=Baneh")
    page.click("label:has-text('Special governorate')")
    page.click("button:has-text('Save')")
    page.wait_for_selector(".notice-green")
    assert page.locator("text=Special governor of Baneh county").count() == 1


def test_an_official_is_put_into_a_unit_with_the_keyboard_and_taken_out(visit: Callable[..., Any]) -> None:
    page = visit("operator", language="en").open("/country/units/county/1201/desk")
    assert page.locator("text=Nobody yet").is_visible()
    page.focus("#f-username")
    page.keyboard.type("nobody_at_all")
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice-red")
    assert "There is no account named" in page.inner_text(".notice-red")
    page.fill("#f-username", "official")
    page.select_option("#f-position", "deputy")
    page.press("#f-username", "Enter")
    page.wait_for_selector(".notice-green")
    assert page.locator("td:has-text('Deputy')").is_visible()
    page.click("button:has-text('Take away')")
    page.wait_for_selector("text=Nobody yet")


def test_a_wrong_row_is_told_and_a_right_file_is_tried_then_taken_in(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit("supervisor", language="en").open("/country/tables")
    head = "code,kind,name_fa,name_en\n"
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(head + "bank_x,club,a,A\n", encoding="utf-8")
    right.write_text(head + "bank_x,bank,a,Bank of Try\n", encoding="utf-8")
    for file, button, notice in (
        (wrong, "Take it in", "Nothing was written"),
        (right, "Try it", "Nothing was written yet"),
        (right, "Take it in", "The file was taken in"),
    ):
        page.select_option("#f-sheet", "agencies")
        page.set_input_files("#f-file", file)
        page.click(f"button:has-text('{button}')")
        page.wait_for_selector(f".notice:has-text('{notice}')")
        if file is wrong:
            assert "“club” is none of the words" in page.inner_text("table")
    page.goto("/country/agencies/bank_x")
    assert page.inner_text("h1") == "Bank of Try"
    with page.expect_download() as download:
        page.goto("/country/tables")
        page.click("[aria-label='CSV file: Agencies']")
    assert "Bank of Try" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_an_agent_may_look_but_finds_nothing_to_change(visit: Callable[..., Any]) -> None:
    page = visit("agent", language="en").open("/country/agencies/water_company")
    assert page.locator("h1").inner_text()
    assert page.locator("main form[method=post]").count() == 0


def test_a_units_contact_is_set_on_its_page_and_a_wrong_one_is_kept_to_be_mended(
    visit: Callable[..., Any],
) -> None:
    window = visit("operator", language="en")
    page = window.open("/country/units/county/1202/desk")
    page.fill("#f-email", "desk at home")
    page.press("#f-email", "Enter")
    page.wait_for_selector("[role=alert]")
    assert "E-mail" in page.inner_text("[role=alert]")
    assert page.input_value("#f-email") == "desk at home"
    page.fill("#f-email", "desk@home.example")
    page.fill("#f-phone", "\u06f0912 123 4567")
    page.press("#f-phone", "Enter")
    page.wait_for_selector(".notice-green")
    assert page.input_value("#f-email") == "desk@home.example"
    assert page.input_value("#f-phone") == "09121234567"
    window.complaints.clear()  # the refused form was a 422
    window.check_page()
