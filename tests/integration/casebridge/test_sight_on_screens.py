"""The screens keep an official from what is out of sight, whatever the browser sends along."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from casebridge.referrals import service as referrals
from console.app import create_screens
from console.headers import PageHeaders
from tests.integration.casebridge.test_within_sight import DESK, GOVERNOR, land, official, opened

__all__ = ["land"]


@pytest.fixture
async def browser(land: Any) -> Any:
    """The browser of a governor who is complained of, and the complaint."""
    case = UUID((await opened(land))["record_id"])
    async with land.bridge.database.writing() as session:
        await referrals.classify(session, case, {"complained_unit": GOVERNOR}, "t")
    await official(land, "s1", DESK, GOVERNOR)
    screens = PageHeaders(create_screens(land.settings, land.bridge))
    async with land.person("official", username="s1") as person:
        cookies = {"line111_session": person.cookies["line111_session"], "line111_language": "en"}
    transport = httpx.ASGITransport(screens)
    async with httpx.AsyncClient(base_url="http://bridge", transport=transport, cookies=cookies) as http:
        yield http, case


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": ""}])
async def test_no_header_opens_a_complaint_to_whom_it_is_about(browser: Any, headers: dict[str, str]) -> None:
    http, case = browser
    page = await http.get("/cases/new")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text).group(1)  # type: ignore[union-attr]
    for part in ("", "/history", "/transcript", "/tags", "/callback", "/way", "/repeats", "/proposal"):
        seen = await http.get(f"/cases/{case}{part}", headers=headers)
        assert seen.status_code == 404, part or "the page"
    revealed = await http.post(f"/cases/{case}/reveal", data={"form_token": token}, headers=headers)
    assert revealed.status_code == 404
