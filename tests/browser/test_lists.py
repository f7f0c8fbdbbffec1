"""The list of cases and the callback line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_filters_narrow_the_list_and_a_tracking_code_finds_its_case(
    visit: Callable[..., Any], citizens: Any
) -> None:
    idea = citizens.leaves(kind="idea", province="28", says=None, callback="asap")
    page = visit("agent", language="en").open("/cases?kind=idea&province=28")
    expect(page.locator(f"a[href='/cases/{idea.case_id}']")).to_be_visible()
    assert set(page.locator("tbody .tag-teal").all_inner_texts()) == {"Idea"}
    spoken = f"{idea.tracking_code[:3]} {idea.tracking_code[3:6]} {idea.tracking_code[6:]}"
    page.fill("#search", spoken)
    page.press("#search", "Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.select_option("#f-kind", "complaint")
    page.click("form.filters .btn-primary")
    expect(page.locator(".empty")).to_contain_text("No case fits these filters")


def test_words_of_a_message_find_its_case(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves()
    citizens.transcribe(left, "an unusual giraffe stands in the market")
    page = visit("agent", language="en").open("/cases?q=unusual+giraffe")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(".excerpt")).to_contain_text("giraffe")


def test_days_are_written_in_the_calendar_of_the_language(visit: Callable[..., Any], citizens: Any) -> None:
    citizens.leaves()
    window = visit("agent", language="fa")
    today = window.open("/cases").get_attribute("#f-since", "placeholder")
    assert today.startswith("\u06f1\u06f4"), "a Jalali year in Persian digits"
    page = window.open(f"/cases?since={today}&until={today}")
    assert page.locator("tbody tr").count() > 0
    page = window.open("/cases?since=1390/13/45")
    expect(page.locator("#f-since")).to_have_attribute("aria-invalid", "true")
    page = window.open("/cases?until=1390/01/01")
    expect(page.locator(".empty")).to_be_visible()


def test_the_list_goes_on_where_it_ended_and_is_walked_by_keyboard(
    visit: Callable[..., Any], citizens: Any
) -> None:
    for number in range(35):
        citizens.leaves(kind="criticism", province="27", says=None, callback="tomorrow", minutes_ago=number)
    page = visit("agent", language="en").open("/cases?province=27")
    expect(page.locator("tbody tr:not(.more)")).to_have_count(30)
    page.click("tr.more a")
    expect(page.locator("tbody tr:not(.more)")).to_have_count(35)
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("[data-row-link]").first
    expect(first).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*-*")


def test_a_new_case_appears_as_a_bar_without_loading_the_page_again(
    visit: Callable[..., Any], citizens: Any
) -> None:
    citizens.leaves(kind="report")
    page = visit("agent", language="en").open("/cases?kind=report")
    page.evaluate("window.stillHere = true")
    page.wait_for_timeout(400)
    citizens.leaves(kind="idea")
    citizens.leaves(kind="report")
    expect(page.locator("a.fresh")).to_have_text("1 new case", timeout=10_000)
    citizens.leaves(kind="report")
    expect(page.locator("a.fresh")).to_have_text("2 new cases", timeout=10_000)
    assert page.evaluate("window.stillHere") is True
    page.click("a.fresh")
    page.wait_for_load_state("load")
    assert page.locator("a.fresh").count() == 0


def test_the_overview_counts_and_shows_the_latest_as_they_come(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = visit("agent", language="en").open("/")
    page.wait_for_timeout(400)
    left = citizens.leaves(kind="appreciation")
    expect(page.locator(f"#latest-rows a[href='/cases/{left.case_id}']")).to_be_visible(timeout=10_000)


def test_the_list_comes_as_a_file_that_no_spreadsheet_runs(visit: Callable[..., Any], citizens: Any) -> None:
    left = citizens.leaves(kind="guidance", province="29")
    citizens.transcribe(left, "=cmd|calc and more")
    window = visit("agent", language="fa")
    answer = window.context.request.get("/cases.csv?kind=guidance&province=29")
    text = answer.body().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 2
    assert rows[1][0] == left.tracking_code
    assert rows[1][-1].startswith("'=cmd")
    trail = visit("supervisor", language="en").open("/audit?person=agent")
    expect(trail.locator("main")).to_contain_text("Exported the list of cases")


def test_an_agent_takes_the_next_callback_sees_the_number_alone_and_finishes_it(
    visit: Callable[..., Any], citizens: Any
) -> None:
    for _ in range(2):
        citizens.leaves(says=None, callback="asap")
    page = visit("agent", language="en").open("/callbacks")
    page.keyboard.press("c")
    number = page.locator(".mine-number")
    expect(number).to_contain_text("0912")
    digits = number.inner_text().replace(" ", "")
    watcher = visit("supervisor", language="en").open("/callbacks")
    assert digits not in watcher.content().replace(" ", "")
    code = page.locator(".mine .tracking").inner_text()
    page.click("button[value=no_answer]")
    expect(page.locator(".notice")).to_contain_text("Written down")
    row = page.locator("tbody tr", has_text=code)
    expect(row).to_contain_text("not before")
    page.keyboard.press("c")
    expect(page.locator(".mine-number")).to_be_visible()
    page.click("text=Give back to the line")
    expect(page.locator(".notice")).to_contain_text("back in the line")
    page.keyboard.press("c")
    code = page.locator(".mine .tracking").inner_text()
    page.select_option("select[name=later]", "opening")
    page.click("button[value=later]")
    expect(page.locator(".notice")).to_contain_text("Written down")
    expect(page.locator("tbody tr", has_text=code)).to_contain_text("09:00")


def test_an_operator_sees_what_has_stopped_but_not_what_was_said(
    visit: Callable[..., Any], citizens: Any
) -> None:
    left = citizens.leaves()
    citizens.transcribe(left, "", status="failed")
    page = visit("operator", language="en").open("/recordings?state=failed")
    expect(page.locator("main")).to_contain_text(str(left.recording_id))
    assert page.locator(f"a[href='/cases/{left.case_id}']").count() == 0
    rejected = citizens.node.settings.spool_dir / "rejected"
    rejected.mkdir(parents=True, exist_ok=True)
    (rejected / "019a.json").write_text("{}")
    page.reload()
    expect(page.locator("main")).to_contain_text("019a.json")
    (rejected / "019a.json").unlink()
