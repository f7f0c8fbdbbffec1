"""Whatever is done to a case, in whatever order, it never comes into the hands of whom it is about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import update

from casebridge.answers import service as answers
from casebridge.cartables.rules import Sight, may_see
from casebridge.cases.models import Case
from casebridge.problems import Problem
from casebridge.referrals import overdue
from casebridge.referrals import service as referrals
from casebridge.referrals.rules import barred
from casebridge.repeats import service as repeats
from line111.clock import now
from persian.identifiers import sample_identifier

WHO = sample_identifier("national_id", 812)
UNITS = (
    "council", "centre", "centre/ideas", "province/23/governor", "province/23/deputies",
    "province/23/performance", "province/23/desk", "county/2301/governor", "county/2301/desk",
    "agency/energy_ministry/head", "agency/energy_ministry/deputies", "agency/energy_ministry/desk",
    "agency/water_company/head", "agency/water_company/23", "agency/water_company/23/desk",
    "agency/water_company/2301",
)  # fmt: skip
unit = st.sampled_from(UNITS)
Do = Callable[[Any], Awaitable[Any]]


class AnyWay(RuleBasedStateMachine):
    """Cases of one applicant, and all that officials, the applicant and time may do to them."""

    cases = Bundle("cases")

    def __init__(self, api: Any, wait: Callable[[Awaitable[Any]], Any]) -> None:
        super().__init__()
        self.api, self.wait, self.ids = api, wait, list[UUID]()

    def tries(self, do: Do) -> None:
        """One step in its own transaction; what is refused changes nothing."""

        async def step() -> None:
            async with self.api.bridge.database.writing() as session:
                await do(session)

        try:
            self.wait(step())
        except Problem:
            return

    @rule(target=cases, kind=st.sampled_from(("complaint", "request", "report")))
    def phoned(self, kind: str) -> UUID:
        async def phone() -> UUID:
            intake = self.api.citizen.intake((await self.api.codes(1))[0], identifier=WHO, kind=kind)
            async with self.api.client() as client:
                await client.post_record(intake)
            return UUID(intake["record_id"])

        self.ids.append(self.wait(phone()))
        return self.ids[-1]

    @rule(case=cases, about=unit, kind=st.sampled_from(("complaint", "criticism", "report")))
    def said_whom_it_is_about(self, case: UUID, about: str, kind: str) -> None:
        said = {"kind": kind, "complained_unit": about}
        self.tries(lambda session: referrals.classify(session, case, said, "t"))

    @rule(case=cases, to=unit, reason=st.sampled_from(("competence", "not_ours")))
    def referred(self, case: UUID, to: str, reason: str) -> None:
        self.tries(lambda session: referrals.refer(session, case, to_unit=to, actor="t", reason=reason))

    @rule(case=cases)
    def withdrawn(self, case: UUID) -> None:
        self.tries(lambda session: referrals.withdraw(session, case, unit=None, actor="t"))

    @rule(case=cases)
    def sent_on(self, case: UUID) -> None:
        self.tries(lambda session: referrals.send_on(session, case, actor="t"))

    @rule(case=cases, by=unit, accepted=st.booleans())
    def answered_and_judged(self, case: UUID, by: str, accepted: bool) -> None:
        async def answer(session: Any) -> None:
            owner = (await session.get_one(Case, case)).owner_unit
            await answers.answer(session, case, unit=owner, actor="t", text="x", language="en")

        self.tries(answer)
        self.tries(lambda session: answers.decide(session, case, accepted=accepted, by="phone"))

    @rule(case=cases)
    def closed_and_opened_again(self, case: UUID) -> None:
        self.tries(lambda session: answers.close(session, case, unit=None, actor="t", reason="nothing_left"))
        self.tries(lambda session: answers.reopen(session, case, actor="t", reason="x"))

    @rule(case=cases, other=cases)
    def linked(self, case: UUID, other: UUID) -> None:
        self.tries(lambda session: repeats.link(session, case, other, "t"))

    @rule(case=cases)
    def unlinked(self, case: UUID) -> None:
        self.tries(lambda session: repeats.unlink(session, case, "t"))

    @rule(case=cases)
    def left_overdue(self, case: UUID) -> None:
        past = update(Case).where(Case.id == case, Case.due_at.is_not(None))
        self.tries(lambda session: session.execute(past.values(due_at=now() - timedelta(minutes=1))))
        self.wait(overdue.sweep(self.api.bridge.database))

    @invariant()
    def nobody_has_what_is_about_them(self) -> None:
        for case in self.wait(_all(self.api, self.ids)):
            assert not barred(case.owner_unit, case.complained_unit), (case.owner_unit, case.complained_unit)
            for one in UNITS:
                if barred(one, case.complained_unit):
                    assert not may_see(
                        Sight(own=frozenset({one})), case.owner_unit, UNITS, case.complained_unit
                    )


async def _all(api: Any, ids: list[UUID]) -> list[Case]:
    async with api.bridge.database.reading() as session:
        return [await session.get_one(Case, case_id) for case_id in ids]


@pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
async def test_10_3_no_step_in_any_order_brings_a_case_to_whom_it_is_about(api: Any) -> None:
    loop = asyncio.get_running_loop()

    def wait(coming: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coming, loop).result(60)  # type: ignore[arg-type]

    how = settings(
        max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    await asyncio.to_thread(run_state_machine_as_test, lambda: AnyWay(api, wait), settings=how)
