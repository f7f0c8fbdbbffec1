"""A whole line for the tests that load it."""

from tests.pbx.conftest import asterisk_root, make_asterisk
from tests.pbx.whole_line import make_line

__all__ = ["asterisk_root", "make_asterisk", "make_line"]
