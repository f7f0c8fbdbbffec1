"""What every SAMAD promises, whether it is this database, an outside one, or another centre."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from casebridge.answers.models import AnswerRow
from casebridge.links.models import LinkedCase
from casebridge.links.samad.interface import EmbeddedSamad
from persian.identifiers import sample_identifier

IDENTIFIER = sample_identifier("national_id", 7)


async def reference_of(world: Any, case: Any) -> str | None:
    """The case's name over there."""
    async with world.api.bridge.database.reading() as session:
        link = await session.get(LinkedCase, (world.target, case.id))
    if link is None:
        return str(case.tracking_code) if isinstance(world.samad, EmbeddedSamad) else None
    return str(link.reference) if link.reference else None


async def arrived(world: Any, case: Any, eventually: Any) -> str:
    """Passes a case on and waits for its name over there."""
    await world.pass_on(case)
    return str(await eventually(lambda: reference_of(world, case), "the case to be known there"))


async def test_a_case_is_known_there_with_its_applicant(world: Any, a_case: Any, eventually: Any) -> None:
    case = await a_case(world.api, identifier=IDENTIFIER)
    known = await world.known(await arrived(world, case, eventually))
    assert (known.kind, known.identifier, known.tracking_code) == (
        "request",
        IDENTIFIER,
        case.tracking_code,
    )


async def test_a_step_told_twice_is_one(world: Any, a_case: Any, make_step: Any, eventually: Any) -> None:
    case = await a_case(world.api)
    await arrived(world, case, eventually)
    before = await world.count()
    step = await make_step(world.api, case, target=world.target)
    assert await world.samad.tell(step) == await world.samad.tell(step)
    assert await world.count() == before == 1


async def test_an_answer_given_there_reaches_the_applicant_once(
    world: Any, a_case: Any, case_now: Any, eventually: Any
) -> None:
    case = await a_case(world.api)
    reference = await arrived(world, case, eventually)
    await world.answer(reference, "the pipe was mended")

    async def answered() -> bool:
        return bool((await case_now(world.api, case.id)).status == "answered")

    await eventually(answered, "the answer")
    assert (await case_now(world.api, case.id)).reply_text == "the pipe was mended"
    async with world.api.bridge.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(AnswerRow)) == 1


async def test_asking_for_news_again_from_the_same_place_loses_nothing(
    world: Any, a_case: Any, eventually: Any
) -> None:
    await arrived(world, await a_case(world.api), eventually)
    first, again = await world.samad.news(None), await world.samad.news(None)
    assert (first.changes, first.place) == (again.changes, again.place)
