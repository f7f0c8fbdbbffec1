"""What an English caller said becomes text, though Redis and the transcriber died meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import pytest

from line111.call.speech import spoken
from tests.pbx.whole_line import NATIONAL_ID, WholeLine
from tests.waiting import wait_for
from transcription.store import VerifiedModel

pytestmark = [pytest.mark.chaos, pytest.mark.pbx, pytest.mark.timeout(240)]
SAID = "The water in our street has been cut for three days. Please send somebody to repair the pipe."
ENGLISH_CALL = f"hear:system/language_en !9 1 2 {NATIONAL_ID} 1 say # 1 2"


@pytest.fixture(scope="module")
def line(make_line: Callable[..., WholeLine], english: VerifiedModel) -> WholeLine:
    """A line with the English model, whose workers take over and look for lost jobs soon."""
    line = make_line(transcription={"takeover_seconds": 3, "lost_after_seconds": 3})
    arriving = line.settings.models_dir / ".linked"
    shutil.copytree(english.path, arriving, copy_function=os.link)
    arriving.rename(line.settings.models_dir / english.name)
    return line


def test_transcript_arrives_though_its_job_was_lost_twice(line: WholeLine) -> None:
    line.redis.kill()  # the job has no queue to go to
    phoned = line.phone(ENGLISH_CALL, message=spoken("en", SAID))
    case = line.case(phoned.code)
    assert case.language == "en"
    line.redis.start()
    line.transcription.start()

    def status() -> str | None:
        return line.case(phoned.code).transcript_status

    wait_for(lambda: status() not in (None, "queued"), 60, "a worker to begin")
    line.transcription.kill()
    line.transcription.start()
    wait_for(lambda: status() == "done", 60, "the transcript")
    (recording,) = line.details(case).recordings
    assert recording.transcript_text is not None
    assert "water in our street has been cut for three days" in recording.transcript_text.lower()
    line.check_promise()
