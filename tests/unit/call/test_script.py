"""What a scripted citizen decides, by the clock and by what was heard."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from line111.call.script import (
    Act,
    BadScript,
    Citizen,
    HangUpNow,
    Hear,
    Manners,
    Press,
    PressKey,
    Say,
    SpeakNow,
    Wait,
    mask_keys,
    parse_script,
)


@dataclass
class Line:
    """What has been heard."""

    first_sound_at: float | None = None
    last_sound_at: float | None = None
    tone_ended_at: float | None = None
    prompts: dict[str, float] = field(default_factory=dict)

    def heard_prompt(self, name: str, since: float) -> bool:
        return self.prompts.get(name, -99) >= since


def run(citizen: Citizen, line: Line, start: float, end: float) -> list[tuple[float, Act]]:
    """Ask every 50 ms what is done."""
    clock = [tick / 20 for tick in range(round(start * 20), round(end * 20) + 1)]
    return [(now, act) for now in clock if (act := citizen.decide(now, line))]


def citizen(script: str, **manners: float | bool) -> Citizen:
    manners = {"quiet": 0.75, **manners}  # exact in binary, so that the clock below meets it
    return Citizen(parse_script(script), message_seconds=5.0, manners=Manners(**manners))  # type: ignore[arg-type]


def test_every_word_is_understood() -> None:
    assert parse_script("9 !1 0499370899 *# say wait wait:2.5 hear:menu/main") == (
        Press("9"), Press("1", at_once=True), Press("0499370899"), Press("*#"),
        Say(), Wait(), Wait(2.5), Hear("menu/main"),
    )  # fmt: skip
    assert parse_script("") == ()


@pytest.mark.parametrize("word", ["A", "1a", "!", "wait:", "wait:x", "speak", "hear:", "hear:Menu/main", "۱"])
def test_a_wrong_word_is_named_with_its_place(word: str) -> None:
    with pytest.raises(BadScript, match="word 2"):
        parse_script(f"1 {word}")


def test_a_key_is_pressed_when_the_prompt_has_ended_and_not_in_its_pauses() -> None:
    line = Line(0.0, 3.0)
    someone = citizen("1")
    assert run(someone, line, 0.1, 3.7) == []
    line.last_sound_at = 5.0  # it spoke on
    assert run(someone, line, 3.75, 5.7) == []
    assert run(someone, line, 5.75, 6.0) == [(5.75, PressKey("1"))]


def test_the_next_key_waits_for_the_next_prompt() -> None:
    line = Line(0.0, 3.0)
    someone = citizen("1 2")
    assert run(someone, line, 3.75, 9.0) == [(3.75, PressKey("1"))]
    line.last_sound_at = 9.25
    assert run(someone, line, 9.3, 11.0) == [(10.0, PressKey("2"))]


def test_a_line_that_says_nothing_gets_its_key_all_the_same() -> None:
    assert run(citizen("1"), Line(), 0.0, 7.0) == [(6.0, PressKey("1"))]


def test_an_impatient_citizen_presses_into_the_prompt() -> None:
    speaking = Line(0.0, 99.0)
    assert run(citizen("12", impatient=True), speaking, 0.0, 1.0) == [
        (0.0, PressKey("1")),
        (0.25, PressKey("2")),
    ]
    assert run(citizen("!1"), speaking, 0.0, 1.0) == [(0.0, PressKey("1"))]


def test_keys_follow_each_other_like_a_persons() -> None:
    line = Line(0.0, 0.0001)
    pressed = run(citizen("123", key_gap=0.5, quiet=0.1), line, 0.1, 3.0)
    assert [act.key for _, act in pressed if isinstance(act, PressKey)] == ["1", "2", "3"]
    assert [round(later - pressed[0][0], 2) for later, _ in pressed] == [0.0, 0.5, 1.0]


def test_the_message_is_spoken_after_the_tone_and_the_pound_key_after_the_message() -> None:
    line = Line(0.0, 4.0)
    someone = citizen("say #")
    assert run(someone, line, 0.1, 4.3) == []
    line.tone_ended_at = line.last_sound_at = 4.4
    assert run(someone, line, 4.35, 4.65) == []
    assert run(someone, line, 4.7, 12.0) == [(4.7, SpeakNow(after_tone=True)), (10.45, PressKey("#"))]


def test_without_a_tone_the_citizen_speaks_after_a_while() -> None:
    assert run(citizen("say"), Line(0.0, 4.0), 4.0, 8.0) == [(7.0, SpeakNow(after_tone=False))]


def test_a_tone_of_an_earlier_recording_is_not_taken_for_this_one() -> None:
    line = Line(0.0, 4.4, tone_ended_at=4.4)
    someone = citizen("say 1 say")
    assert run(someone, line, 4.7, 12.0)[0] == (4.7, SpeakNow(after_tone=True))
    line.last_sound_at = 12.5
    assert [act for _, act in run(someone, line, 12.5, 16.0)] == [SpeakNow(after_tone=False)]


def test_waiting_for_a_prompt_and_then_pressing_takes_no_second_prompt() -> None:
    assert run(citizen("wait 1"), Line(0.0, 3.0), 0.1, 5.0) == [(4.5, PressKey("1"))]


def test_a_named_prompt_is_waited_for() -> None:
    line = Line(0.0, 9.0)
    someone = citizen("hear:menu/main wait:2 !1")
    assert run(someone, line, 0.0, 5.0) == []
    line.prompts["menu/main"] = 5.0
    assert run(someone, line, 5.05, 9.0) == [(7.1, PressKey("1"))]


def test_a_named_prompt_that_never_comes_does_not_hold_the_call() -> None:
    assert run(citizen("hear:menu/main !1"), Line(0.0, 1.0), 0.0, 8.0)[0][1] == PressKey("1")


def test_hanging_up_ends_the_script() -> None:
    someone = citizen("wait:1 hangup")
    assert run(someone, Line(0.0, 9.0), 0.0, 3.0) == [(1.05, HangUpNow())]
    assert someone.is_finished_at(2.0)


def test_the_script_is_not_finished_while_the_message_is_spoken() -> None:
    someone = citizen("say")
    run(someone, Line(0.0, 4.4, tone_ended_at=4.4), 4.7, 5.0)
    assert not someone.is_finished_at(9.0)
    assert someone.is_finished_at(9.8)


def test_what_may_identify_a_person_is_never_shown() -> None:
    assert mask_keys("0499370899#") == "••••••••••#"
    assert mask_keys("*1") == "*1"
