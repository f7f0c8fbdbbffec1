"""The same matter raised again by the same applicant is shown and linked, not doubled."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from uuid6 import uuid7

from casebridge.answers import service as answers
from casebridge.callbacks.models import CallbackRow
from casebridge.cases.models import Case
from casebridge.repeats import service as repeats
from casebridge.search.service import index_case
from line111.clock import now, to_text
from persian.identifiers import sample_identifier
from tests.integration.casebridge.links.test_screen import browser

APPLICANT = sample_identifier("national_id", 41)
WATER = "آب روستای ما سه روز است قطع شده و تانکر نیامده"


async def case_of(api: Any, said: str, *, days_ago: float = 0, **changes: Any) -> str:
    """A case of the applicant; its id."""
    (code,) = await api.codes(1)
    at = to_text(now() - timedelta(days=days_ago))
    record = api.citizen.intake(code, **({"identifier": APPLICANT, "created_at": at} | changes))
    async with api.client() as client:
        await client.post_record(record)
    async with api.bridge.database.writing() as session:
        case = await session.get_one(Case, UUID(record["record_id"]))
        case.text = said
        await index_case(session, case.id)
    return str(record["record_id"])


async def test_the_earlier_case_of_the_same_matter_is_shown_first_with_its_reasons(api: Any) -> None:
    other = await case_of(api, "مدرسه بچه‌ها معلم ندارد", days_ago=3, kind="request")
    same = await case_of(api, WATER, days_ago=5)
    await case_of(api, WATER, identifier=sample_identifier("national_id", 42))
    again = await case_of(api, "باز هم آب روستای ما قطع است و تانکر نیامده")
    async with api.http("operator") as http:
        found = (await http.get(f"/cases/{again}/repeats")).json()
    assert [entry["id"] for entry in found["candidates"]] == [same, other]
    first, second = found["candidates"]
    assert (first["is_likely"], second["is_likely"]) == (True, False)
    assert {"روستای", "تانکر"} <= set(first["shared_words"])
    assert first["days_apart"] == 5


async def test_an_agent_hears_of_it_before_a_second_case_is_opened(api: Any) -> None:
    same = await case_of(api, WATER, days_ago=2)
    question = {"identifier_kind": "national_id", "identifier": APPLICANT, "kind": "complaint", "text": WATER}
    async with api.person("agent") as http:
        (found,) = (await http.post("/repeats/questions", json=question)).json()
        stranger = question | {"identifier": sample_identifier("national_id", 43)}
        assert (await http.post("/repeats/questions", json=stranger)).json() == []
    assert (found["id"], found["is_likely"]) == (same, True)


async def test_a_linked_repeat_is_closed_and_its_callback_joins_the_original(api: Any) -> None:
    callback = {"callback": {"wished": "asap"}, "audio": b"1" * 800}
    original = await case_of(api, WATER, days_ago=2)
    repeat = await case_of(api, WATER, days_ago=1, **callback)
    third = await case_of(api, WATER, **callback)
    async with api.person("agent") as http:
        linked = await http.post(f"/cases/{repeat}/link", json={"to_case_id": original})
        assert linked.status_code == 200, linked.text
        assert linked.json()["linked_to"] == original
        detail = (await http.get(f"/cases/{repeat}")).json()
        assert detail["status"] == "closed"
        assert detail["history"][-1]["action"] == "linked"
        assert detail["history"][-1]["detail"]["linked_to"] == original
        # linked to a repeat means: to its original; its callback waits there already
        followed = await http.post(f"/cases/{third}/link", json={"to_case_id": repeat})
        assert followed.json()["linked_to"] == original
        whole = (await http.get(f"/cases/{original}/repeats")).json()
        assert sorted(whole["repeated_by"]) == sorted([repeat, third])
    async with api.bridge.database.reading() as session:
        rows = list(await session.scalars(select(CallbackRow).order_by(CallbackRow.arrived_at)))
        cases = {str(case.id): case for case in await session.scalars(select(Case))}
    assert [(str(row.case_id), row.state) for row in rows] == [(original, "waiting"), (third, "done")]
    assert rows[0].arrived_at == cases[repeat].opened_at
    assert cases[repeat].closed_at is not None


async def test_a_link_is_refused_where_it_makes_no_sense(api: Any) -> None:
    one, two = await case_of(api, WATER), await case_of(api, WATER)
    stranger = await case_of(api, WATER, identifier=sample_identifier("national_id", 44))
    async with api.person("agent") as http:

        async def link(case_id: str, to: str) -> tuple[int, str]:
            answer = await http.post(f"/cases/{case_id}/link", json={"to_case_id": to})
            return answer.status_code, answer.json().get("type", "").rpartition(":")[2]

        assert await link(one, one) == (409, "repeat_of_itself")
        assert await link(one, stranger) == (409, "repeat_of_another")
        assert await link(one, "019a0000-0000-7000-8000-000000000001") == (404, "not_found")
        assert (await link(two, one))[0] == 200
        assert await link(one, two) == (409, "repeat_of_itself")
        assert await link(two, one) == (409, "already_linked")
        assert (await http.post(f"/cases/{one}/unlink")).status_code == 409


async def test_an_unlinked_case_goes_its_own_way_with_a_deadline_again(api: Any) -> None:
    one, two = await case_of(api, WATER), await case_of(api, WATER)
    async with api.person("agent") as http:
        await http.post(f"/cases/{two}/link", json={"to_case_id": one})
        answer = await http.post(f"/cases/{two}/unlink")
        assert answer.status_code == 200, answer.text
        assert (await http.get(f"/cases/{two}")).json()["status"] == "registered"
    async with api.bridge.database.reading() as session:
        case = await session.get_one(Case, UUID(two))
    assert (case.linked_to, case.closed_at) == (None, None)
    assert case.due_at is not None


async def test_two_who_link_two_cases_to_each_other_leave_one_open(api: Any) -> None:
    one, two = await case_of(api, WATER), await case_of(api, WATER)
    async with api.person("agent") as http:
        answers = await asyncio.gather(
            http.post(f"/cases/{one}/link", json={"to_case_id": two}),
            http.post(f"/cases/{two}/link", json={"to_case_id": one}),
        )
        states = [(await http.get(f"/cases/{case}")).json()["status"] for case in (one, two)]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert states.count("closed") == 1


async def test_with_a_repeats_code_one_hears_of_the_original_and_decides_about_it(api: Any) -> None:
    original, repeat = await case_of(api, WATER, days_ago=9), await case_of(api, WATER)
    codes = {}
    async with api.person("agent") as http:
        await http.post(f"/cases/{repeat}/link", json={"to_case_id": original})
        shown = (await http.get(f"/cases/{repeat}/repeats")).json()
        assert shown["linked_to_status"] == "registered"
        for case in (original, repeat):
            codes[case] = (await http.get(f"/cases/{case}")).json()["tracking_code"]
    async with api.client() as client:
        found = await client.follow_up(codes[repeat], "national_id", APPLICANT)
        assert (found.status, found.last_reply) == ("registered", None)
        async with api.bridge.database.writing() as session:
            answer_id = await answers.answer(
                session, UUID(original), unit=None, actor="t", text="آب وصل شد", language="fa"
            )
        heard = [await client.follow_up(code, "national_id", APPLICANT) for code in codes.values()]
        assert heard[0] == heard[1]
        assert (heard[1].status, heard[1].last_reply.answer_id) == ("answered", answer_id)
        said = {
            "format": 1, "type": "decision", "record_id": str(uuid7()), "node": "n1",
            "call_id": "1795500900.8", "created_at": to_text(now()), "language": "fa",
            "tracking_code": codes[repeat],
            "answer_id": str(answer_id), "accepted": True, "recording": None,
            "sealed": api.citizen.seal(
                identifier_kind="national_id", identifier=APPLICANT, contact_number=None, caller_number=None
            ),
        }  # fmt: skip
        assert (await client.post_record(said)).case_id == UUID(original)
    async with api.bridge.database.reading() as session:
        states = [(await session.get_one(Case, UUID(case))).status for case in (original, repeat)]
    assert states == ["accepted", "closed"]


async def test_a_repeat_is_shown_as_linked_with_the_originals_state_and_not_as_closed(api: Any) -> None:
    original, repeat = await case_of(api, WATER, days_ago=9), await case_of(api, WATER)
    async with api.bridge.database.writing() as session:
        await repeats.link(session, UUID(repeat), UUID(original), "t")
        await answers.answer(session, UUID(original), unit=None, actor="t", text="آب وصل شد", language="fa")
    async with browser(api, "agent") as http:
        pages = [(await http.get(address)).text for address in ("/cases", f"/cases/{repeat}/tags")]
        around = (await http.get(f"/cases/{original}")).text
        (_, exported, *_) = (await http.get("/cases.csv")).text.splitlines()
    assert "Linked to" in exported
    assert "Answered" in exported
    for page in (*pages, around):
        assert "Linked to" in page
        assert f'href="/cases/{original}">' in page
        assert '<span class="tag tag-teal">Answered</span>' in page
        assert not re.search(r'<span class="tag[^"]*">Closed<', page)


async def test_an_unlinked_repeat_speaks_for_itself_again(api: Any) -> None:
    original, repeat = await case_of(api, WATER), await case_of(api, WATER, kind="guidance")
    async with api.person("agent") as http:
        await http.post(f"/cases/{repeat}/link", json={"to_case_id": original})
        code = (await http.get(f"/cases/{repeat}")).json()["tracking_code"]
        async with api.client() as client:
            assert (await client.follow_up(code, "national_id", APPLICANT)).kind == "request"
            await http.post(f"/cases/{repeat}/unlink")
            assert (await client.follow_up(code, "national_id", APPLICANT)).kind == "guidance"
