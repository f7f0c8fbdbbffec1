"""The steps somebody takes with a case on its page: what each form says, handed to the bridge's services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.answers import service as answers
from casebridge.bridge import Bridge
from casebridge.cartables import way as ways
from casebridge.cartables.access import acting_unit, check_case, check_centre
from casebridge.cartables.rules import Act
from casebridge.cases.schemas import Kind, Language, Level
from casebridge.links import service as links
from casebridge.people.service import Principal
from casebridge.problems import Problem
from casebridge.referrals import service as referrals
from casebridge.referrals.marginal import MARGINAL, note_marginal
from casebridge.referrals.schemas import CloseForm, MarginalNote, ReopenForm
from console.forms.outcomes import Notices
from console.language import N_, NotADate, language
from console.words.way import CHOSEN_REASONS, FLAGS

KINDS: Final = tuple(kind.value for kind in Kind if kind is not Kind.UNCLASSIFIED)
"""Kinds somebody may choose (article 1); `unclassified` is only what nobody has chosen yet."""
MAY_BE_EMPTY: Final = ("subject", "agency", "county", "complained_unit", "complained_official")
SPOKEN: Final = N_("The answer is spoken: call 111 and press 3 to hear it.")
NOTICES: Final[Notices] = {
    "take": (N_("The case is in hand; the applicant is told."), "green"),
    "refer": (N_("The case is referred; the applicant is told."), "green"),
    "forward": (N_("The case is on its way where the rules send it; the applicant is told."), "green"),
    "classify": (N_("Set, and written down with your name."), "green"),
    "ask": (N_("The applicant is asked; the time runs again once they have answered."), "green"),
    "supplied": (N_("Written down; the time runs again."), "green"),
    "answer": (N_("The answer is given; the applicant is told."), "green"),
    "service": (N_("The service is recorded."), "green"),
    "withdraw": (N_("The referral is taken back; the case is with you again."), "green"),
    "decide": (N_("What the applicant decided is written down."), "green"),
    "close": (N_("The case is closed; the applicant is told. Below it can be opened again."), "green"),
    "marginal": (N_("The note is kept; the case goes by it."), "green"),
    "reopen": (N_("The case is in hand again; the applicant is told."), "green"),
    "pass": (N_("The case is on its way to the other centre; its answers come back."), "green"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A step's form as somebody sent it.

    Attributes:
        unit: in whose name they act; None: the Centre.
        typed: fields by name.
    """

    session: AsyncSession
    bridge: Bridge
    who: Principal
    case_id: UUID
    typed: dict[str, str]
    unit: str | None = None

    @property
    def seen(self) -> int | None:
        """The version the page showed."""
        version = self.get("version")
        return int(version) if version.isdecimal() and len(version) < 10 else None

    def day(self, name: str) -> date | None:
        """A day as people write it, Jalali or Gregorian; None where there is none, or no such day."""
        try:
            return language("fa").parse_day(self.get(name))
        except NotADate:
            return None

    def get(self, name: str, longest: int = 96) -> str:
        """A field, cut where it is too long; "" where it was not sent."""
        return self.typed.get(name, "")[:longest]

    def text(self, name: str, longest: int) -> str | None:
        """A text as it was typed; None where nothing was."""
        return (
            "".join(c for c in self.typed.get(name, "") if c in "\n\t" or c >= " ").strip()[:longest] or None
        )

    def needed(self, name: str, longest: int) -> str:
        """A text that has to be there. Raises Problem."""
        text = self.text(name, longest)
        if text is None:
            raise Problem("invalid_request", errors=[(name, "text_missing")])
        return text


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the page: what it does, and who may.

    Attributes:
        act: what must be allowed in the unit that has the case; None: the service looks itself.
        scope: what the person's roles must give.
        for_centre: whether it is the Centre's to do (9-1).
    """

    work: Callable[[Sent], Awaitable[object]]
    act: Act | None = None
    scope: str = "cases:write"
    for_centre: bool = False


async def take(step: Step, session: AsyncSession, bridge: Bridge, who: Principal, case_id: UUID,
               typed: dict[str, str]) -> None:  # fmt: skip
    """Takes a step in a transaction. Raises Problem, ValidationError."""
    if step.scope not in who.scopes:
        raise Problem("not_allowed")
    await check_case(session, who, case_id)
    if step.for_centre:
        await check_centre(session, who, case_id)
    unit = await acting_unit(session, who, case_id, step.act) if step.act else None
    await step.work(Sent(session, bridge, who, case_id, typed, unit))


async def _take(sent: Sent) -> None:
    await referrals.take_in_hand(
        sent.session,
        sent.case_id,
        unit=sent.unit,
        actor=sent.who.actor,
        note=sent.text("note", 4000),
        seen=sent.seen,
    )


async def _refer(sent: Sent) -> None:
    reason = sent.get("reason")
    await referrals.refer(
        sent.session,
        sent.case_id,
        to_unit=sent.get("to_unit"),
        actor=sent.who.actor,
        unit=sent.unit,
        reason=reason if reason in CHOSEN_REASONS else "other",
        note=sent.text("note", 4000),
        seen=sent.seen,
    )


async def _forward(sent: Sent) -> None:
    await referrals.send_on(
        sent.session,
        sent.case_id,
        actor=sent.who.actor,
        unit=sent.unit,
        reviewed=True,
        note=sent.text("note", 4000),
        seen=sent.seen,
    )


async def _classify(sent: Sent) -> None:
    changes: dict[str, Any] = {name: sent.get(name) for name in ("kind", "level") if sent.get(name)}
    if changes.get("kind", KINDS[0]) not in KINDS or changes.get("level", "county") not in set(Level):
        raise Problem("invalid_request", errors=[("kind", "invalid")])
    changes |= {name: sent.get(name) or None for name in MAY_BE_EMPTY if name in sent.typed}
    if changes.get("county"):
        changes["province"] = changes["county"][:2]
    flags = [name for name in FLAGS if name != MARGINAL or sent.get("may_unmark")]
    changes |= {name: bool(sent.get(name)) for name in flags}
    await referrals.classify(
        sent.session,
        sent.case_id,
        changes,
        sent.who.actor,
        unit=sent.unit,
        forward=sent.get("forward") == "yes",
        seen=sent.seen,
    )


async def _ask(sent: Sent) -> None:
    await referrals.ask_applicant(
        sent.session,
        sent.case_id,
        unit=sent.unit,
        actor=sent.who.actor,
        text=sent.needed("text", 2000),
        seen=sent.seen,
    )


async def _supplied(sent: Sent) -> None:
    await referrals.supplied(
        sent.session,
        sent.case_id,
        unit=sent.unit,
        actor=sent.who.actor,
        note=sent.text("note", 4000),
        seen=sent.seen,
    )


async def _answer(sent: Sent) -> None:
    recording_id = _id(sent.get("recording_id"))
    speaks = Language.EN if sent.get("language") == Language.EN else Language.FA
    spoken = language(speaks.value).gettext(SPOKEN) if recording_id else None
    await answers.answer(
        sent.session,
        sent.case_id,
        unit=sent.unit,
        actor=sent.who.actor,
        text=sent.text("text", 8000) or spoken or sent.needed("text", 8000),
        language=speaks.value,
        kind="interim" if sent.get("kind") == "interim" else "final",
        recording_id=recording_id,
        seen=sent.seen,
    )


async def _service(sent: Sent) -> None:
    what = sent.needed("what", 2000)
    await answers.record_service(sent.session, sent.case_id, unit=sent.unit, actor=sent.who.actor, what=what)


async def _withdraw(sent: Sent) -> None:
    await ways.withdraw(sent.session, sent.who, sent.case_id)


async def _decide(sent: Sent) -> None:
    await answers.decide(
        sent.session,
        sent.case_id,
        accepted=sent.get("accepted") == "yes",
        by="agent",
        text=sent.text("text", 4000),
        actor=sent.who.actor,
        seen=sent.seen,
    )


async def _close(sent: Sent) -> None:
    form = CloseForm(
        reason=sent.get("reason"),
        note=sent.text("note", 4000),
        held_on=sent.day("held_on"),
        participants=sent.text("participants", 4000),
    )
    await answers.close(
        sent.session,
        sent.case_id,
        unit=None,
        actor=sent.who.actor,
        reason=form.reason,
        note=form.note,
        held=form.session(),
        seen=sent.seen,
    )


async def _marginal(sent: Sent) -> None:
    form = MarginalNote(
        text=sent.needed("text", 4000),
        author=sent.needed("author", 200),
        written_on=sent.day("written_on"),
        version=sent.seen,
    )
    await note_marginal(sent.session, sent.case_id, form, actor=sent.who.actor)


async def _reopen(sent: Sent) -> None:
    form = ReopenForm(reason=sent.needed("reason", 500))
    await answers.reopen(sent.session, sent.case_id, actor=sent.who.actor, reason=form.reason, seen=sent.seen)


async def _pass(sent: Sent) -> None:
    centre = sent.get("centre")
    if centre not in sent.bridge.settings.links.centres:
        raise Problem("invalid_request", errors=[("centre", "unknown_centre")])
    note = sent.text("note", 2000)
    await links.pass_case(sent.session, sent.case_id, centre, sent.who.actor, note=note)


STEPS: Final[dict[str, Step]] = {
    "take": Step(_take, Act.TAKE),
    "refer": Step(_refer, Act.REFER),
    "forward": Step(_forward, Act.REFER),
    "classify": Step(_classify, Act.REFER),
    "ask": Step(_ask, Act.ASK),
    "supplied": Step(_supplied, Act.ASK),
    "answer": Step(_answer, Act.ANSWER),
    "service": Step(_service, Act.SERVICE),
    "withdraw": Step(_withdraw),
    "decide": Step(_decide, scope="cases:decide"),
    "close": Step(_close, for_centre=True),
    "reopen": Step(_reopen, for_centre=True),
    "marginal": Step(_marginal, for_centre=True),
    "pass": Step(_pass, scope="cases:pass"),
}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
