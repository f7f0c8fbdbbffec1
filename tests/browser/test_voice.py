"""An official answers in their own voice: the way from a microphone to the kept sound, in a real browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from casebridge.recordings.sound import to_pcm
from tests.browser.window import Visit, check_accessible, check_width
from tests.integration.transcription.conftest import english
from transcription.audio import open_recording
from transcription.recognise import SpeechModel, recognise
from transcription.store import VerifiedModel

__all__ = ["english"]
pytestmark = pytest.mark.browser
ANSWER = "the water will be back before the evening"
LISTENED = 5.0
"""Seconds the official speaks: the sentence, and the quiet after it."""
SAID = "[data-voice-said]"


def _wav(path: Path, *command: str) -> Path:
    subprocess.run([*command], check=True, stderr=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears: the sentence and then quiet, over and over."""
    folder = tmp_path_factory.mktemp("microphone")
    said, heard = folder / "said.wav", folder / "heard.wav"
    subprocess.run(["flite", "-voice", "rms", "-t", ANSWER, "-o", str(said)], check=True)
    return _wav(heard, "sox", str(said), "-r", "48000", str(heard), "pad", "0.3", "2.5")


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser], spoken: Path) -> Browser:
    """A Chromium with a microphone it may use, which also knows the line by a name without https."""
    return launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--host-resolver-rules=MAP line.example 127.0.0.1",
    )


def _answering(visit: Callable[..., Visit], citizens: Any, language: str = "en", **how: Any) -> Page:
    """An official's page of a new case, the answer's form open."""
    left = citizens.leaves(kind="request", says=None, callback="asap", language=language)
    page = visit("official", language=language, **how).open(f"/cases/{left.case_id}")
    page.locator("#answer summary").click()
    return page


def _speaks(page: Page, seconds: float) -> None:
    """By keyboard: begins, speaks, ends. The keyboard is led along."""
    page.locator("[data-voice-start]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-voice-stop]")).to_be_focused()
    expect(page.locator(SAID)).to_have_text("Recording…")
    page.wait_for_timeout(seconds * 1000)
    page.keyboard.press("Enter")


def _kept(page: Page) -> str:
    """The kept recording's id, as soon as the page says that it is kept."""
    expect(page.locator(SAID)).to_contain_text("Your voice is kept", timeout=30_000)
    return page.locator("[name=recording_id]").input_value()


def test_an_answer_is_spoken_heard_spoken_again_and_sent_and_its_words_are_understood(
    visit: Callable[..., Any],
    until: Callable[..., None],
    citizens: Any,
    english: VerifiedModel,
    tmp_path: Path,
) -> None:
    page = _answering(visit, citizens)
    _speaks(page, 0.9)
    first = _kept(page)
    expect(page.locator("[data-voice-start]")).to_be_focused()
    expect(page.locator("[data-voice-start]")).to_have_text("Speak again", use_inner_text=True)
    page.locator("[data-voice-heard]").evaluate("audio => audio.play()")
    until(page, "document.querySelector('[data-voice-heard]').currentTime > 0.3")
    check_accessible(page, "#answer")
    _speaks(page, LISTENED)
    expect(page.locator("[data-voice-start]")).to_be_focused(timeout=30_000)
    second = _kept(page)
    assert second != first
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    assert second in (page.get_by_text("Hear the official's voice").get_attribute("href") or "")

    sound = page.request.get(f"/api/v1/recordings/{second}/audio").body()
    assert LISTENED - 0.6 <= len(sound) / 8000 <= LISTENED + 3, "as long as it was spoken"
    samples = np.frombuffer(to_pcm(sound), dtype=np.int16).astype(float) / 32768
    loud = np.sqrt(np.mean(samples[np.abs(samples) > 0.02] ** 2))
    assert 0.03 < loud < 0.5, "neither faint nor shouted"
    assert np.mean(np.abs(samples) > 0.97) < 0.001, "nothing is cut off"
    file = tmp_path / "answer.alaw"
    file.write_bytes(sound)
    model = SpeechModel.load(english)
    segments = recognise(model, open_recording(file), speakers=["official"], seconds=60)
    words = " ".join(one.text for one in segments).split()
    known = [word for word in ANSWER.split() if word in words]
    assert len(known) >= len(ANSWER.split()) - 2, words


