"""The page of a case: hearing, reading along, revealing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TEXT = "the street light in front of the school has been broken for three weeks"

WAVE_COLUMNS = """() => {
  const drawn = document.querySelector('[data-wave] > div').shadowRoot.querySelector('.canvases canvas');
  if (!drawn || !drawn.width) return 0;
  const { data, width, height } = drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height);
  const aside = Math.round(height / 2) - 6;  // above the line that silence is
  let columns = 0;
  for (let x = 0; x < width; x += 1) columns += data[(aside * width + x) * 4 + 3] > 0;
  return columns;
}"""
"""How many columns of the wave form are loud enough to rise above the middle line."""


@pytest.fixture(scope="module")
def told(citizens: Any) -> tuple[Any, list[dict[str, Any]]]:
    """An English case with its words."""
    left = citizens.leaves(report=True, callback="tomorrow")
    return left, citizens.transcribe(left, TEXT)


def _current_word(page: Any) -> dict[str, Any]:
    """The word that is marked and the time it is marked at, read at one moment."""
    found: dict[str, Any] = page.evaluate(
        """() => {
          const word = document.querySelector('.word.now');
          const audio = document.querySelector('[data-audio] audio');
          const of = (name) => (word ? Number(word.dataset[name]) : null);
          return { at: audio.currentTime * 1000, start: of('start'), end: of('end') };
        }"""
    )
    return found


def test_the_recording_plays_and_words_are_marked_in_step_with_it(
    visit: Callable[..., Any], until: Callable[..., None], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, _ = told
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    page.click("[data-play]")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.7")
    seen = []
    for _ in range(8):
        seen.append(_current_word(page))
        page.wait_for_timeout(220)
    moving = [one["at"] for one in seen]
    assert moving[-1] > moving[0] + 800, "the audio goes on"
    for one in seen:
        assert one["start"] is not None
        assert one["start"] - 60 <= one["at"] <= one["end"] + 500  # a busy machine draws late
    assert len({one["start"] for one in seen}) >= 3, "the mark goes from word to word"


def test_the_wave_form_is_drawn_when_it_comes_and_does_not_stop_the_sound(
    visit: Callable[..., Any], until: Callable[..., None], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, _ = told
    window = visit("agent")
    held: list[Any] = []
    window.page.route("**/peaks*", lambda route: held.append(route))
    page = window.open(f"/cases/{left.case_id}")
    page.click("[data-play]")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.3")
    assert page.evaluate(WAVE_COLUMNS) == 0
    held[0].continue_()
    until(page, f"({WAVE_COLUMNS})() > 100")
    assert page.evaluate("!document.querySelector('[data-audio] audio').paused")
    assert page.evaluate("document.querySelector('[data-audio] audio').currentTime") > 0.3


def test_a_click_on_a_word_plays_from_that_word(
    visit: Callable[..., Any], until: Callable[..., None], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, words = told
    page = visit("agent").open(f"/cases/{left.case_id}")
    word = words[9]
    page.click(f".word[data-start='{word['start_ms']}']")
    until(
        page,
        "!document.querySelector('[data-audio] audio').paused"
        " && document.querySelector('[data-audio] audio').readyState > 2",
    )
    at = page.evaluate("document.querySelector('[data-audio] audio').currentTime * 1000")
    assert word["start_ms"] - 50 <= at <= word["start_ms"] + 1500


def test_keys_play_pause_and_move_by_seconds_and_words(
    visit: Callable[..., Any], until: Callable[..., None], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, words = told
    page = visit("agent").open(f"/cases/{left.case_id}")
    page.wait_for_selector("[data-total]:not(:empty)")
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.2")
    page.keyboard.press("Space")
    until(page, "document.querySelector('[data-audio] audio').paused")
    page.keyboard.press("ArrowRight")
    end = left.duration_ms / 1000
    until(
        page, f"document.querySelector('[data-audio] audio').currentTime > {end} - 0.5"
    )  # shorter than five seconds
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    until(page, "document.querySelector('[data-audio] audio').currentTime < 0.5")
    page.keyboard.press("Shift+ArrowRight")
    until(
        page, f"document.querySelector('[data-audio] audio').currentTime * 1000 >= {words[1]['start_ms']} - 5"
    )


def test_nothing_is_played_and_no_playback_audited_before_somebody_presses_play(
    visit: Callable[..., Any], until: Callable[..., None], citizens: Any
) -> None:
    left = citizens.leaves()
    watcher = visit("supervisor", language="en")
    page = watcher.open(f"/cases/{left.case_id}")
    page.wait_for_timeout(600)
    trail = watcher.open(f"/audit?case={left.tracking_code}").inner_text("main")
    assert "Played the recording" not in trail
    page = watcher.open(f"/cases/{left.case_id}")
    page.click("[data-play]")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.2")
    trail = watcher.open(f"/audit?case={left.tracking_code}").inner_text("main")
    assert "Played the recording" in trail


def test_the_applicant_is_masked_until_revealed_and_the_look_is_audited(
    visit: Callable[..., Any], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, _ = told
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    assert left.identifier not in page.content()
    page.click("text=Show identifier and numbers")
    expect(page.locator("#applicant")).to_contain_text(left.identifier)
    trail = visit("supervisor", language="en").open(f"/audit?case={left.tracking_code}&person=agent")
    expect(trail.locator("main")).to_contain_text("Looked at the identifier")


def test_a_persian_case_without_a_model_says_so_and_can_be_heard(
    visit: Callable[..., Any], until: Callable[..., None], citizens: Any
) -> None:
    left = citizens.leaves(language="fa", says="salam, cheraghe kooche kharab ast", kind="request")
    citizens.transcribe(left, "", language="fa", status="waiting_for_model")
    page = visit("official", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#transcript")).to_contain_text("Waiting for the model")
    page.click("[data-play]")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.3")


def test_a_transcript_appears_word_by_word_without_loading_the_page_again(
    visit: Callable[..., Any], until: Callable[..., None], citizens: Any
) -> None:
    left = citizens.leaves()
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    page.evaluate("window.stillHere = true")
    page.wait_for_timeout(500)
    citizens.transcribe(left, TEXT, status="in_progress", upto=4)
    expect(page.locator(".word")).to_have_count(5, timeout=10_000)  # four and the legend's example
    expect(page.locator("#transcript")).to_contain_text("Being written out")
    citizens.transcribe(left, TEXT)
    expect(page.locator(".words .word")).to_have_count(len(TEXT.split()), timeout=10_000)
    assert page.evaluate("window.stillHere") is True
    page.click(".words .word:nth-child(3)")
    until(page, "!document.querySelector('[data-audio] audio').paused")


def test_words_are_found_in_the_text(
    visit: Callable[..., Any], until: Callable[..., None], told: tuple[Any, list[dict[str, Any]]]
) -> None:
    left, _ = told
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    page.fill("[data-find]", "street light")
    expect(page.locator(".word.found")).to_have_count(2)
    expect(page.locator("[data-found]")).to_have_text("1")
    page.press("[data-find]", "Enter")
    until(page, "!document.querySelector('[data-audio] audio').paused")


def test_the_case_tells_its_call_its_history_and_the_applicants_other_cases(
    visit: Callable[..., Any], citizens: Any
) -> None:
    first = citizens.leaves(kind="request", report=True)
    second = citizens.leaves(kind="complaint", identifier=first.identifier, callback="asap")
    page = visit("agent", language="en").open(f"/cases/{first.case_id}")
    expect(page.locator(".journal")).to_contain_text("••••••••••")
    expect(page.locator("#history")).to_contain_text("Recording received whole")
    related = page.locator("section[aria-labelledby=related-title] .related a")
    expect(related).to_have_attribute("href", f"/cases/{second.case_id}")


def test_script_in_what_a_caller_or_a_machine_supplied_is_shown_as_text(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves()
    citizens.transcribe(
        left, "<script>window.broken=1</script> <img/src=x/onerror=window.broken=1> &amp; {{7*7}}"
    )
    window = visit("agent", language="en")
    page = window.open(f"/cases/{left.case_id}")
    expect(page.locator(".words")).to_contain_text("<script>window.broken=1</script>")
    expect(page.locator(".words")).to_contain_text("{{7*7}}")
    assert page.evaluate("window.broken") is None
    assert page.locator(".words img").count() == 0
    page = window.open("/cases?q=%3Cscript%3Ewindow.broken%3D1%3C%2Fscript%3E")
    assert page.evaluate("window.broken") is None
    assert window.complaints == []


def test_a_printed_case_holds_the_matter_and_nothing_else(
    visit: Callable[..., Any], told: tuple[Any, list[dict[str, Any]]], tmp_path: Path
) -> None:
    left, _ = told
    page = visit("agent", language="fa", size=(794, 1123)).open(f"/cases/{left.case_id}")
    page.emulate_media(media="print")
    for hidden in (".side", ".head", ".player", ".case-tools", "#applicant button", ".words-legend"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in (".case-code .tracking", ".words", "#history", ".print-only"):
        assert page.locator(shown).first.is_visible(), shown
    page.screenshot(path=tmp_path / "printed.png", full_page=True)


def _kind_set_by_keyboard(page: Any, code: str) -> None:
    """Goes to the choice, takes a kind and presses Enter on the button, without a mouse."""
    page.focus("#kind-choice")
    label = page.locator(f"#kind-choice option[value={code}]").inner_text()
    page.keyboard.type(label[:4])
    page.keyboard.press("Tab")
    expect(page.locator("#kind-save")).to_be_focused()
    page.keyboard.press("Enter")


def test_an_agent_sets_the_kind_of_an_unclassified_case_by_keyboard_while_it_plays(
    visit: Callable[..., Any], until: Callable[..., None], citizens: Any
) -> None:
    left = citizens.leaves(kind="unclassified")
    page = visit("agent", language="en").open(f"/cases/{left.case_id}")
    expect(page.locator("#kind .notice")).to_contain_text("could not be asked")
    page.click("[data-play]")
    until(page, "document.querySelector('[data-audio] audio').currentTime > 0.2")
    _kind_set_by_keyboard(page, "criticism")
    expect(page.locator("#kind [role=status]")).to_contain_text("written down with your name")
    expect(page.locator("#kind .notice")).to_have_count(0)
    expect(page.locator("#case-tags")).to_contain_text("Criticism")
    expect(page.locator("#history")).to_contain_text("Kind set: Criticism")
    assert page.evaluate("document.querySelector('[data-audio] audio').currentTime > 0"), (
        "the message plays on"
    )
    trail = visit("supervisor", language="en").open(f"/audit?case={left.tracking_code}&person=agent")
    expect(trail.locator("main")).to_contain_text("Classified the case")


def test_a_kind_set_meanwhile_by_somebody_else_is_not_overwritten(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves(kind="request")
    first = visit("agent", language="en").open(f"/cases/{left.case_id}")
    second = visit("official", language="en").open(f"/cases/{left.case_id}")
    first.select_option("#kind-choice", "idea")
    first.click("#kind-save")
    expect(first.locator("#kind [role=status]")).to_be_visible()
    second.select_option("#kind-choice", "report")
    second.click("#kind-save")
    expect(second.locator("#kind [role=alert]")).to_contain_text("meanwhile")
    expect(second.locator("#kind-choice")).to_have_value("idea")
    second.select_option("#kind-choice", "report")
    second.click("#kind-save")
    expect(second.locator("#kind [role=status]")).to_be_visible()


def test_the_kind_is_set_in_persian_and_without_script_too(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="unclassified", language="fa")
    page = visit("agent", language="fa").open(f"/cases/{left.case_id}")
    page.select_option("#kind-choice", "complaint")
    chosen = page.locator("#kind-choice option[value=complaint]").inner_text()
    with page.expect_navigation():  # as a browser sends it where no script runs
        page.locator("#kind form").evaluate("form => HTMLFormElement.prototype.submit.call(form)")
    expect(page.locator("#kind-choice")).to_have_value("complaint")
    expect(page.locator("#kind .notice")).to_have_count(0)
    expect(page.locator("#history li").first).to_contain_text(f": {chosen}")
    assert chosen != "Complaint"
