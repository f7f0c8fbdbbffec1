"""The cases on their way: officials answer, the applicants phone again, hear it, accept it or object."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from casebridge.country.units import CENTRE
from line111.call.prompts_heard import PromptIndex
from line111.demo import show
from line111.demo.citizens import Citizen, Round, phone_again
from line111.demo.evidence import Bridge, Found
from line111.demo.officials import Account, AccountRefused, Person, head_of, make_account
from line111.screen import console
from line111.settings import Settings

_SETTLE_SECONDS = 30.0
"""How long a word on an answer may take from the telephone into the case."""
_LOOK_AGAIN = 0.5


@dataclass
class Travelled:
    """A case at its end, as far as it came."""

    found: Found
    arrived: bool = False
    """Every round ended as the citizen meant it, and the applicant was told of every step."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """The case in one object, with its way."""
        kept = ("kind", "unit_code", "language", "text", "decision", "decided_by", "objection_recording_id")
        told = ("audience", "template", "state", "text")
        return self.found.summary() | {
            "answers": [{name: one[name] for name in kept} for one in self.answers],
            "notifications": [{name: one[name] for name in told} for one in self.notifications],
        }


class Travel:
    """Leads cases through the real API, and their applicants through real calls."""

    def __init__(
        self, settings: Settings, bridge: Bridge, prompts: PromptIndex, centre: asyncio.Task[Account]
    ) -> None:
        self._settings = settings
        self._bridge = bridge
        self._prompts = prompts
        self._centre = centre
        self._heads: dict[str, Account] = {}
        self._appointing = asyncio.Lock()

    async def one(self, citizen: Citizen, found: Found) -> Travelled:
        """A case through its rounds; what goes wrong is said, and leaves it where it is."""
        travelled = Travelled(found)
        try:
            good = True
            for round_ in citizen.rounds:
                good = good and await self._round(citizen, travelled, round_)
            await self._look(travelled)
            travelled.arrived = good and self._everything_told(travelled)
        except (httpx.HTTPError, AccountRefused) as error:
            console.print(f"[red]{citizen.name}: {error}[/]", soft_wrap=True)
        return travelled

    async def _round(self, citizen: Citizen, travelled: Travelled, round_: Round) -> bool:
        case_id, code = travelled.found.case["id"], travelled.found.case["tracking_code"]
        unit = await self._unit_of(case_id)
        head = await self._head_of(unit)
        async with Person(self._settings, head) as official:
            await official.take_and_answer(case_id, round_.answer, citizen.language)
        show.answered(citizen, head.name, unit, round_.answer)
        transcript = show.Transcript(citizen, round_.says)
        report = await phone_again(citizen, round_, code, self._settings, self._prompts, transcript.tell)
        transcript.end()
        settled = await self._settled(travelled, round_.leads_to)
        if not settled:
            console.print(
                f"[red]{citizen.name}: {report.outcome.words}, and the case is"
                f" {travelled.found.case['status']}, not {round_.leads_to}[/]"
            )
        return settled

    async def _unit_of(self, case_id: str) -> str:
        """The unit a case is with, once the Centre has listened to a complaint and sent it there."""
        unit = (await self._bridge.case(case_id))["owner_unit"]
        if unit == CENTRE:
            async with Person(self._settings, await self._centre) as centre:
                await centre.send_where_it_belongs(case_id)
            unit = (await self._bridge.case(case_id))["owner_unit"]
        return str(unit)

    async def _head_of(self, unit: str) -> Account:
        """The head of a unit, appointed by the Centre when first needed."""
        async with self._appointing:
            if unit not in self._heads:
                account = await make_account(self._settings, head_of(unit), "official")
                async with Person(self._settings, await self._centre) as centre:
                    await centre.appoint(account.name, unit)
                self._heads[unit] = account
            return self._heads[unit]

    async def _settled(self, travelled: Travelled, status: str) -> bool:
        """Whether what was said on the telephone comes to the case in time."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline:
            travelled.found.case = await self._bridge.case(travelled.found.case["id"])
            if travelled.found.case["status"] == status:
                return True
            await asyncio.sleep(_LOOK_AGAIN)
        return False

    async def _look(self, travelled: Travelled) -> None:
        """Everything the bridge holds of the case's way, once its messages have left."""
        case_id = travelled.found.case["id"]
        deadline = time.monotonic() + _SETTLE_SECONDS
        async with Person(self._settings, await self._centre) as centre:
            travelled.answers = await centre.get(f"/cases/{case_id}/answers")
            while True:
                page = await centre.get("/notifications", case_id=case_id, limit="100")
                travelled.notifications = page["items"][::-1]
                waiting = [one for one in travelled.notifications if one["state"] == "waiting"]
                if not waiting or time.monotonic() > deadline:
                    break
                await asyncio.sleep(_LOOK_AGAIN)
        travelled.found.case = await self._bridge.case(case_id)

    @staticmethod
    def _everything_told(travelled: Travelled) -> bool:
        """Whether the applicant was written to about each step (articles 4-5, 4-9, 4-17)."""
        told = {one["template"] for one in travelled.notifications if one["audience"] == "applicant"}
        steps = {line["action"] for line in travelled.found.case["history"]}
        sent = all(
            one["state"] in ("sent", "delivered")
            for one in travelled.notifications
            if one["audience"] == "applicant"
        )
        return sent and (steps & {"taken", "answered", "accepted", "objected", "second_review"}) <= told
