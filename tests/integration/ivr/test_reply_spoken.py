"""A reply is spoken by the real programs, or plainly not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.read_out import read_out

REPLIES = {
    "fa": "پاسخ درخواست شما: لوله‌ی آب خیابان فردا تعمیر می‌شود.",
    "en": "The answer to your request: the water pipe is repaired tomorrow.",
}


def decoded(alaw: bytes) -> np.ndarray:
    """A-law as samples (ITU-T G.711)."""
    code = np.frombuffer(alaw, np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    level = np.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << np.maximum(exponent - 1, 0)) * 8
    return np.where(code & 0x80, level, -level)


@pytest.mark.parametrize("language", list(REPLIES))
async def test_reply_is_spoken_aloud_for_as_long_as_its_text_takes(language: str, tmp_path: Path) -> None:
    sound = await read_out(language, REPLIES[language], tmp_path)
    assert sound == tmp_path / "reply"
    samples = decoded(sound.with_suffix(".alaw").read_bytes())
    assert 2 < len(samples) / 8000 < 12
    assert np.abs(samples).max() > 3000


async def test_text_that_looks_like_an_option_is_only_spoken(tmp_path: Path) -> None:
    assert await read_out("en", "--version -f /etc/passwd", tmp_path)


async def test_a_machine_that_cannot_speak_says_so_by_giving_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await read_out("fa", REPLIES["fa"], tmp_path) is None
    assert not (tmp_path / "reply.alaw").exists()
