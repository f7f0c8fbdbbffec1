"""What travels about cartables, delegations, bulk actions and the Centre's overview."""

from __future__ import annotations

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from casebridge.answers.schemas import AnswerLine, AnswerText, ServiceLine
from casebridge.cartables.rules import Act, Urgency
from casebridge.cases.schemas import CaseRow, Kind, Language, Level, Status
from casebridge.country.schemas import UnitCode
from casebridge.questions.schemas import QuestionLine
from casebridge.referrals.schemas import Note, Reason, ReferralLine
from casebridge.wire import Id, Instant, Username, Wire

MOST_AT_ONCE = 100
"""Cases of one bulk action."""
LONGEST_DAYS = 366
"""Longest delegation."""


class Tab(StrEnum):
    """The lists of a cartable (6-1)."""

    NEW = "new"
    IN_HAND = "in_hand"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    WAITING = "waiting"
    REVIEW = "review"
    """Objected to, and second reviews."""
    ANSWERED = "answered"


class WorkRow(Wire):
    """A case as a cartable shows it."""

    case: CaseRow
    owner_unit: str | None
    subject: str | None
    due_at: Instant | None
    """While the applicant was asked something, theirs."""
    urgency: Urgency
    round: int
    version: int


class WorkPage(Wire):
    """A page of a cartable; `next_cursor` is None on the last one."""

    items: list[WorkRow]
    next_cursor: str | None


class Way(Wire):
    """Where a case stands on its way, where it has been, and what the one who asks may do with it."""

    owner_unit: str | None
    status: Status
    kind: Kind
    level: Level
    province: str | None
    county: str | None
    agency: str | None
    subject: str | None
    complained_unit: str | None
    complained_official: str | None
    """The user name of the official it is about."""
    from_abroad: bool
    beyond_province: bool
    marginal_note: bool
    due_at: Instant | None
    urgency: Urgency
    interim_due_at: Instant | None
    round: int
    version: int
    referrals: list[ReferralLine]
    answers: list[AnswerLine]
    services: list[ServiceLine]
    questions: list[QuestionLine]
    may: frozenset[str]
    """Of `take refer forward ask supplied answer service classify about withdraw decide close reopen marginal
    pass`; `about`: say that it is about nobody, or somebody else."""


class Bulk(Wire):
    """One step for many cases."""

    case_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    act: Act
    to_unit: UnitCode | None = None
    reason: Reason = "competence"
    note: Note | None = None
    text: AnswerText | None = None
    language: Language = Language.FA

    @model_validator(mode="after")
    def _has_what_the_step_needs(self) -> Self:
        if self.act is Act.REFER and not self.to_unit:
            raise PydanticCustomError("missing", "to_unit is needed")
        if self.act in (Act.ASK, Act.ANSWER, Act.SERVICE) and not self.text:
            raise PydanticCustomError("missing", "text is needed")
        return self


class BulkResult(Wire):
    """What became of one case of a bulk action; `problem` None: it was done."""

    case_id: Id
    tracking_code: str | None
    problem: str | None
    detail: str


class DelegationForm(Wire):
    """An official lets another act for a unit."""

    to_username: Username
    unit_code: UnitCode
    from_at: Instant
    until_at: Instant
    actions: list[Act] = Field(min_length=1, max_length=len(Act))
    kinds: list[Kind] = Field(default=[], max_length=len(Kind))
    """Kinds of case it is limited to; empty: all."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if not 0 < (self.until_at - self.from_at).total_seconds() <= LONGEST_DAYS * 86_400:
            raise PydanticCustomError("delegation_span", "must end after it begins, within a year")
        return self


class DelegationLine(Wire):
    """A delegation; `state`: `coming running ended revoked`."""

    id: Id
    from_name: str
    to_name: str
    unit_code: str
    from_at: Instant
    until_at: Instant
    actions: list[Act]
    kinds: list[Kind]
    state: str
    mine: bool
    """Whether the one who asks has given it, and may take it back."""


class UnitCount(Wire):
    """Cases of a unit or a province: open, new (nobody has taken them), overdue, waiting for the applicant,
    answered, objected to."""

    code: str | None
    open: int
    fresh: int
    overdue: int
    waiting: int
    answered: int
    review: int


class Overview(Wire):
    """The Centre's overview of the cases that are not closed."""

    total: UnitCount
    by_status: dict[Status, int]
    by_province: list[UnitCount]
    by_unit: list[UnitCount]
    """Those with the most overdue first."""
    by_nobody: list[UnitCount]
    """Of them those that no official holds: what is with them, nobody sees in a cartable."""


class NoticeLine(Wire):
    """What a unit was told, in words for who reads it."""

    id: Id
    unit_code: str
    case_id: UUID | None
    tracking_code: str | None
    template: str
    subject: str
    text: str
    at: Instant
    read_at: Instant | None


class NoticePage(Wire):
    """A page of notices, the newest first; `next_cursor` is None on the last one."""

    items: list[NoticeLine]
    next_cursor: str | None


class NoticesRead(Wire):
    """Notices somebody has read."""

    notice_ids: list[UUID] = Field(min_length=1, max_length=200)


class Voice(Wire):
    """A recording of an official's own voice, stored."""

    recording_id: Id
