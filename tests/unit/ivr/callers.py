"""Who phones in these tests, and what they were told."""

from __future__ import annotations

from persian.identifiers import sample_identifier
from persian.tracking_code import make_tracking_code

NATIONAL = sample_identifier("national_id", 3)
CODE = make_tracking_code(1000)


def code_told(heard: list[str], language: str = "fa") -> list[str]:
    """The digits told after the code's introduction, once for each time it was told."""
    told: list[str] = []
    for sound in heard:
        if sound in (f"{language}/code/told_intro", f"{language}/code/repeat_intro"):
            told.append("")
        elif sound.startswith(f"{language}/digits/") and told:
            told[-1] += sound[-1]
        elif told and "silence" not in sound and "code/" not in sound:
            break
    return told
