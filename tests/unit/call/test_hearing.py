"""The citizen's ear, by samples made for the purpose."""

from __future__ import annotations

import audioop
from pathlib import Path

import numpy as np
import pytest

from asterisk_conf.prompts.catalogue import catalogue
from line111.call.hearing import RATE, TONE_HZ, Ear, Samples, goertzel_share
from line111.call.prompts_heard import PromptEar, PromptHeard, PromptIndex, told_codes
from line111.call.speech import SoundUnreadable, read_sound, spoken, write_wav


def tone(seconds: float, hertz: float = TONE_HZ, level: float = 8000) -> Samples:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.int16)


def speech(seed: int, seconds: float) -> Samples:
    """Something like speech: noise whose loudness changes, as A-law carries it."""
    chance = np.random.default_rng(seed)
    length = int(seconds * RATE)
    loudness = np.interp(
        np.arange(length),
        np.arange(0, length + 800, 800),
        chance.uniform(500, 9000, length // 800 + 2)[: len(np.arange(0, length + 800, 800))],
    )
    wave = np.convolve(chance.normal(size=length), np.ones(5) / 5, "same") * loudness
    return alaw_and_back(wave.clip(-30000, 30000).astype(np.int16))


def alaw_and_back(samples: Samples) -> Samples:
    return np.frombuffer(audioop.alaw2lin(audioop.lin2alaw(samples.tobytes(), 2), 2), np.int16)


def hear(sound: Samples, ear: Ear | None = None) -> Ear:
    """As it comes from the network: 20 ms at a time."""
    ear = ear or Ear()
    for place in range(0, len(sound), 160):
        ear.feed(sound[place : place + 160], (place + 160) / RATE)
    return ear


def test_speech_and_its_end_are_heard() -> None:
    ear = hear(np.concatenate([silence(0.5), speech(1, 1.0), silence(1.0), speech(2, 0.5), silence(0.2)]))
    assert [(round(one.start, 1), round(one.end, 1)) for one in ear.sounds] == [(0.5, 1.5), (2.5, 3.0)]
    assert ear.first_sound_at == pytest.approx(0.5, abs=0.05)


def test_the_record_tone_is_told_from_speech_and_from_other_tones() -> None:
    heard = np.concatenate(
        [speech(1, 2.0), silence(0.2), tone(0.4, 440), silence(0.2), tone(0.4), silence(0.2)]
    )
    ear = hear(heard)
    assert len(ear.tones) == 1
    assert ear.tone_ended_at == pytest.approx(3.2, abs=0.05)


def test_the_tone_has_not_ended_while_it_sounds() -> None:
    ear = hear(tone(0.3))
    assert ear.tone_ended_at is None
    hear(np.concatenate([tone(0.3), silence(0.1)]), ear := Ear())
    assert ear.tone_ended_at is not None


def test_the_tone_listened_for_is_the_one_the_line_plays() -> None:
    for language in ("fa", "en"):
        assert catalogue(language)["message/beep"].tone_hz == TONE_HZ


def test_goertzel_finds_its_frequency_only() -> None:
    assert goertzel_share(tone(0.02, 1000), 1000) > 0.99
    assert goertzel_share(tone(0.02, 700), 1000) < 0.1
    assert goertzel_share(silence(0.02), 1000) == 0.0


def test_what_does_not_arrive_is_silence_on_the_calls_clock() -> None:
    ear = Ear()
    ear.feed(speech(1, 1.0), 1.0)
    for tick in range(1, 101):
        ear.feed(silence(0), 1.0 + tick / 50)
    ear.feed(speech(2, 1.0), 4.0)
    assert len(ear.samples) / RATE == pytest.approx(4.0, abs=0.3)
    assert ear.sounds[0].end == pytest.approx(1.0, abs=0.05)
    assert ear.sounds[1].start == pytest.approx(3.0, abs=0.3)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small line: two prompts that begin alike, ten digits of odd lengths, a tone."""
    folder = tmp_path_factory.mktemp("sounds")
    opening = speech(50, 0.5)
    made = {
        "menu/main": np.concatenate([opening, speech(51, 1.5)]),
        "menu/kind": np.concatenate([opening, speech(52, 1.5)]),
        "code/told_intro": speech(53, 1.01),
        "code/repeat_intro": speech(54, 1.02),
        "silence/short": silence(0.35),
        "message/beep": tone(0.4),
        **{f"digits/{digit}": speech(60 + digit, 0.3 + digit * 0.0113) for digit in range(10)},
    }
    for name, samples in made.items():
        file = folder / "fa" / f"{name}.alaw"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(audioop.lin2alaw(samples.tobytes(), 2))
    return folder


def said(folder: Path, *names: str) -> list[Samples]:
    return [
        np.frombuffer(audioop.alaw2lin((folder / "fa" / f"{name}.alaw").read_bytes(), 2), np.int16)
        for name in names
    ]


def heard_prompts(index: PromptIndex, sound: Samples, packet: int = 160) -> list[PromptHeard]:
    ear = PromptEar(index)
    for place in range(0, len(sound), packet):
        ear.feed(sound[place : place + packet], place / RATE)
    return ear.heard


@pytest.mark.parametrize("packet", [80, 160, 240, 163])
def test_a_code_is_known_from_its_sound_wherever_packets_are_cut(sounds: Path, packet: int) -> None:
    code = "1223334440"
    digits = [f"digits/{digit}" for digit in code]
    sound = np.concatenate(
        [
            silence(0.137),
            *said(sounds, "code/told_intro", *digits, "code/repeat_intro", *digits),
            silence(0.1),
        ]
    )
    assert told_codes(heard_prompts(PromptIndex(sounds), sound, packet)) == [code, code]


def test_prompts_that_begin_alike_are_told_apart_and_an_interrupted_one_is_still_known(sounds: Path) -> None:
    main, kind = said(sounds, "menu/main", "menu/kind")
    found = heard_prompts(PromptIndex(sounds), np.concatenate([kind[:9000], main, silence(0.1)]))
    assert [one.id for one in found] == ["menu/kind", "menu/main"]
    assert found[1].at == pytest.approx(9000 / RATE, abs=0.01)


def test_lost_packets_do_not_make_two_of_one_prompt(sounds: Path) -> None:
    (main,) = said(sounds, "menu/main")
    holed = np.concatenate([main[:6000], main[7600:], silence(0.1)])
    assert [one.id for one in heard_prompts(PromptIndex(sounds), holed)] == ["menu/main"]


def test_words_that_occur_twice_in_a_prompt_do_not_make_it_two(tmp_path: Path) -> None:
    again = speech(80, 0.4)
    prompt = np.concatenate(
        [speech(81, 1.6), again, speech(82, 0.4), again, speech(83, 0.4), again, speech(84, 1.0)]
    )
    file = tmp_path / "en" / "contact" / "ask.alaw"
    file.parent.mkdir(parents=True)
    file.write_bytes(audioop.lin2alaw(prompt.tobytes(), 2))
    index = PromptIndex(tmp_path)
    assert len(heard_prompts(index, np.concatenate([prompt, silence(0.1)]))) == 1
    lost = np.concatenate([prompt[:14_000], prompt[18_000:], silence(0.1)])
    assert len(heard_prompts(index, lost)) == 1
    assert len(heard_prompts(index, np.concatenate([prompt, silence(0.5), prompt, silence(0.1)]))) == 2


def test_a_strangers_voice_is_no_prompt(sounds: Path) -> None:
    assert heard_prompts(PromptIndex(sounds), speech(99, 5.0)) == []


def test_a_line_without_sounds_is_no_error(tmp_path: Path) -> None:
    assert PromptIndex(tmp_path / "nowhere").names == []


def test_a_code_broken_off_is_told_as_far_as_it_went() -> None:
    names = ["code/told_intro", "digits/1", "silence/short", "digits/2", "menu/main", "digits/3"]
    assert told_codes(PromptHeard(0.0, "fa", name, 0.0) for name in names) == ["12"]


@pytest.mark.parametrize(("language", "text"), [("en", "Hello there."), ("fa", "سلام")])
def test_a_text_is_spoken_loud_enough_for_a_telephone(language: str, text: str) -> None:
    voice = spoken(language, text)
    assert 0.3 < len(voice) / RATE < 4
    assert 10_000 < np.abs(voice).max() <= 17_000


def test_a_text_that_looks_like_an_option_is_spoken() -> None:
    assert len(spoken("en", "-h")) > 0
    assert len(spoken("fa", "--version")) > 0


def test_a_wav_comes_back_as_it_was(tmp_path: Path) -> None:
    write_wav(tmp_path / "two.wav", tone(0.5), silence(0.2))
    assert len(read_sound(tmp_path / "two.wav")) == pytest.approx(0.5 * RATE, abs=2)


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\0\0\0\0WAVE"])
def test_a_file_that_is_no_sound_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.wav"
    file.write_bytes(content)
    with pytest.raises(SoundUnreadable):
        read_sound(file)
