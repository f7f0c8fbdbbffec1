"""What the bridge refused has a way back, and shows nobody's data on the way."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from ivr import records, spool_cli
from ivr.records import Recorded
from line111.settings import Settings
from persian.tracking_code import make_tracking_code

CODE = make_tracking_code(9)


@pytest.fixture
def line111(node, monkeypatch):
    """Calls `line111 spool` for the node."""
    home = node.spool.folder.parent
    monkeypatch.setattr(spool_cli, "load_settings", lambda: Settings(home=home))
    return lambda *words: CliRunner().invoke(spool_cli.app, words)


def refused(node, code: str | None = CODE, reason: str = "404 no such case of 0499370899") -> str:
    record = records.intake(
        node="n1", origin="ivr", call_id="n1-1.1", language="fa", tracking_code=code, kind="request",
        sealed="c2VhbGVk", province=None, ended_by="confirmed",
        recording=Recorded("019a0000-0000-7000-8000-000000000001", "n1-1.1/message.alaw", 8, "0" * 64),
    )  # fmt: skip
    node.spool.reject(node.spool.put(record), reason)
    return record["record_id"]


def test_list_says_what_and_why_with_everybodys_data_masked(node, line111):
    record_id = refused(node)
    told = line111("list")
    assert told.exit_code == 1
    assert record_id in told.output
    assert "a caller's matter" in told.output
    assert "ITS SOUND IS MISSING" in told.output
    assert "0499370899" not in told.output
    assert CODE not in told.output
    assert CODE[-3:] in told.output


def test_nothing_refused_is_said_plainly(line111):
    told = line111("list")
    assert (told.exit_code, told.output) == (0, "No record was refused.\n")


def test_show_keeps_what_is_sealed_sealed(node, line111):
    record_id = refused(node)
    told = line111("show", record_id[:30])
    assert told.exit_code == 0, told.output
    assert "c2VhbGVk" not in told.output
    assert CODE not in told.output


def test_resend_puts_the_very_record_back_for_delivery(node, line111):
    record_id = refused(node)
    assert line111("resend", record_id).exit_code == 0
    assert [path.stem for path in node.spool.pending()] == [record_id]
    assert not list(node.spool.rejected.iterdir())
    assert line111("resend", record_id).exit_code == 1


def test_resend_all_keeps_back_what_is_no_record(node, line111):
    ids = {refused(node), refused(node, None)}
    (node.spool.rejected / "odd.json").write_text("{")
    assert line111("resend", "--all").exit_code == 1
    sent = node.spool.pending() + node.spool.waiting_for_code()
    assert {path.stem for path in sent} == ids
    assert [path.name for path in node.spool.rejected.iterdir()] == ["odd.json"]


@pytest.mark.parametrize("words", [("resend",), ("resend", "x", "--all")])
def test_resend_wants_one_record_or_all(line111, words):
    assert line111(*words).exit_code == 2


def test_a_beginning_that_fits_several_is_not_guessed_at(node, line111):
    first, second = refused(node), refused(node)
    common = first[: next(i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)]
    assert line111("show", common).exit_code == 1
