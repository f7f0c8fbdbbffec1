"""What a unit was told stands in its cartable until it is read, whether or not it has a contact."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from casebridge.cases.models import Case
from casebridge.notifications.models import Notification
from casebridge.notifications.service import notify_unit
from tests.integration.casebridge.test_within_sight import DESK, GOVERNOR, official, opened

MAIL = """
[[provider]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = 9
tls = "none"
sender = "samad@centre.example"
"""


async def told(api: Any, unit: str, template: str, case: str | None = None, **values: Any) -> None:
    """A unit is told something."""
    async with api.bridge.database.writing() as session:
        await notify_unit(session, unit, template, values, case_id=UUID(case) if case else None)


async def test_a_unit_reads_in_its_cartable_what_it_was_told_and_nobody_else_does(api: Any) -> None:
    case = (await opened(api))["record_id"]
    await official(api, "nt1", DESK)
    await official(api, "nt2", GOVERNOR)
    await told(api, DESK, "reminder", case)
    await told(api, DESK, "idea_result", case, text="It was done.")
    await told(api, DESK, "referred", case)
    async with api.person("official", username="nt1") as http:
        result, reminder = (await http.get("/cartable/notices", headers={"Accept-Language": "en"})).json()[
            "items"
        ]
        assert (reminder["subject"], reminder["unit_code"]) == ("A deadline comes near", DESK)
        assert "It was done." in result["text"]
        assert result["case_id"] == case
        async with api.person("official", username="nt2") as other:
            assert (await other.get("/cartable/notices")).json()["items"] == []
            asked = await other.post("/cartable/notices/read", json={"notice_ids": [result["id"]]})
            assert asked.json() == {"read": 0}, "nobody marks what is not theirs"
        for count in (1, 0):
            asked = await http.post("/cartable/notices/read", json={"notice_ids": [result["id"]]})
            assert asked.json() == {"read": count}
        left = (await http.get("/cartable/notices")).json()["items"]
        assert [one["id"] for one in left] == [reminder["id"]]
        (read,) = (await http.get("/cartable/notices", params={"read": True})).json()["items"]
        assert read["read_at"] is not None


async def test_a_notice_of_a_case_about_those_above_them_is_not_theirs_to_read(api: Any) -> None:
    case = (await opened(api))["record_id"]
    await official(api, "nt3", DESK)
    await told(api, DESK, "reminder", case)
    async with api.bridge.database.writing() as session:
        await session.execute(update(Case).where(Case.id == UUID(case)).values(complained_unit=GOVERNOR))
    async with api.person("official", username="nt3") as http:
        assert (await http.get("/cartable/notices")).json()["items"] == []


@pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
class TestWithRealProviders:
    """Where messages leave the house, a unit without a contact is still told."""

    @pytest.fixture
    def make_home(self, make_home: Any) -> Any:
        def make(**changes: Any) -> Any:
            settings = make_home(**changes)
            settings.notifications.providers = settings.home / "providers.toml"
            settings.notifications.providers.write_text(MAIL, encoding="utf-8")
            return settings

        return make

    async def test_a_unit_without_a_contact_finds_it_in_its_cartable(self, api: Any) -> None:
        await official(api, "nt4", DESK)
        await told(api, DESK, "reminder", (await opened(api))["record_id"])
        while await api.bridge.sender.round():
            await api.bridge.sender.settled()
        async with api.bridge.database.reading() as session:
            query = select(Notification.state).where(Notification.template == "reminder")
            assert await session.scalar(query) == "withheld"
        async with api.person("official", username="nt4") as http:
            assert len((await http.get("/cartable/notices")).json()["items"]) == 1
