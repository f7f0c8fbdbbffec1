"""Citizens answer by text message."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from casebridge.answers.service import answer, last_answer
from casebridge.cases.life import Action
from casebridge.cases.models import Case
from casebridge.cases.steps import take_step
from casebridge.notifications.incoming.meaning import LONGEST
from casebridge.notifications.models import Inbound, Notification
from casebridge.questions.models import QuestionRow
from casebridge.referrals.service import ask_applicant
from casebridge.repeats import service as repeats
from persian.digits import only_digits, to_persian

NUMBER = "+989121234567"
ON_SQLITE = pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


class Decisions:
    """Writes down what was decided, in place of the answers' own part."""

    def __init__(self) -> None:
        self.made: list[tuple[UUID, bool, str | None]] = []

    async def __call__(self, session: Any, case_id: UUID, accepted: bool, text: str | None) -> str:
        await session.execute(update(Case).where(Case.id == case_id).values(status="closed"))
        self.made.append((case_id, accepted, text))
        return "accepted" if accepted else "objected"


@pytest.fixture
def decisions(api: Any) -> Decisions:
    made = Decisions()
    api.bridge.ear.decide = made
    return made


@pytest.fixture
def answered_case(api: Any, open_case: Any, tell: Any, becomes: Any) -> Any:
    """A case that was answered, and its caller told; returns id and code."""

    async def make(**numbers: str) -> tuple[UUID, str]:
        case = await open_case(**numbers)
        async with api.bridge.database.writing() as session:
            await session.execute(update(Case).where(Case.id == case).values(status="answered"))
            code = await session.scalar(select(Case.tracking_code).where(Case.id == case))
        await becomes(await tell(case, "answered", text="پاسخ"), "sent")
        return case, str(code)

    return make


@pytest.fixture
def text_from(api: Any) -> Any:
    """A citizen writes; returns what it was taken for."""

    async def make(text: str, sender: str = NUMBER, reference: str | None = None) -> str:
        body = {"sender": sender, "text": text} | ({"reference": reference} if reference else {})
        async with api.http("sms_gateway") as http:
            answer = await http.post("/sms/inbound", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["understood"])

    return make


async def test_one_accepts_and_two_objects_with_a_reason(
    answered_case: Any, text_from: Any, decisions: Decisions
) -> None:
    first, _ = await answered_case()
    assert await text_from("۱") == "accepted"
    second, _ = await answered_case()
    assert await text_from("۲ هنوز آب نداریم", sender="0912 123 4567") == "objected"
    assert decisions.made == [(first, True, None), (second, False, "هنوز آب نداریم")]


@ON_SQLITE
async def test_without_a_code_the_case_answered_last_is_meant_and_with_one_that_case(
    answered_case: Any, text_from: Any, decisions: Decisions
) -> None:
    older, code = await answered_case()
    newer, _ = await answered_case()
    assert await text_from(to_persian(f"1 {code}")) == "accepted"
    assert await text_from("1", reference="other") == "accepted"
    assert [case for case, _, _ in decisions.made] == [older, newer]


@ON_SQLITE
async def test_with_a_repeats_code_one_hears_of_the_original_and_decides_about_it(
    api: Any, open_case: Any, text_from: Any
) -> None:
    original, repeat = await open_case(), await open_case()
    async with api.bridge.database.writing() as session:
        await repeats.link(session, repeat, original, "t")
        codes = [(await session.get_one(Case, case)).tracking_code for case in (original, repeat)]
    assert await text_from(f"1 {codes[1]}", reference="early") == "not_open"
    async with api.bridge.database.reading() as session:
        reply = await session.scalar(select(Notification).where(Notification.template == "not_open"))
    said = only_digits(reply.text)
    assert (reply.case_id, codes[0] in said, codes[1] in said) == (original, True, False), reply.text
    async with api.bridge.database.writing() as session:
        await answer(session, original, unit=None, actor="t", text="پاسخ", language="fa")
    assert await text_from(f"1 {codes[1]}", reference="then") == "accepted"
    async with api.bridge.database.reading() as session:
        states = [(await session.get_one(Case, case)).status for case in (original, repeat)]
    assert states == ["accepted", "closed"]


@ON_SQLITE
async def test_nobody_decides_for_another_number(
    answered_case: Any, text_from: Any, decisions: Decisions
) -> None:
    _, code = await answered_case()
    assert await text_from(f"1 {code}", sender="+989351112233") == "help"
    assert decisions.made == []


