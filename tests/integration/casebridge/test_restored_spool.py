"""A node's spool restored from a backup must not make the line tell a code twice."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from casebridge import cli
from casebridge.migrate import upgrade


def test_codes_that_came_back_with_an_old_spool_are_not_told_again(
    node_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade(node_home.database_url)
    codes = node_home.spool_dir / "codes"
    codes.mkdir(parents=True)
    for holder in ("ivr", "emergency"):
        (codes / f"{holder}.json").write_text('{"codes":["1234567890"]}')
    monkeypatch.setattr(cli, "load_settings", lambda: node_home)
    done = CliRunner().invoke(cli.app, ["skip-codes"])
    assert done.exit_code == 0, done.output
    assert list(codes.iterdir()) == []
