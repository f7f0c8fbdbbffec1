"""Every line of a process goes to standard error in one form, masked, whoever wrote it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

PROLOGUE = """
import logging, threading, warnings
import structlog
from line111.logging import setup
from line111.settings import Settings
setup("ivr", Settings(log_format={form!r}, node="n1"))
log = structlog.get_logger("place")
"""
NATIONAL_ID = "0012345678"


def lines_of(code: str, form: str = "json") -> list[str]:
    """Run a small process of ours; the lines it writes to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", PROLOGUE.format(form=form) + code], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def objects_of(code: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines_of(code)]


def test_a_line_says_when_where_who_and_what() -> None:
    (line,) = objects_of("log.info('call answered', call_id='1795504800.12')")
    assert line["event"] == "call answered"
    assert line["service"] == "ivr"
    assert line["node"] == "n1"
    assert line["level"] == "info"
    assert line["logger"] == "place"
    assert line["call_id"] == "1795504800.12"
    assert line["at"].endswith("Z")


def test_a_librarys_line_passes_through_the_same_masks() -> None:
    (line,) = objects_of(
        f"logging.getLogger('lib').warning('for %s', '{NATIONAL_ID}', extra={{'phone': '1'}})"
    )
    assert NATIONAL_ID not in json.dumps(line)
    assert line["phone"] == "•"
    assert line["service"] == "ivr"


@pytest.mark.parametrize("write", ["log.exception('x')", "logging.exception('x')", "raise"])
@pytest.mark.parametrize("form", ["json", "text"])
def test_tracebacks_are_masked(write: str, form: str) -> None:
    cause = "raise ValueError(str(12345678 + 0) + '90', 'Bearer abcdef')"
    code = f"try:\n    {cause}\nexcept ValueError:\n    {write}"
    text = "\n".join(lines_of(code, form))
    assert "ValueError" in text
    assert "1234567890" not in text
    assert "abcdef" not in text


def test_an_exception_nobody_caught_in_a_thread_is_a_masked_line() -> None:
    code = f"t = threading.Thread(target=lambda: int('x{NATIONAL_ID}')); t.start(); t.join()"
    (line,) = objects_of(code)
    assert line["level"] == "critical"
    assert NATIONAL_ID not in json.dumps(line)


def test_warnings_are_lines_too() -> None:
    (line,) = objects_of(f"warnings.warn('about {NATIONAL_ID}')")
    assert line["level"] == "warning"
    assert NATIONAL_ID not in json.dumps(line)


def test_a_callers_name_cannot_draw_on_the_operators_terminal() -> None:
    text = "\n".join(lines_of("log.info('from \\x1b[2J\\x07 name')", form="text"))
    assert "\x1b[2J" not in text
    assert "\x07" not in text


def test_persian_words_stay_readable() -> None:
    (line,) = lines_of("log.info('ok', word='\\u0634\\u06a9\\u0627\\u06cc\\u062a')")
    assert "\u0634\u06a9\u0627\u06cc\u062a" in line