async def test_a_message_that_comes_twice_decides_once(
    answered_case: Any, text_from: Any, decisions: Decisions
) -> None:
    await answered_case()
    both = await asyncio.gather(text_from("1", reference="m-1"), text_from("1", reference="m-1"))
    assert both == ["accepted", "accepted"]
    assert len(decisions.made) == 1


@ON_SQLITE
async def test_a_case_that_waits_for_nobody_is_answered_politely(
    answered_case: Any, text_from: Any, decisions: Decisions, api: Any
) -> None:
    case, _ = await answered_case()
    await text_from("1")
    assert await text_from("2", reference="late") == "not_open"
    assert len(decisions.made) == 1
    async with api.bridge.database.reading() as session:
        reply = await session.scalar(select(Notification).where(Notification.template == "not_open"))
    assert reply is not None
    assert reply.case_id == case


@ON_SQLITE
async def test_whoever_is_not_understood_gets_help_once_a_day(
    text_from: Any, api: Any, decisions: Decisions
) -> None:
    assert [await text_from(text) for text in ("سلام", "چی؟", "hello")] == ["help", "silence", "silence"]
    async with api.bridge.database.reading() as session:
        helps = await session.scalar(select(func.count()).where(Notification.template == "help"))
        kept = (await session.scalars(select(Notification))).all()
    assert helps == 1
    assert all(row.target is None or NUMBER.encode() not in row.target for row in kept)


@ON_SQLITE
async def test_stop_and_start_are_remembered(text_from: Any, api: Any, decisions: Decisions) -> None:
    assert await text_from("لغو") == "opted_out"
    assert await text_from("start") == "opted_in"


@ON_SQLITE
async def test_a_flood_of_one_number_is_met_with_silence(
    text_from: Any, api: Any, decisions: Decisions
) -> None:
    words = [await text_from("?", reference=f"f{number}") for number in range(33)]
    assert words[0] == "help"
    assert set(words[1:]) == {"silence"}
    async with api.bridge.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Inbound)) == 33


async def test_a_decision_that_is_not_kept_leaves_nothing_behind(
    answered_case: Any, text_from: Any, decisions: Decisions, api: Any
) -> None:
    async def fails(*_: Any) -> None:
        raise ConnectionError

    await answered_case()
    api.bridge.ear.decide = fails
    async with api.http("sms_gateway") as http:
        body = {"sender": NUMBER, "text": "1", "reference": "again"}
        assert (await http.post("/sms/inbound", json=body)).status_code == 503
    api.bridge.ear.decide = decisions
    assert await text_from("1", reference="again") == "accepted"


async def test_a_case_travels_to_an_answer_and_the_citizen_accepts_by_text_message(
    open_case: Any, text_from: Any, api: Any
) -> None:
    case = await open_case()
    unit = "centre"
    async with api.bridge.database.writing() as session:
        row = await session.get_one(Case, case)
        await take_step(session, row, Action.TAKEN, "person:desk", unit=unit, owner_unit=unit)
    async with api.bridge.database.writing() as session:
        await answer(session, case, unit=unit, actor="person:desk", text="جاده تعمیر شد.", language="fa")
    await told_all(api, case)
    assert await text_from("۱") == "accepted"
    assert await text_from("2", reference="second thoughts") == "not_open"
    async with api.bridge.database.reading() as session:
        assert (await session.get_one(Case, case)).status == "accepted"
        query = select(Notification.template).where(
            Notification.case_id == case, Notification.audience == "applicant"
        )
        told = set(await session.scalars(query))
    assert told == {"registered", "taken", "answered", "accepted", "not_open"}


async def test_an_objection_by_text_message_goes_one_step_up(
    open_case: Any, text_from: Any, api: Any
) -> None:
    case = await open_case()
    async with api.bridge.database.writing() as session:
        row = await session.get_one(Case, case)
        unit = row.owner_unit
        await take_step(session, row, Action.TAKEN, "person:desk", unit=unit)
    async with api.bridge.database.writing() as session:
        await answer(session, case, unit=unit, actor="person:desk", text="رسیدگی شد.", language="fa")
    await told_all(api, case)
    assert await text_from("۲ هنوز آب نداریم") == "objected"
    async with api.bridge.database.reading() as session:
        after = await session.get_one(Case, case)
        assert (after.status, after.round) == ("second_review", 2)


