"""Identifiers and telephone numbers named in a text can't be read in any list (promise 5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from casebridge.cases.models import Case
from casebridge.search.service import index_case
from console.app import create_screens
from console.headers import PageHeaders
from tests.integration.casebridge.test_within_sight import DESK, official

CITIZEN = "1234567891"
SPOKEN = "صفر صفر هشت چهار پنج هفت پنج نه چهار هشت"
NUMBERS = ("0084575948", "۰۰۸۴۵۷۵۹۴۸", "٠٠٨٤٥٧٥٩٤٨", "0912 123 45 67", "۰۹۱۲-۱۲۳-۴۵۶۷", SPOKEN)


@pytest.fixture
async def named(api: Any) -> list[str]:
    """Cases of one citizen, each with a text that names a number."""
    cases = []
    for code, number in zip(await api.codes(len(NUMBERS)), NUMBERS, strict=True):
        intake = api.citizen.intake(code, identifier=CITIZEN)
        async with api.client() as client:
            await client.post_record(intake)
        async with api.bridge.database.writing() as session:
            case = await session.get_one(Case, UUID(intake["record_id"]))
            case.text = f"آب روستای ما قطع است، شماره‌ی من {number} است"
            await index_case(session, case.id)
        cases.append(intake["record_id"])
    return cases


async def every_list(api: Any, case: str) -> AsyncIterator[tuple[str, str]]:
    """What is shown where more than one case is."""
    await official(api, "clerk", DESK)
    async with api.person("official", username="clerk") as http:
        for path in ("/cases", "/cases?q=روستای", "/cartable?tab=new", f"/cases/{case}/repeats"):
            yield path, (await http.get(path)).text
        cookies = {"line111_session": http.cookies["line111_session"]}
    transport = httpx.ASGITransport(PageHeaders(create_screens(api.settings, api.bridge)))
    async with httpx.AsyncClient(base_url="http://bridge", transport=transport, cookies=cookies) as browser:
        for path in ("/cases", "/cases.csv", "/cartable"):
            yield f"the screen {path}", (await browser.get(path)).text


async def test_no_number_named_in_a_text_can_be_read_in_a_list(api: Any, named: list[str]) -> None:
    async for place, shown in every_list(api, named[0]):
        assert "روستای" in shown, place
        assert shown.count("•••") >= len(NUMBERS) - 1, place
        for number in NUMBERS:
            assert number not in shown, place
