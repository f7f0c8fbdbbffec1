"""What a person may see and do, by their units. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from casebridge.cases.life import RUNNING
from casebridge.country import units
from casebridge.country.units import COUNCIL
from casebridge.people.rules import Role
from casebridge.referrals.rules import complaint_owner, last_instance

WHOLE_CENTRE: Final = frozenset({Role.AGENT.value, Role.SUPERVISOR.value})
"""Roles of the line's own people: they see every case, whoever it is with, but none about themselves."""


SOON_DAYS: Final = 2
"""Working days before its deadline from which on a case is due soon."""


class Urgency(StrEnum):
    """How a unit stands to the deadline of a case it has."""

    LATE = "late"
    SOON = "soon"
    CALM = "calm"
    """There is time, or the time is not the unit's."""


class Act(StrEnum):
    """What may be delegated."""

    TAKE = "take"
    REFER = "refer"
    ASK = "ask"
    ANSWER = "answer"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Acting:
    """What a delegation allows in a unit; no kinds: all of them.

    Attributes:
        not_about: units it shows nothing about beside its own and all above: deputies', where one gave it.
        giver: the account that gave it; what is about them it does not show either.
    """

    unit: str
    actions: frozenset[str]
    kinds: frozenset[str] = frozenset()
    not_about: frozenset[str] = frozenset()
    giver: UUID | None = None

    def reaches(self, kind: str | None, complained: str | None, official: UUID | None) -> bool:
        """Whether it is for such a case: nobody lends a way around themselves (10-3)."""
        if complained is not None and complained in self.not_about | everybody_above(self.unit):
            return False
        return (not self.kinds or kind in self.kinds) and (official is None or official != self.giver)


@dataclass(frozen=True, slots=True)
class Sight:
    """How far somebody sees.

    Attributes:
        everything: the line's own people and services: whoever a case is with.
        own: units they hold or work in.
        acting: what was delegated to them.
        as_well: units they belong to without acting for them: the Centre its own people, a governor's or
            minister's deputies theirs.
        account: who they are.
    """

    everything: bool = False
    own: frozenset[str] = frozenset()
    acting: tuple[Acting, ...] = ()
    as_well: frozenset[str] = frozenset()
    account: UUID | None = None

    @property
    def units(self) -> frozenset[str]:
        """All units they stand for."""
        return self.own | {delegation.unit for delegation in self.acting}

    @property
    def not_about(self) -> frozenset[str]:
        """Units a case must not be about for them to see it: theirs, and all above theirs (10-3).

        No role opens it. What is lent to them closes nothing else: who is complained of could hide it so.
        """
        return frozenset(above for unit in self.own | self.as_well for above in everybody_above(unit))

    def is_about_them(self, complained: str | None, official: UUID | None) -> bool:
        """Whether a case is about them, their units or who stands above these."""
        return complained in self.not_about or (official is not None and official == self.account)


def everybody_above(unit: str) -> set[str]:
    """A unit, all above it in the service line, and all who would hear complaints about any of them."""
    found: set[str] = set()
    wanted = [unit]
    while wanted:
        current = wanted.pop()
        if current in found:
            continue
        found.add(current)
        wanted += units.chain(current)[1:]
        if current != COUNCIL:
            wanted.append(complaint_owner(current))
    return found


def urgency(status: str, due_at: datetime | None, moment: datetime, soon: datetime) -> Urgency:
    """How pressing a case is at a moment; `soon`: the end of the days that are near."""
    if due_at is None or status not in RUNNING or due_at > soon:
        return Urgency.CALM
    return Urgency.LATE if due_at <= moment else Urgency.SOON


def may_see(
    sight: Sight,
    owner: str | None,
    passed: Iterable[str],
    complained: str | None,
    kind: str | None = None,
    official: UUID | None = None,
) -> bool:
    """Whether a case is within sight: it is or was with one of their units, and about none above them.

    Where a delegation is limited to some kinds of case, the others are not seen by it either.

    Args:
        complained: the unit a case is about.
        official: the account it is about.
    """
    if sight.is_about_them(complained, official):
        return False
    been = {owner, *passed}
    if sight.everything or been & sight.own:
        return True
    return any(one.unit in been and one.reaches(kind, complained, official) for one in sight.acting)


def may_act(
    sight: Sight, act: Act, owner: str | None, kind: str, complained: str | None, official: UUID | None = None
) -> bool:
    """Whether they may do this with a case in the name of the unit that has it."""
    if sight.is_about_them(complained, official):
        return False
    return (
        sight.everything
        or owner in sight.own
        or any(
            owner == one.unit and act.value in one.actions and one.reaches(kind, complained, official)
            for one in sight.acting
        )
    )


def acts_for_centre(
    roles: Collection[str],
    sight: Sight,
    owner: str | None,
    kind: str,
    complained: str | None,
    official: UUID | None = None,
) -> bool:
    """Whether they may end a case or open it again (9-1): the Centre's supervisors, and who holds the
    Centre's unit while the case is there; what is about the Centre, who holds the council's (13)."""
    ends_it = owner == last_instance(complained) and not sight.everything
    may = may_act(sight, Act.ANSWER, owner, kind, complained, official)
    return may and (ends_it or Role.SUPERVISOR in roles)