@ON_SQLITE
async def test_9_1_an_objection_to_the_centres_answer_by_text_message_leads_to_a_session(
    open_case: Any, text_from: Any, api: Any
) -> None:
    case = await open_case()
    async with api.bridge.database.writing() as session:
        await session.execute(update(Case).where(Case.id == case).values(owner_unit="centre"))
        await answer(session, case, unit="centre", actor="person:t", text="رسیدگی شد.", language="fa")
    await told_all(api, case)
    assert await text_from("۲ هنوز آب نداریم") == "objected"
    async with api.bridge.database.reading() as session:
        after = await session.get_one(Case, case)
        assert (after.status, after.owner_unit) == ("objected", "centre")


async def test_a_message_no_database_takes_is_kept_as_far_as_it_can_be_read(open_case: Any, api: Any) -> None:
    case = await open_case()
    async with api.bridge.database.writing() as session:
        await answer(session, case, unit=None, actor="person:desk", text="رسیدگی شد.", language="fa")
    await told_all(api, case)
    text = "2 no\0 water" + "!" * 5000
    assert await api.bridge.ear.understand("smpp", NUMBER, text, None) == "objected"
    async with api.bridge.database.reading() as session:
        given = await last_answer(session, case)
    assert given is not None
    assert given.objection_text.startswith("no water!")
    assert len(given.objection_text) <= LONGEST


async def told_all(api: Any, case: UUID) -> None:
    """Returns when nothing of this case waits to be told."""
    waiting = select(Notification.id).where(Notification.case_id == case, Notification.state == "waiting")
    for _ in range(100):
        api.bridge.sender.wake()
        async with api.bridge.database.reading() as session:
            if await session.scalar(waiting) is None:
                return
        await asyncio.sleep(0.05)
    pytest.fail("it is not told")


@pytest.fixture
def asked_case(api: Any, open_case: Any, becomes: Any) -> Any:
    """A case whose applicant was asked something by text message; returns id and code."""

    async def make() -> tuple[UUID, str]:
        case = await open_case()
        async with api.bridge.database.writing() as session:
            await ask_applicant(session, case, unit=None, actor="t", text="پلاک چند؟")
            code = await session.scalar(select(Case.tracking_code).where(Case.id == case))
        api.bridge.sender.wake()
        async with api.bridge.database.reading() as session:
            message = await session.scalar(
                select(Notification.id).where(Notification.case_id == case, Notification.template == "asked")
            )
        await becomes(message, "sent")
        return case, str(code)

    return make


async def test_text_is_the_reply_to_what_was_asked_and_gives_the_case_back_once(
    api: Any, asked_case: Any, text_from: Any
) -> None:
    case, _ = await asked_case()
    for _ in range(2):
        assert await text_from("2 طبقه، پلاک ۱۲", reference="one") == "supplied"
    async with api.bridge.database.reading() as session:
        assert (await session.get_one(Case, case)).status == "in_hand"
        (question,) = await session.scalars(select(QuestionRow).where(QuestionRow.case_id == case))
    assert (question.replied_by, question.reply_text) == ("sms", "2 طبقه، پلاک ۱۲")


@ON_SQLITE
async def test_reply_goes_to_the_case_whose_code_stands_in_it_and_a_code_alone_is_no_reply(
    api: Any, asked_case: Any, text_from: Any
) -> None:
    (older, code), (newer, _) = await asked_case(), await asked_case()
    assert await text_from(code) == "help"
    assert await text_from(f"پلاک ۵ {code}") == "supplied"
    assert await text_from("پلاک ۹", sender="+989120000000") == "help"  # nobody replies for another number
    async with api.bridge.database.reading() as session:
        states = [(await session.get_one(Case, case)).status for case in (older, newer)]
    assert states == ["in_hand", "waiting_applicant"]


@ON_SQLITE
async def test_one_accepts_an_answer_though_another_case_waits_for_a_reply(
    api: Any, asked_case: Any, answered_case: Any, text_from: Any, decisions: Decisions
) -> None:
    waiting, _ = await asked_case()
    given, _ = await answered_case()
    assert await text_from("1") == "accepted"
    assert decisions.made == [(given, True, None)]
    assert await text_from("پلاک ۱۲") == "supplied"
    async with api.bridge.database.reading() as session:
        assert (await session.get_one(Case, waiting)).status == "in_hand"
