"""The three worlds a case may live in: here alone, at an outside SAMAD too, at another centre too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import func, select

from casebridge.answers import service as answers
from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.cases.models import Case
from casebridge.links.copies import read_step
from casebridge.links.models import LinkedCase
from casebridge.links.samad.interface import Samad
from casebridge.links.service import pass_case
from tests.integration.casebridge.links.cases_here import in_states
from tests.integration.casebridge.links.outside_server import OutsideServer
from tests.waiting import until


@dataclass(frozen=True)
class Known:
    """A case as it is known over there."""

    kind: str
    identifier: str
    tracking_code: str


class World(Protocol):
    """One implementation of SAMAD with what is on its other side."""

    api: Any
    target: str

    @property
    def samad(self) -> Samad:
        """The implementation."""

    async def pass_on(self, case: Any) -> None:
        """Makes the case go there."""

    async def known(self, reference: str) -> Known:
        """The case of this name over there."""

    async def count(self) -> int:
        """How many cases are known there."""

    async def answer(self, reference: str, text: str) -> None:
        """Somebody over there answers, and their system says so twice."""


@dataclass
class Embedded:
    """Everything is in one database."""

    api: Any
    target: str = "samad"

    @property
    def samad(self) -> Samad:
        """The embedded SAMAD."""
        return self.api.bridge.neighbours.samad  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """It is there."""

    async def known(self, reference: str) -> Known:
        """By its tracking code."""
        return await _known_in(self.api, reference)

    async def count(self) -> int:
        """Cases in the database."""
        return await _count_in(self.api)

    async def answer(self, reference: str, text: str) -> None:
        """By the same database; there is no second telling."""
        await _answer_in(self.api, reference, text)


@dataclass
class Outside:
    """An outside SAMAD over HTTP."""

    api: Any
    server: OutsideServer
    target: str = "samad"

    @property
    def samad(self) -> Samad:
        """Spoken to by the mapping."""
        return self.api.bridge.neighbours.samad  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """Every case goes there by itself."""

    async def known(self, reference: str) -> Known:
        """In their words."""
        case = self.server.by_number(reference)
        kinds = {1: "complaint", 2: "request"}
        return Known(kinds[case["category"]], case["person"]["nationalCode"], case["externalCode"])

    async def count(self) -> int:
        """Their cases."""
        return len(self.server.cases)

    async def answer(self, reference: str, text: str) -> None:
        """A change in their list, twice."""
        change = {
            "changeId": f"C{len(self.server.changes)}", "trackingNumber": reference, "state": "DONE",
            "response": {"text": text},
        }  # fmt: skip
        self.server.changes += [change, change]


@dataclass
class Centre:
    """Another line111 centre: a second bridge with a database of its own."""

    api: Any
    other: Any
    target: str = "centre:b"

    @property
    def samad(self) -> Samad:
        """The other centre."""
        return self.api.bridge.neighbours.centres["b"]  # type: ignore[no-any-return]

    async def pass_on(self, case: Any) -> None:
        """A supervisor passes it."""
        async with self.api.bridge.database.writing() as session:
            await pass_case(session, case.id, "b", "person:supervisor1")
        self.api.bridge.relay.wake()

    async def known(self, reference: str) -> Known:
        """By the tracking code of the other centre."""
        known = await _known_in(self.other, reference)
        async with self.other.bridge.database.reading() as session:
            link = await session.scalar(select(LinkedCase).where(LinkedCase.direction == "in"))
        return Known(known.kind, known.identifier, str(link.reference))

    async def count(self) -> int:
        """Cases in the other database."""
        return await _count_in(self.other)

    async def answer(self, reference: str, text: str) -> None:
        """By the other centre's own service; then the same parcel once more."""
        await _answer_in(self.other, reference, text)
        self.other.bridge.relay.wake()

        async def told() -> Any:
            return [row for row in await in_states(self.other, "delivered") if row.action == "answered"]

        (row,) = await until(told, "the answer to be told")
        async with self.other.bridge.database.reading() as session:
            step = await read_step(session, self.other.bridge.keys, row)
        await self.other.bridge.neighbours.centres["a"].tell(step)


async def _known_in(api: Any, reference: str) -> Known:
    async with api.bridge.database.reading() as session:
        case, applicant = (
            await session.execute(
                select(Case, Applicant)
                .join(Applicant, Applicant.id == Case.applicant_id)
                .where(Case.tracking_code == reference)
            )
        ).one()
    identifier = open_identifier(api.bridge.keys, applicant.id, applicant.identifier)
    return Known(case.kind, identifier, case.tracking_code)


async def _count_in(api: Any) -> int:
    async with api.bridge.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(Case)) or 0)


async def _answer_in(api: Any, reference: str, text: str) -> None:
    async with api.bridge.database.writing() as session:
        case_id = await session.scalar(select(Case.id).where(Case.tracking_code == reference))
        await answers.answer(session, case_id, unit=None, actor="person:official1", text=text, language="fa")
