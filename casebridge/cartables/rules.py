"""What a person may see and do, by their units. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

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
    """What a delegation allows in a unit; no kinds: all of them."""

    unit: str
    actions: frozenset[str]
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """How far somebody sees.

    Attributes:
        everything: the line's own people and services: whoever a case is with.
        own: units they hold or work in.
        acting: what was delegated to them.
        as_well: units they belong to without acting for them: the Centre its own people, a governor's or
            minister's deputies theirs, also where one of these has lent them a unit.
    """

    everything: bool = False
    own: frozenset[str] = frozenset()
    acting: tuple[Acting, ...] = ()
    as_well: frozenset[str] = frozenset()

    @property
    def units(self) -> frozenset[str]:
        """All units they stand for."""
        return self.own | {delegation.unit for delegation in self.acting}

    @property
    def whole_units(self) -> frozenset[str]:
        """Units of which they see cases of every kind."""
        return self.own | {delegation.unit for delegation in self.acting if not delegation.kinds}

    @property
    def parts(self) -> tuple[Acting, ...]:
        """Delegations that show cases of some kinds alone."""
        return tuple(one for one in self.acting if one.kinds and one.unit not in self.whole_units)

    @property
    def not_about(self) -> frozenset[str]:
        """Units a case must not be about for them to see it: theirs, and all above theirs (10-3).

        What was delegated makes nobody see more: the delegate's own units count as much. Nor does a role.
        """
        return frozenset(above for unit in self.units | self.as_well for above in everybody_above(unit))


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
    sight: Sight, owner: str | None, passed: Iterable[str], complained: str | None, kind: str | None = None
) -> bool:
    """Whether a case is within sight: it is or was with one of their units, and about none above them.

    Where a delegation is limited to some kinds of case, the others are not seen by it either.
    """
    if complained is not None and complained in sight.not_about:
        return False
    if sight.everything:
        return True
    been = {owner, *passed}
    if been & sight.whole_units:
        return True
    return any(one.unit in been and kind in one.kinds for one in sight.parts)


def may_act(sight: Sight, act: Act, owner: str | None, kind: str, complained: str | None) -> bool:
    """Whether they may do this with a case in the name of the unit that has it."""
    if complained is not None and complained in sight.not_about:
        return False
    if sight.everything:
        return True
    return owner in sight.own or any(
        owner == delegation.unit
        and act.value in delegation.actions
        and (not delegation.kinds or kind in delegation.kinds)
        for delegation in sight.acting
    )


def acts_for_centre(
    roles: Collection[str], sight: Sight, owner: str | None, kind: str, complained: str | None
) -> bool:
    """Whether they may end a case or open it again (9-1): the Centre's supervisors, and who holds the
    Centre's unit while the case is there; what is about the Centre, who holds the council's (13)."""
    if Role.SUPERVISOR in roles:
        return may_act(sight, Act.ANSWER, owner, kind, complained)
    ends_it = owner == last_instance(complained)
    return ends_it and not sight.everything and may_act(sight, Act.ANSWER, owner, kind, complained)
