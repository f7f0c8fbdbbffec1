"""What the president writes on a case (4-25), and what a problem-solving session was (9-1), are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.integration.casebridge.test_within_sight import DESK, official, opened

ON_SQLITE = pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
NOTE = {"text": "رسیدگی و گزارش شود", "author": "رئیس‌جمهور", "written_on": "2026-11-20"}


@ON_SQLITE
async def test_marginal_note_keeps_text_author_and_day_and_is_the_centres_alone(api: Any) -> None:
    case = UUID((await opened(api, kind="request"))["record_id"])
    await official(api, "m1", DESK)
    async with api.person("official", username="m1") as http:
        assert (await http.post(f"/cases/{case}/marginal-notes", json=NOTE)).status_code == 403
        marked = await http.patch(f"/cases/{case}", json={"marginal_note": True})
        assert marked.status_code == 403, marked.text
    async with api.person("supervisor", username="m2") as http:
        assert (await http.post(f"/cases/{case}/marginal-notes", json={"text": "x"})).status_code == 422
        assert (await http.post(f"/cases/{case}/marginal-notes", json=NOTE)).status_code == 204
        found = (await http.get(f"/cases/{case}")).json()
        (line,) = [line for line in found["history"] if line["action"] == "marginal_note"]
        kept = {"note": NOTE["text"], "author": NOTE["author"], "written_on": "2026-11-20"}
        assert (line["actor"], line["detail"]) == ("person:m2", kept)


@ON_SQLITE
async def test_session_is_closed_with_its_day_participants_and_decision(api: Any) -> None:
    async with api.person("supervisor", username="m3") as http:
        case = (await opened(api, kind="request"))["record_id"]
        for _ in range(2):
            await http.post(f"/cases/{case}/answers", json={"text": "No.", "language": "en"})
            async with api.person("agent", username="m4") as agent:
                await agent.post(f"/cases/{case}/decide", json={"accepted": False})
        held = {"reason": "problem_solving_session", "note": "The road is mended by spring."}
        assert (await http.post(f"/cases/{case}/close", json=held)).status_code == 422
        held |= {"held_on": "2026-11-24", "participants": "The applicant; the agency of roads"}
        closed = await http.post(f"/cases/{case}/close", json=held)
        assert closed.status_code == 204, closed.text
        (line,) = [
            one for one in (await http.get(f"/cases/{case}")).json()["history"] if one["action"] == "closed"
        ]
    assert line["detail"] == held
