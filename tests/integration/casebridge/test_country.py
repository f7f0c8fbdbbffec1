"""The country in a database: seeded once, edited by people, the same for every process."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from casebridge.audit.models import AuditLine
from casebridge.country import seeding, service
from casebridge.country.models import DutyRow, PlaceRow
from casebridge.country.schemas import Sheet
from casebridge.country.trial import make_officials
from casebridge.database import Database


async def test_a_fresh_bridge_has_its_country(api: Any) -> None:
    async with api.person("agent") as agent:
        counties = (await agent.get("/country/places?province=23")).json()
        assert len(counties) == 16
        unit = (await agent.get("/country/units/agency/water_company/2301")).json()
        assert unit["parent"] == "agency/water_company/23"
        assert (await agent.get("/country/units/county/9999/desk")).status_code == 404
        assert len((await agent.get("/country/units?agency=water_company&province=23")).json()) == 18
        assert len((await agent.get("/country/units?place=2301")).json()) == 3


async def test_seeding_again_leaves_edits_and_taken_away_duties_alone(api: Any) -> None:
    async with api.person("operator", username="op") as operator:
        renamed = {"code": "2301", "kind": "county", "parent": "23", "name_fa": "x", "name_en": "Renamed"}
        assert (await operator.put("/country/places", json=renamed)).status_code == 200
        assert (await operator.delete("/country/duties/police/security")).status_code == 204
    async with api.bridge.database.writing() as session:
        await session.execute(delete(PlaceRow).where(PlaceRow.code == "2302"))
        added = await seeding.seed(session)
    assert added == {Sheet.PLACES: 1, Sheet.AGENCIES: 0, Sheet.SUBJECTS: 0, Sheet.DUTIES: 0}
    async with api.bridge.database.reading() as session:
        known = await service.country(session)
        assert known.name("2301", "en") == "Renamed"
        assert known.place("2302") is not None
        assert await session.get(DutyRow, ("police", "security")) is None


async def test_an_edit_is_seen_by_every_process_and_an_undone_one_by_none(api: Any) -> None:
    other = Database(api.settings.database_url)
    try:
        async with other.reading() as session:
            before = await service.country(session)
            assert await service.country(session) is before
        async with api.person("supervisor", username="super") as supervisor:
            agency = {"code": "new_body", "kind": "bank", "name_fa": "b", "name_en": "B", "reach": "county"}
            assert (await supervisor.put("/country/agencies", json=agency)).status_code == 200
        async with other.reading() as session:
            after = await service.country(session)
            assert after.unit("agency/new_body/2301") is not None
            assert before.unit("agency/new_body/2301") is None
        with pytest.raises(RuntimeError):
            await _edit_and_fail(api.bridge.database)
        async with other.reading() as session:
            assert await service.country(session) is after
    finally:
        await other.close()


async def _edit_and_fail(database: Database) -> None:
    async with database.writing() as session:
        await service.touch(session)
        assert (await service.country(session)).agencies
        raise RuntimeError("undone")


async def test_officials_hold_units_until_they_are_taken_away(api: Any) -> None:
    async with api.person("official", username="official1"):
        pass
    async with api.person("operator", username="op") as operator:
        line = {"username": "official1", "unit_code": "county/2301/governor", "position": "deputy"}
        assert (await operator.put("/country/officials", json=line)).status_code == 204
        members = (await operator.get("/country/units/county/2301/governor/members")).json()
        assert [(each["username"], each["position"]) for each in members] == [("official1", "deputy")]
        async with api.bridge.database.reading() as session:
            mine = await service.memberships_of(session, UUID(members[0]["account_id"]))
            assert [each.unit_code for each in mine] == ["county/2301/governor"]
        assert (await operator.put("/country/officials", json=line | {"remove": True})).status_code == 204
        assert (await operator.get("/country/units/county/2301/governor/members")).json() == []
        refused = await operator.put("/country/officials", json=line | {"username": "stranger"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "username"


async def test_an_import_is_all_or_nothing_and_a_trial_writes_nothing(api: Any) -> None:
    good = "code,kind,name_fa,name_en\nbank_a,bank,a,A\nbank_b,bank,b,B\n"
    async with api.person("operator", username="op") as operator:
        report = (await operator.post("/country/agencies/import", content=good + "bank c,bank,c,C\n")).json()
        assert not report["kept"]
        assert [(e["row"], e["column"], e["code"]) for e in report["errors"]] == [(4, "code", "not_a_code")]
        assert report["errors"][0]["message"]
        tried = (await operator.post("/country/agencies/import?dry_run=true", content=good)).json()
        assert (tried["added"], tried["kept"]) == (2, False)
        assert (await operator.get("/country/units/agency/bank_a/head")).status_code == 404
        kept = (await operator.post("/country/agencies/import", content=good)).json()
        assert (kept["added"], kept["kept"]) == (2, True)
        again = (await operator.post("/country/agencies/import", content=good)).json()
        assert (again["added"], again["unchanged"]) == (0, 2)
    async with api.bridge.database.reading() as session:
        lines = await session.scalars(select(AuditLine.detail).where(AuditLine.actor == "person:op"))
        assert [line["added"] for line in lines if "added" in line] == [["bank_a", "bank_b"]]


async def test_tables_come_back_unchanged(api: Any) -> None:
    async with api.person("official", username="official1"):
        pass
    async with api.person("operator", username="op") as operator:
        line = {"username": "official1", "unit_code": "centre", "position": "head"}
        await operator.put("/country/officials", json=line)
        await operator.put("/country/units", json={"code": "county/2301/desk", "night_shift": True})
        for sheet, form in product(Sheet, ("csv", "xlsx")):
            answer = await operator.get(f"/country/{sheet}/export?form={form}&headings=fa")
            assert answer.status_code == 200
            report = (await operator.post(f"/country/{sheet}/import", content=answer.content)).json()
            assert report["errors"] == []
            assert report["rows"] == report["unchanged"] > 0
            assert report["added"] == report["changed"] == report["removed"] == 0


async def test_who_only_looks_may_not_edit(api: Any) -> None:
    async with api.person("agent") as agent:
        assert (await agent.get("/country/agencies")).status_code == 200
        duty = {"agency": "police", "subject": "water"}
        assert (await agent.put("/country/duties", json=duty)).status_code == 403
        assert (await agent.post("/country/places/import", content=b"code")).status_code == 403
    async with api.http("ivr") as service_of_calls:
        assert (await service_of_calls.get("/country/agencies")).status_code == 403


async def test_trial_officials_are_made_once(api: Any) -> None:
    wanted = frozenset({"tehran_county_governor", "kashan_desk"})
    made = await make_officials(api.bridge.database, wanted)
    assert {each.username for each in made} == wanted
    assert len({each.password for each in made}) == 2
    assert await make_officials(api.bridge.database, wanted) == []
    async with api.bridge.database.reading() as session:
        heads = await service.members_of(session, "county/2301/governor")
    assert [(each.username, each.position) for each in heads] == [("tehran_county_governor", "head")]
