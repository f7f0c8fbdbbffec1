"""The neighbours' screen without a browser: who may open it, and that secrets are shown once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from casebridge.links.service import links_of
from console.app import create_screens
from console.headers import PageHeaders
from line111.settings import CentreLink

SECRET = re.compile(r"data-secret>([^<]+)<")


@contextlib.asynccontextmanager
async def browser(api: Any, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody with a role, at the screens."""
    screens = create_screens(api.settings, api.bridge)
    async with api.person(role, username=f"{role}1") as person:
        cookies = {"line111_session": person.cookies["line111_session"], "line111_language": "en"}
    transport = httpx.ASGITransport(PageHeaders(screens))
    async with httpx.AsyncClient(base_url="http://bridge", transport=transport, cookies=cookies) as http:
        yield http


@pytest.fixture
async def screen(seeded_api: Any) -> Any:
    """An operator's browser at the screens."""
    seeded_api.settings.links.allow_private.append("127.0.0.0/8")
    async with browser(seeded_api, "operator") as http:
        yield http


async def test_an_endpoints_secret_is_shown_once_and_a_wrong_address_explained(screen: Any) -> None:
    page = await screen.get("/links")
    assert page.status_code == 200, page.text
    token = re.search(r'name="form_token" value="([^"]+)"', page.text).group(1)  # type: ignore[union-attr]
    agency = re.search(r'<option value="([a-z_0-9]+)"', page.text).group(1)  # type: ignore[union-attr]
    form = {"form_token": token, "agency": agency, "name": "office", "url": "https://10.0.0.1/"}
    refused = await screen.post("/links/endpoints", data=form)
    assert refused.status_code == 422
    assert "private network" in refused.text
    made = await screen.post("/links/endpoints", data=form | {"url": "http://127.0.0.1:9/samad"})
    assert made.status_code == 200
    secret = SECRET.search(made.text).group(1)  # type: ignore[union-attr]
    assert len(secret) >= 32
    assert made.headers["cache-control"] == "no-store"
    again = await screen.get("/links")
    assert secret not in again.text
    assert "http://127.0.0.1:9/samad" in again.text
    assert (await screen.post("/links/endpoints", data=form | {"form_token": ""})).status_code != 200


async def test_no_case_goes_to_another_centre_by_a_code_without_digits(seeded_api: Any, a_case: Any) -> None:
    case = await a_case(seeded_api)
    link = CentreLink(url="http://127.0.0.1:9", sealing_public="", secret="link_b")
    seeded_api.settings.links.centres["b"] = link
    async with browser(seeded_api, "supervisor") as http:
        page = (await http.get("/links")).text
        token = re.search(r'name="form_token" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]
        for code in ("-", "the newest"):
            form = {"form_token": token, "code": code, "centre": "b"}
            assert (await http.post("/links/pass", data=form)).headers["location"].endswith("no_case")
    async with seeded_api.bridge.database.reading() as session:
        assert await links_of(session, case.id) == []
