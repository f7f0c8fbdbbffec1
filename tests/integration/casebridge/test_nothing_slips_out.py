"""Ways around the audit trail and the masks, each closed (promise 5)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from casebridge.audit.models import AuditLine
from casebridge.intakes.reading import _number
from console.app import create_screens
from console.headers import PageHeaders

PEAKS_A_SECOND = 100


async def test_peaks_of_a_short_recording_are_too_coarse_to_listen_to(api: Any, tmp_path: Any) -> None:
    """Peaks are not a playback and not audited, so nobody may make sound of them."""
    audio = api.citizen.sound(1)
    intake = api.citizen.intake((await api.codes())[0], audio=audio)
    recording = intake["recording"]
    (tmp_path / "m.alaw").write_bytes(audio)
    async with api.client() as client:
        await client.post_record(intake)
        await client.put_audio(recording["recording_id"], tmp_path / "m.alaw", recording["sha256"])
    async with api.http("transcription") as http:
        answer = await http.get(f"/recordings/{recording['recording_id']}/peaks?count=5000")
    assert len(answer.json()["channels"][0]) <= PEAKS_A_SECOND


async def test_an_error_of_the_database_does_not_quote_what_was_to_be_written(api: Any) -> None:
    with pytest.raises(DBAPIError) as raised:
        async with api.bridge.database.writing() as session:
            await session.execute(text("INSERT INTO no_such_table VALUES (:name)"), {"name": "a citizen"})
    assert "a citizen" not in str(raised.value)


def test_a_number_with_a_line_break_behind_it_is_no_number() -> None:
    assert _number({"contact_number": "+989121234567"}, "contact_number") == "+989121234567"
    assert _number({"contact_number": "+989121234567\n"}, "contact_number") is None


async def test_an_identifier_searched_for_is_masked_in_the_trail_of_exports(api: Any) -> None:
    screens = create_screens(api.settings, api.bridge)
    async with api.person("agent") as person:
        cookies = {"line111_session": person.cookies["line111_session"]}
    transport = httpx.ASGITransport(PageHeaders(screens))
    async with httpx.AsyncClient(base_url="http://bridge", transport=transport, cookies=cookies) as http:
        answer = await http.get("/cases.csv", params={"q": "0012345679", "kind": "complaint"})
    assert answer.status_code == 200
    async with api.bridge.database.reading() as session:
        lines = [line.detail for line in await session.scalars(select(AuditLine)) if line.detail.get("kind")]
    assert [line["kind"] for line in lines] == ["complaint"]
    assert "0012345679" not in str(lines)