def test_a_voice_that_does_not_arrive_stays_until_it_does_and_nothing_typed_is_lost(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = _answering(visit, citizens)
    page.fill("#s-answer", "Written too.")
    page.route("**/voice", lambda route: route.abort("connectionreset"))
    _speaks(page, 1.2)
    expect(page.locator(SAID)).to_contain_text("did not arrive", timeout=30_000)
    expect(page.locator("[data-voice-again]")).to_be_visible()
    page.click("#answer button.btn-primary")
    expect(page.locator(SAID)).to_contain_text("Not yet")
    check_accessible(page, "#answer")
    page.unroute("**/voice")
    page.focus("[data-voice-again]")
    page.keyboard.press("Enter")
    _kept(page)
    expect(page.locator("[data-voice-start]")).to_be_focused()
    assert page.input_value("#s-answer") == "Written too."
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    way = page.locator("#way")
    expect(way).to_contain_text("Written too.")
    expect(way).to_contain_text("Hear the official's voice")


def test_who_cannot_send_a_voice_takes_it_away_and_answers_in_writing(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = _answering(visit, citizens)
    page.route("**/voice", lambda route: route.fulfill(status=503))
    page.fill("#s-answer", "In writing alone.")
    _speaks(page, 1.2)
    expect(page.locator(SAID)).to_contain_text("did not arrive", timeout=30_000)
    expect(page.locator("[data-voice-heard]")).to_be_hidden()
    page.click("[data-voice-away]")
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    expect(page.locator("#way")).to_contain_text("In writing alone.")
    assert page.get_by_text("Hear the official's voice").count() == 0


def test_who_was_signed_out_meanwhile_signs_in_elsewhere_and_sends_the_same_voice(
    visit: Callable[..., Any], citizens: Any, node: Any
) -> None:
    left = citizens.leaves(kind="request", says=None, callback="asap")
    window = visit(None, language="en")
    window.sign_in("official")
    window.page.wait_for_url("**/")
    page = window.open(f"/cases/{left.case_id}")
    page.locator("#answer summary").click()
    page.fill("#s-answer", "Typed before.")
    window.context.clear_cookies(name="line111_session")
    _speaks(page, 1.2)
    expect(page.locator(SAID)).to_contain_text("no longer signed in", timeout=30_000)
    page.click("[data-voice-again]")
    expect(page.locator(SAID)).to_contain_text("no longer signed in")
    other = window.context.new_page()
    other.goto("/sign-in")
    other.fill("#username", "official")
    other.fill("#password", "calm-river-42")
    other.click("form.door-form button.btn-primary")
    other.wait_for_url("**/")
    page.click("[data-voice-again]")
    _kept(page)
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    expect(page.locator("#way")).to_contain_text("Typed before.")


def test_a_page_is_not_closed_over_a_voice_unasked_and_the_voice_can_be_taken_away(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = _answering(visit, citizens)
    page.fill("#s-answer", "Half an ans")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.click("[data-voice-start]")
    expect(page.locator("[data-voice-stop]")).to_be_visible()
    page.close(run_before_unload=True)
    page.wait_for_timeout(1200)
    assert asked == ["beforeunload"]
    assert page.input_value("#s-answer") == "Half an ans"
    page.click("[data-voice-stop]")
    _kept(page)
    page.click("[data-voice-away]")
    expect(page.locator(SAID)).to_contain_text("no voice any more")
    expect(page.locator("[data-voice-start]")).to_be_focused()
    expect(page.locator("[data-voice-start]")).to_have_text("Speak the answer", use_inner_text=True)
    assert page.input_value("[name=recording_id]") == ""


def test_what_a_sound_file_lacks_is_told_and_a_good_one_is_taken(
    visit: Callable[..., Any], citizens: Any, spoken: Path, tmp_path: Path
) -> None:
    def tone(name: str, *effects: str) -> Path:
        path = tmp_path / name
        return _wav(path, "sox", "-n", "-r", "8000", "-c", "1", str(path), *effects)

    (tmp_path / "text.wav").write_text("no sound at all")
    page = _answering(visit, citizens)
    for file, told in (
        (tone("short.wav", "synth", "0.2", "sine", "440"), "too short"),
        (tone("long.wav", "synth", "121", "sine", "440"), "longer than two minutes"),
        (tone("silent.wav", "trim", "0", "2"), "Nothing was heard"),
        (tmp_path / "text.wav", "no sound that the browser can read"),
    ):
        page.set_input_files("#s-voice", file)
        expect(page.locator(SAID)).to_contain_text(told, timeout=30_000)
        assert page.input_value("[name=recording_id]") == ""
    page.set_input_files("#s-voice", spoken)
    _kept(page)


def test_recording_ends_by_itself_after_two_minutes_and_what_was_spoken_is_kept(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = _answering(visit, citizens)
    page.clock.install()
    page.click("[data-voice-start]")
    expect(page.locator("[data-voice-stop]")).to_be_visible()
    page.wait_for_timeout(1200)
    page.clock.fast_forward(121_000)
    expect(page.locator(SAID)).to_contain_text("Two minutes at the most", timeout=30_000)
    assert page.input_value("[name=recording_id]")


def test_a_refused_step_keeps_the_voice_it_was_to_send(visit: Callable[..., Any], citizens: Any) -> None:
    page = _answering(visit, citizens)
    other = page.context.new_page()
    other.goto(page.url)
    other.click("[data-key=t]")
    other.wait_for_url("**said=take")
    _speaks(page, 1.2)
    voice = _kept(page)
    page.click("#answer button.btn-primary")
    page.wait_for_selector("[role=alert]")
    assert _kept(page) == voice
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny"), "may not use"),
        (("--use-fake-ui-for-media-stream", "--disable-audio-input"), "No microphone was found"),
    ],
    ids=["refused", "none there"],
)
def test_without_a_microphone_the_page_says_what_to_do_and_keeps_what_was_typed(
    launch: Callable[..., Browser], node: Any, citizens: Any, arguments: tuple[str, ...], told: str
) -> None:
    chromium = launch(*arguments)

    def visit(role: str, language: str) -> Visit:
        return Visit(chromium, node, role, language, (1366, 768))

    page = _answering(visit, citizens)
    page.fill("#s-answer", "In writing, then.")
    page.click("[data-voice-start]")
    expect(page.locator(SAID)).to_contain_text(told)
    check_accessible(page, "#answer")
    page.click("#answer button.btn-primary")
    page.wait_for_url("**said=answer")
    expect(page.locator("#way")).to_contain_text("In writing, then.")


def test_an_address_without_https_has_no_microphone_and_says_so(
    browser: Browser, node: Any, citizens: Any
) -> None:
    left = citizens.leaves(kind="request", says=None, callback="asap")
    there = re.sub(r"127\.0\.0\.1", "line.example", node.url)
    context = browser.new_context(base_url=there)
    context.add_cookies([{"name": "line111_language", "value": "en", "url": there}])
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#username", "official")
    page.fill("#password", "calm-river-42")
    page.click("form.door-form button.btn-primary")
    page.wait_for_url("**/")
    page.goto(f"/cases/{left.case_id}")
    page.locator("#answer summary").click()
    page.click("[data-voice-start]")
    expect(page.locator(SAID)).to_contain_text("begins with https")
    context.close()


def test_the_persian_page_says_it_in_persian_and_is_accessible_on_a_telephone(
    visit: Callable[..., Any], citizens: Any
) -> None:
    page = _answering(visit, citizens, "fa", size=(390, 844))
    page.click("[data-voice-start]")
    expect(page.locator("[data-voice-time]")).to_contain_text("۰۰:۰۱")
    page.click("[data-voice-stop]")
    expect(page.locator("[data-voice-kept]")).to_be_visible(timeout=30_000)
    assert not re.search("[a-z]", page.inner_text(SAID))
    check_accessible(page, "#answer")
    check_width(page)
