"""What the product thinks of a case, on its page: what it may repeat, and what it seems to be about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from persian.letters import search_form

pytestmark = pytest.mark.browser
WATER = {
    "en": "the water in our village has been cut off for three days and no tanker has come",
    "fa": "آب روستای ما سه روز است قطع شده و تانکر نیامده",
}
LANGUAGES = pytest.mark.parametrize("language", ["fa", "en"])


def _about_water(citizens: Any, language: str, **more: Any) -> Any:
    left = citizens.leaves(language=language, kind="unclassified", says="water", **more)
    citizens.transcribe(left, WATER[language], language=language)
    return left


def _pressed(page: Page, button: str) -> None:
    """Reaches a button and presses it, without a mouse."""
    page.locator(button).focus()
    page.keyboard.press("Enter")


@LANGUAGES
def test_a_repeat_is_seen_with_its_reasons_linked_and_unlinked_by_keyboard(
    visit: Callable[..., Any], citizens: Any, language: str
) -> None:
    first = _about_water(citizens, language, minutes_ago=60)
    second = _about_water(citizens, language, identifier=first.identifier)
    window = visit("agent", language=language)
    page = window.open(f"/cases/{second.case_id}")
    part = page.locator("#repeats")
    expect(part.locator(f"a[href='/cases/{first.case_id}']")).to_be_visible()
    _pressed(page, "#repeats details summary")
    expect(part.locator("details ul")).to_be_visible()
    window.check_page("#repeats")
    _pressed(page, "#repeats form button")
    expect(part.locator("[role=status]")).to_be_visible()
    expect(part.locator("form")).to_have_attribute("action", f"/cases/{second.case_id}/unlink")
    window.check_page("#repeats")
    original = visit("agent", language=language).open(f"/cases/{first.case_id}")
    expect(original.locator("#repeats > p").first).to_be_visible()
    _pressed(page, "#repeats form button")
    expect(part.locator("[role=status]")).to_be_visible()
    expect(part.locator("form").first).to_have_attribute("action", f"/cases/{second.case_id}/link")
    assert window.complaints == []


def test_a_repeat_linked_meanwhile_by_somebody_else_is_said_to_be(
    visit: Callable[..., Any], citizens: Any
) -> None:
    first = _about_water(citizens, "en", minutes_ago=60)
    second = _about_water(citizens, "en", identifier=first.identifier)
    pages = [visit("agent", language="en").open(f"/cases/{second.case_id}") for _ in range(2)]
    for page in pages:
        expect(page.locator("#repeats form button")).to_be_visible()
    _pressed(pages[0], "#repeats form button")
    expect(pages[0].locator("#repeats [role=status]")).to_be_visible()
    _pressed(pages[1], "#repeats form button")
    expect(pages[1].locator("#repeats [role=alert]")).to_contain_text("meanwhile")
    expect(pages[1].locator("#repeats form")).to_have_attribute("action", f"/cases/{second.case_id}/unlink")


@LANGUAGES
def test_a_proposal_is_read_with_its_words_and_confirmed_by_keyboard(
    visit: Callable[..., Any], citizens: Any, language: str
) -> None:
    left = _about_water(citizens, language)
    window = visit("agent", language=language, size=(390, 844))
    page = window.open(f"/cases/{left.case_id}")
    part = page.locator("#proposal")
    expect(part.locator("bdi").first).to_be_visible()
    told = part.locator("bdi").all_inner_texts()
    said = search_form(WATER[language])
    assert all(word in said for text in told for word in text.split()), told
    subject = part.locator("dd").first.inner_text().splitlines()[0]
    window.check_page("#proposal")
    _pressed(page, "#proposal form button")
    expect(part.locator("[role=status]")).to_be_visible()
    window.check_page("#proposal")
    expect(page.locator("#way")).to_contain_text(subject)
    assert window.complaints == []
    window.open(f"/cases/{left.case_id}")
    expect(page.locator("#way")).to_contain_text(subject)


def test_a_proposal_for_a_case_changed_meanwhile_sets_nothing(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = _about_water(citizens, "en")
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#proposal form button")).to_be_visible()
    other = visit("agent", language="en").open(f"/cases/{left.case_id}")
    other.select_option("#kind-choice", "criticism")
    other.click("#kind-save")
    expect(other.locator("#kind [role=status]")).to_be_visible()
    _pressed(page, "#proposal form button")
    expect(page.locator("#proposal [role=alert]")).to_contain_text("Nothing was set")
    expect(page.locator("#case-tags")).to_contain_text("Criticism")
