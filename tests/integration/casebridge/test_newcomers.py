"""Officials come in as a table, with accounts; a password that was given opens nothing."""

from __future__ import annotations

import asyncio
import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from casebridge.people.service import choose_password, person_of
from tests.integration.casebridge.test_within_sight import DESK, GOVERNOR


async def signed_in(http: httpx.AsyncClient, name: str, password: str) -> httpx.Response:
    """Signs in, and looks into the cartable."""
    opened = await http.post("/session", json={"username": name, "password": password})
    assert opened.status_code == 201, opened.text
    return await http.get("/cartable")


async def test_a_table_brings_accounts_whose_passwords_open_nothing_until_they_are_changed(
    api: Any, tmp_path: Path
) -> None:
    table, given = tmp_path / "officials.csv", tmp_path / "given.csv"
    rows = [("new_one", DESK), ("new_one", GOVERNOR), ("new_two", DESK)]
    table.write_text("username,unit_code,position\n" + "".join(f"{n},{u},staff\n" for n, u in rows))
    done = await asyncio.to_thread(brought_in, api, table, given)
    assert done.returncode == 0, done.stderr
    assert given.stat().st_mode & 0o777 == 0o600
    passwords = {row[0]: row[-1] for row in csv.reader(given.open(encoding="utf-8"))}
    assert passwords.keys() == {"new_one", "new_two"}
    again = await asyncio.to_thread(brought_in, api, table, given)
    assert again.returncode != 0, "no file of passwords is written over"

    async with api.http() as other, api.http() as http:
        assert (await signed_in(other, "new_one", passwords["new_one"])).status_code == 403
        assert (await signed_in(http, "new_one", passwords["new_one"])).status_code == 403
        token = http.cookies["line111_session"]
        async with api.bridge.database.reading() as session:
            who = await person_of(session, token)
        for old, taken in (("not the one", False), (passwords["new_one"], True)):
            chosen = await choose_password(api.bridge.database, who, old, "my own word", token=token)
            assert chosen is taken
        assert (await http.get("/cartable")).status_code == 200
        assert (await other.get("/cartable")).status_code == 401, "other sessions end"
    async with api.http() as http:
        assert (await signed_in(http, "new_one", "my own word")).status_code == 200


def brought_in(api: Any, table: Path, given: Path) -> subprocess.CompletedProcess[str]:
    """The command, as an operator runs it."""
    settings = api.settings
    place = {"LINE111_HOME": str(settings.home), "LINE111_BRIDGE__DATABASE_URL": settings.database_url}
    command = [sys.executable, "-m", "casebridge", "create-accounts", str(table), "--passwords", str(given)]
    return subprocess.run(command, env=os.environ | place, capture_output=True, text=True, timeout=120)
