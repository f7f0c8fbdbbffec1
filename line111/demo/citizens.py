"""The demonstration's citizens, from their data file."""

from __future__ import annotations

import secrets
import tomllib
from dataclasses import dataclass
from pathlib import Path

from line111.call.conversation import CallReport, Plan, Tell, phone_the_line
from line111.call.phone import Line
from line111.call.prompts_heard import PromptIndex
from line111.call.script import parse_script
from line111.call.speech import spoken
from line111.settings import Settings
from persian.identifiers import sample_identifier

_LONGEST_CALL = 300.0


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

    def plan(self, settings: Settings, prompts: PromptIndex) -> Plan:
        """Their call to this node, with an identifier nobody else has used. Raises VoiceMissing."""
        identifier = sample_identifier("national_id", secrets.randbelow(10**9))
        return Plan(
            Line(
                to=settings.number,
                server=f"{_reachable(settings.sip.bind)}:{settings.sip.port}",
                local=_trunk_address(settings),
                number=self.number,
            ),
            parse_script(self.digits.format(identifier=identifier)),
            spoken(self.language, self.message),
            timeout=_LONGEST_CALL,
            prompts=prompts,
        )


async def phone(citizen: Citizen, settings: Settings, prompts: PromptIndex, tell: Tell) -> CallReport:
    """Let a citizen phone; `tell` hears of everything as it happens. Raises PhoneUnusable, VoiceMissing."""
    return await phone_the_line(citizen.plan(settings, prompts), tell)


def citizens() -> list[Citizen]:
    """Those of the data file."""
    told = tomllib.loads(Path(__file__).with_name("citizens.toml").read_text(encoding="utf-8"))
    return [
        Citizen(**{name: " ".join(str(value).split()) for name, value in one.items()})
        for one in told["citizen"]
    ]


def _reachable(bind: str) -> str:
    return "127.0.0.1" if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - compared, not bound


def _trunk_address(settings: Settings) -> str:
    """The trunk's own address on this machine: a call from elsewhere is not taken."""
    for address in settings.sip.trunk_addresses:
        if address.startswith("127.") and "/" not in address:
            return address
    return Line.local
