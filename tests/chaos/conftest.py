"""Whole lines for the tests that kill their parts."""

from tests.integration.transcription.conftest import english
from tests.pbx.conftest import asterisk_root, make_asterisk
from tests.pbx.whole_line import make_line

__all__ = ["asterisk_root", "english", "make_asterisk", "make_line"]
