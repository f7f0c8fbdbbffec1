"""Two who act on one case at once come one after the other: the second sees what the first has done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.cases.models import Case, HistoryLine
from casebridge.problems import Problem
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from casebridge.repeats import service as repeats
from line111.clock import now
from persian.identifiers import sample_identifier
from tests.integration.casebridge.test_way import DESK, GOVERNOR, answered, case_of, opened, way

__all__ = ["way"]
Step = Callable[[AsyncSession], Awaitable[Any]]
REFUSED = {"not_yours", "status_step", "not_withdrawable", "unit_barred", "not_open"}


async def both(way: Any, one: Step, other: Step) -> list[str]:
    """What became of two steps taken at once: `done`, or why not."""

    async def take(step: Step) -> str:
        try:
            async with way.bridge.database.writing() as session:
                said = await step(session)
        except Problem as problem:
            return problem.code
        return "not_open" if said == "not_open" else "done"

    return list(await asyncio.gather(take(one), take(other)))


async def actions(way: Any, case_id: UUID) -> list[str]:
    """What happened to a case, in order."""
    async with way.bridge.database.reading() as session:
        lines = select(HistoryLine.action).where(HistoryLine.case_id == case_id).order_by(HistoryLine.id)
        return list(await session.scalars(lines))


async def test_an_answer_and_a_referral(way: Any) -> None:
    case_id = await opened(way)
    came = await both(
        way,
        lambda s: answers.answer(s, case_id, unit=DESK, actor="a", text="x", language="fa"),
        lambda s: referrals.refer(s, case_id, to_unit=GOVERNOR, actor="b", unit=DESK),
    )
    case = await case_of(way, case_id)
    assert sorted(came)[0] == "done"
    assert set(came) - {"done"} <= REFUSED
    assert (case.status, case.owner_unit) in {("answered", DESK), ("referred", GOVERNOR)}


async def test_an_acceptance_and_an_objection(way: Any) -> None:
    case_id = await opened(way)
    await answered(way, case_id)
    came = await both(
        way,
        lambda s: answers.decide(s, case_id, accepted=True, by="sms"),
        lambda s: answers.decide(s, case_id, accepted=False, by="phone"),
    )
    assert sorted(came) == ["done", "not_open"]
    happened = await actions(way, case_id)
    assert ("accepted" in happened) != ("objected" in happened)
    assert happened.count("decision_too_late") == 1


async def test_a_withdrawal_and_a_taking(way: Any) -> None:
    case_id = await opened(way)
    async with way.bridge.database.writing() as session:
        await referrals.refer(session, case_id, to_unit=GOVERNOR, actor="t", unit=DESK)
    came = await both(
        way,
        lambda s: referrals.withdraw(s, case_id, unit=DESK, actor="a"),
        lambda s: referrals.take_in_hand(s, case_id, unit=GOVERNOR, actor="b"),
    )
    assert sorted(came)[0] == "done"
    assert came.count("done") == 1
    owner = DESK if came[0] == "done" else GOVERNOR
    assert (await case_of(way, case_id)).owner_unit == owner


async def test_an_answer_and_a_deadline(way: Any) -> None:
    case_id = await opened(way)
    async with way.bridge.database.writing() as session:
        late = now() - timedelta(minutes=5)
        await session.execute(update(Case).where(Case.id == case_id).values(due_at=late))
    answer = both(
        way,
        lambda s: answers.answer(s, case_id, unit=DESK, actor="a", text="x", language="fa"),
        lambda s: s.get(Case, case_id),
    )
    came, _ = await asyncio.gather(answer, overdue.sweep(way.bridge.database))
    case = await case_of(way, case_id)
    if came[0] == "done":
        assert (case.status, case.owner_unit) == ("answered", DESK)
    else:
        assert (came[0], case.owner_unit) == ("not_yours", GOVERNOR)


async def test_a_link_and_an_answer(way: Any) -> None:
    who = sample_identifier("national_id", 88)
    original, repeat = [await opened(way, identifier=who) for _ in range(2)]
    came = await both(
        way,
        lambda s: repeats.link(s, repeat, original, "a"),
        lambda s: answers.answer(s, repeat, unit=DESK, actor="b", text="x", language="fa"),
    )
    case = await case_of(way, repeat)
    assert sorted(came)[0] == "done"
    assert came.count("done") == 1
    assert case.status == ("closed" if came[0] == "done" else "answered")
    assert (case.linked_to == original) is (came[0] == "done")


async def test_a_complaint_about_the_owner_and_its_answer(way: Any) -> None:
    case_id = await opened(way)
    came = await both(
        way,
        lambda s: referrals.classify(s, case_id, {"complained_unit": DESK}, "a"),
        lambda s: answers.answer(s, case_id, unit=DESK, actor="b", text="x", language="fa"),
    )
    case = await case_of(way, case_id)
    assert came[0] == "done" or case.status == "answered"
    if came[0] == "done":
        assert case.owner_unit != DESK
    assert came.count("done") == 1, came


async def test_two_who_take_it(way: Any) -> None:
    case_id = await opened(way)
    came = await both(
        way,
        lambda s: referrals.take_in_hand(s, case_id, unit=DESK, actor="a"),
        lambda s: referrals.take_in_hand(s, case_id, unit=DESK, actor="b"),
    )
    assert sorted(came) == ["done", "status_step"]
    assert (await actions(way, case_id)).count("taken") == 1
