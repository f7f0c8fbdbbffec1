"""The demonstration's citizens, from their data file."""

from __future__ import annotations

import asyncio
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from line111.call.conversation import CallReport, Plan, Tell, phone_the_line
from line111.call.phone import Line
from line111.call.prompts_heard import PromptIndex
from line111.call.script import parse_script
from line111.call.speech import spoken
from line111.settings import Settings
from persian.identifiers import sample_identifier

_LONGEST_CALL = 300.0


@dataclass(frozen=True)
class Round:
    """An answer, and the call in which the citizen hears it and says their word on it."""

    answer: str
    digits: str
    leads_to: str
    """The case's status after their word."""
    says: str = ""
    """The reason of an objection."""


@dataclass(frozen=True)
class Citizen:
    """Somebody who phones."""

    name: str
    language: str
    number: str
    kind: str
    """Kind of case that their keys lead to."""
    digits: str
    message: str
    rounds: tuple[Round, ...] = ()
    identifier: str = field(
        default_factory=lambda: sample_identifier("national_id", secrets.randbelow(10**9)), repr=False
    )
    """One nobody else has used."""

    def plan(
        self, settings: Settings, prompts: PromptIndex, digits: str, message: str, code: str = ""
    ) -> Plan:
        """A call to this node. Raises VoiceMissing."""
        return Plan(
            Line(
                to=settings.number,
                server=f"{_reachable(settings.sip.bind)}:{settings.sip.port}",
                local=_trunk_address(settings),
                number=self.number,
            ),
            parse_script(digits.format(identifier=self.identifier, code=code)),
            spoken(self.language, message) if message else np.zeros(0, np.int16),
            timeout=_LONGEST_CALL,
            prompts=prompts,
        )


async def phone(citizen: Citizen, settings: Settings, prompts: PromptIndex, tell: Tell) -> CallReport:
    """Let a citizen phone; `tell` hears of everything as it happens. Raises PhoneUnusable, VoiceMissing."""
    plan = await asyncio.to_thread(citizen.plan, settings, prompts, citizen.digits, citizen.message)
    return await phone_the_line(plan, tell)


async def phone_again(
    citizen: Citizen, round_: Round, code: str, settings: Settings, prompts: PromptIndex, tell: Tell
) -> CallReport:
    """Let a citizen phone about their case: 111, then 3. Raises PhoneUnusable, VoiceMissing."""
    plan = await asyncio.to_thread(citizen.plan, settings, prompts, round_.digits, round_.says, code)
    return await phone_the_line(plan, tell)


def citizens() -> list[Citizen]:
    """Those of the data file."""
    told = tomllib.loads(Path(__file__).with_name("citizens.toml").read_text(encoding="utf-8"))
    return [
        Citizen(**_words(one), rounds=tuple(Round(**_words(each)) for each in one.get("rounds", ())))
        for one in told["citizen"]
    ]


def _words(table: dict[str, Any]) -> dict[str, str]:
    """The texts of a table, each on one line."""
    return {name: " ".join(value.split()) for name, value in table.items() if isinstance(value, str)}


def _reachable(bind: str) -> str:
    return "127.0.0.1" if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - compared, not bound


def _trunk_address(settings: Settings) -> str:
    """The trunk's own address on this machine: a call from elsewhere is not taken."""
    for address in settings.sip.trunk_addresses:
        if address.startswith("127.") and "/" not in address:
            return address
    return Line.local
