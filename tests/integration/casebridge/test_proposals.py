"""What a case seems to be about, with its reasons; a person confirms it, and nothing is set before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from casebridge.cases.models import Case
from casebridge.proposals import model as models
from casebridge.proposals.corpus import Corpus, corpus
from casebridge.proposals.model import Model, learn
from casebridge.search.service import index_case

FIELDS = ("water", "schools", "fuel")


@pytest.fixture(scope="module")
def model() -> Model:
    """Some fields of the data, learned in a moment."""
    whole = corpus()
    some = tuple(example for example in whole.learned if whole.field_of(example.subject) in FIELDS)
    return learn(Corpus(some, (), (), (), whole.parents, "some"))


@pytest.fixture(autouse=True)
def _learned_before(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "model_at", lambda _home: model)


async def _case(api: Any, said: str | None) -> str:
    (code,) = await api.codes(1)
    record = api.citizen.intake(code, kind="unclassified")
    async with api.client() as client:
        await client.post_record(record)
    if said:
        async with api.bridge.database.writing() as session:
            case = await session.get_one(Case, UUID(record["record_id"]))
            case.text = said
            await index_case(session, case.id)
    return str(record["record_id"])


async def test_a_proposal_names_its_reasons_and_sets_nothing(api: Any) -> None:
    case_id = await _case(api, "لوله اصلی آب سر کوچه ترکیده و آب هدر می‌رود")
    async with api.http("operator") as http:
        proposal = (await http.get(f"/cases/{case_id}/proposal")).json()
        case = (await http.get(f"/cases/{case_id}")).json()
    assert proposal["subject"]["code"] in {"water", "water_leak"}
    assert "اب" in [reason["word"] for reason in proposal["subject"]["reasons"]]
    assert proposal["agency"]
    assert (case["kind"], case["version"]) == ("unclassified", 1)


async def test_what_a_person_confirms_is_set_with_their_name_and_the_agency(api: Any) -> None:
    case_id = await _case(api, "آب قطع است")
    async with api.person("agent", username="reader") as http:
        proposal = (await http.get(f"/cases/{case_id}/proposal")).json()
        found = {"kind": "complaint", "subject": "water_cut", "version": 1}
        assert (await http.post(f"/cases/{case_id}/proposal", json=found)).status_code == 200
        assert (await http.post(f"/cases/{case_id}/proposal", json=found)).status_code == 409
        unknown = await http.post(f"/cases/{case_id}/proposal", json={"subject": "no_such"})
        assert unknown.status_code == 422
        case = (await http.get(f"/cases/{case_id}")).json()
    assert proposal["has_text"] is True
    assert (case["kind"], case["history"][-1]["actor"]) == ("complaint", "person:reader")
    async with api.bridge.database.reading() as session:
        kept = await session.get_one(Case, UUID(case_id))
    assert kept.subject == "water_cut"
    assert kept.agency


async def test_where_nothing_was_said_nothing_is_proposed(api: Any) -> None:
    case_id = await _case(api, None)
    async with api.http("operator") as http:
        proposal = (await http.get(f"/cases/{case_id}/proposal")).json()
        assert proposal == {"has_text": False, "subject": None, "kind": None, "agency": None}
        assert (await http.get("/cases/019a0000-0000-7000-8000-000000000001/proposal")).status_code == 404
    async with api.person("agent") as http:
        said = (await http.post("/proposals", json={"text": "the petrol station filled too little"})).json()
    assert said["has_text"] is True
