"""A case passed to another centre arrives whole: what its country has as codes, the rest as words."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from casebridge.cases.models import Case, HistoryLine
from casebridge.cases.numbers import close_numbers, open_numbers
from casebridge.links.receiving import take_parcel
from casebridge.links.samad.centre import parcel_of
from casebridge.links.schemas import Parcel
from line111.secrets import read_secret
from tests.integration.casebridge.links.agreements import link_centres

WHERE = {"province": "23", "county": "2301", "agency": "water_company", "subject": "water_cut"}


@pytest.fixture
async def parcel(on_sqlite: Any, run_bridge: Any, a_case: Any, make_step: Any) -> Any:
    """A case with everything said of it, on its way; and the centre it goes to."""
    ours, theirs = on_sqlite(), on_sqlite("n2")
    link_centres(ours, theirs, ("a", "b"))
    async with run_bridge(ours) as a:
        case = await a_case(a)
        async with a.bridge.database.writing() as session:
            row = await session.get_one(Case, case.id)
            reached = {"contact_number": "+989121234567", "email": "citizen@home.example"}
            row.numbers = close_numbers(a.bridge.keys, row.id, reached)
            row.level, row.kind, row.beyond_province, row.marginal_note = "national", "request", True, True
            for name, code in WHERE.items():
                setattr(row, name, code)
        made = parcel_of(await make_step(a, case), read_secret(theirs, "sealing_public"))
    async with run_bridge(theirs) as b:
        yield b, Parcel.model_validate_json(made.model_dump_json())


async def arrived(api: Any, sent: Parcel) -> tuple[Case, HistoryLine]:
    """The case as the other centre has it, and the line about its coming."""
    async with api.bridge.database.writing() as session:
        await take_parcel(session, api.bridge, "a", sent)
    async with api.bridge.database.reading() as session:
        query = select(HistoryLine).where(HistoryLine.action == "received")
        return await session.get_one(Case, sent.case.id), (await session.scalars(query)).one()


async def test_agency_level_marks_and_address_come_along(parcel: Any) -> None:
    api, sent = parcel
    case, line = await arrived(api, sent)
    assert {name: getattr(case, name) for name in WHERE} == WHERE
    assert (case.level, case.beyond_province, case.marginal_note) == ("national", True, True)
    assert open_numbers(api.bridge.keys, case)["email"] == "citizen@home.example"
    assert "note" not in line.detail


async def test_codes_of_another_country_are_kept_as_words_and_hold_nothing_up(parcel: Any) -> None:
    api, sent = parcel
    foreign = {"agency": "canal_office", "complained_unit": "agency/canal_office/hq/director"}
    copy = sent.case.model_copy(update={**foreign, "names": {"agency": "Office of canals"}})
    case, line = await arrived(api, sent.model_copy(update={"case": copy}))
    assert (case.agency, case.complained_unit, case.subject) == (None, None, WHERE["subject"])
    assert line.detail["note"] == "Office of canals, agency/canal_office/hq/director"
