"""The parts of the case page that show what a case may repeat and what it seems to be about."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from casebridge.cases.models import Case
from casebridge.people.service import ensure_account
from casebridge.proposals import service as proposals
from casebridge.proposals.schemas import Proposal, Proposed, Reason
from casebridge.search.service import index_case
from console.app import create_app
from line111.clock import now, to_text
from line111.settings import Settings
from persian.identifiers import sample_identifier

from .conftest import PASSWORD, Api

WATER = "آب روستای ما سه روز است قطع شده و تانکر نیامده"
PART = {"HX-Request": "true"}
PROPOSED = Proposal(
    has_text=True,
    subject=Proposed(
        code="water_cut", confidence=0.8, reasons=[Reason(word="قطع", share=0.6)], alternatives=[]
    ),
    kind=Proposed(code="complaint", confidence=0.7, reasons=[], alternatives=[]),
    agency=None,
)


@pytest.fixture
async def screens(make_home: Callable[..., Settings], _migrated_sqlite: Path) -> AsyncIterator[Api]:
    """The bridge with its screens, in this process."""
    settings = make_home()
    file = settings.home / "db" / "line111.sqlite3"
    file.parent.mkdir()
    shutil.copy(_migrated_sqlite, file)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Api(settings, app)


async def _case(api: Any, identifier: str) -> str:
    (code,) = await api.codes(1)
    record = api.citizen.intake(code, identifier=identifier, created_at=to_text(now()), kind="unclassified")
    async with api.client() as client:
        await client.post_record(record)
    async with api.bridge.database.writing() as session:
        case = await session.get_one(Case, UUID(record["record_id"]))
        case.text = WATER
        await index_case(session, case.id)
    return str(record["record_id"])


@contextlib.asynccontextmanager
async def _visitor(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """An agent at the screens."""
    async with api.bridge.database.writing() as session:
        await ensure_account(session, "agent1", PASSWORD, ["agent"])
    async with httpx.AsyncClient(base_url="http://bridge", transport=api.transport) as client:
        await client.post("/api/v1/session", json={"username": "agent1", "password": PASSWORD})
        await client.get("/cases")
        yield client


async def test_a_machine_that_has_not_learned_says_so_and_the_page_goes_on(screens: Api) -> None:
    screens.bridge.settings.proposals_dir.unlink()  # the link to what set-up learned
    case_id = await _case(screens, sample_identifier("national_id", 53))
    async with _visitor(screens) as http:
        page = await http.get(f"/cases/{case_id}/proposal", headers=PART)
        answer = await http.get(f"/api/v1/cases/{case_id}/proposal", headers={"Accept-Language": "en"})
    assert (page.status_code, answer.status_code) == (200, 503)
    assert "هنوز نیاموخته" in page.text
    assert "line111 proposals learn" in answer.json()["detail"]


def _token(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_repeat_is_shown_with_its_likeness_linked_and_unlinked(screens: Api, language: str) -> None:
    applicant = sample_identifier("national_id", 51)
    original, repeat = await _case(screens, applicant), await _case(screens, applicant)
    async with _visitor(screens) as client:
        client.cookies.set("line111_language", language)
        whole = await client.get(f"/cases/{repeat}")
        assert f'hx-get="/cases/{repeat}/repeats"' in whole.text
        assert (await client.get(f"/cases/{repeat}/repeats")).status_code == 200  # without script
        part = (await client.get(f"/cases/{repeat}/repeats", headers=PART)).text
        assert original in part
        form = {"form_token": _token(part), "to_case_id": original}
        linked = await client.post(f"/cases/{repeat}/link", data=form, headers=PART)
        assert (linked.status_code, linked.headers["HX-Trigger"]) == (200, "live:case")
        again = await client.post(f"/cases/{repeat}/link", data=form, headers=PART)
        assert again.status_code == 409
        unlinked = await client.post(f"/cases/{repeat}/unlink", data=form, headers=PART)
        assert unlinked.status_code == 200
        assert (await client.post(f"/cases/{repeat}/link", data={"to_case_id": original})).status_code == 403


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_proposal_is_shown_with_its_words_and_confirmed_with_one_click(
    screens: Api, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "_read", lambda *_: PROPOSED)
    case_id = await _case(screens, sample_identifier("national_id", 52))
    async with _visitor(screens) as client:
        client.cookies.set("line111_language", language)
        assert (await client.get(f"/cases/{case_id}/proposal")).status_code == 200  # without script
        part = (await client.get(f"/cases/{case_id}/proposal", headers=PART)).text
        assert "قطع" in part
        form = {"form_token": _token(part), "subject": "water_cut", "kind": "complaint", "version": "1"}
        confirmed = await client.post(f"/cases/{case_id}/proposal", data=form, headers=PART)
        assert confirmed.status_code == 200, confirmed.text
        assert (await client.post(f"/cases/{case_id}/proposal", data=form, headers=PART)).status_code == 409
    async with screens.bridge.database.reading() as session:
        case = await session.get_one(Case, UUID(case_id))
    assert (case.kind, case.subject) == ("complaint", "water_cut")
