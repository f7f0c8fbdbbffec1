"""A-law as browsers can play it."""

from __future__ import annotations

import io
import wave

from hypothesis import given
from hypothesis import strategies as st

from casebridge.recordings.sound import ALAW, peaks, to_pcm, wav_header, wav_size


def test_the_table_is_that_of_g711() -> None:
    """Values of ITU-T G.711, table 1a: decision values' output, scaled to 16 bits."""
    assert (ALAW[0xD5], ALAW[0x55]) == (8, -8)
    assert (ALAW[0xAA], ALAW[0x2A]) == (32256, -32256)
    assert (ALAW[0x80], ALAW[0x00]) == (5504, -5504)
    assert sorted(ALAW) == sorted(-ALAW)
    assert len(set(ALAW.tolist())) == 256


@given(st.binary(max_size=2000), st.integers(1, 2))
def test_the_wav_view_has_the_size_it_promises(sound: bytes, channels: int) -> None:
    sound = sound[: len(sound) // channels * channels]
    whole = wav_header(len(sound), rate=8000, channels=channels) + to_pcm(sound)
    assert len(whole) == wav_size(len(sound))
    with wave.open(io.BytesIO(whole)) as file:
        assert file.getnframes() == len(sound) // channels
        assert file.getnchannels() == channels


@given(st.binary(max_size=3000), st.integers(1, 2), st.integers(10, 500))
def test_peaks_lie_between_nothing_and_one(sound: bytes, channels: int, count: int) -> None:
    found = peaks(sound, channels=channels, count=count)
    assert len(found) == channels
    for channel in found:
        assert len(channel) <= count
        assert all(0 <= value <= 1 for value in channel)


def test_each_channel_has_its_own_peaks() -> None:
    left, right = 0x2A, 0xD5
    assert peaks(bytes([left, right] * 100), channels=2, count=10) == [[0.9844] * 10, [0.0002] * 10]
