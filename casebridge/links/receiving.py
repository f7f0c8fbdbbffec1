"""What comes from the other side: changes of an outside SAMAD, parcels of other centres.

Each has an id; what was applied once is not applied again, and is answered as the first time. The id is
written down in the transaction that applies the change.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.bridge import Bridge
from casebridge.cases import history
from casebridge.cases.models import Case
from casebridge.country.service import country
from casebridge.country.snapshot import Country
from casebridge.links import steps
from casebridge.links.fan_out import CENTRE, SAMAD
from casebridge.links.models import LinkedCase, ReceivedChange
from casebridge.links.recordings import service as recordings
from casebridge.links.rules import goes_along, link_actor
from casebridge.links.samad.interface import Identity
from casebridge.links.schemas import AnswerCopy, CaseCopy, Parcel, ParcelReceipt, SamadChange
from casebridge.problems import Problem
from casebridge.registrations.opening import NewCase, open_case
from casebridge.search.service import index_case
from line111.clock import now
from line111.sealing import NotSealedForUs, unseal

UNKNOWN_CASE: Final = "unknown_case"
"""A change of a case whose name over there we do not know yet: told again, it may fit."""
REFUSED: Final = "refused"
"""A change no step leads to from where the case is here."""

LONGEST_ADDRESS: Final = 254


async def take_change(session: AsyncSession, change: SamadChange, *, again: bool = False) -> str:
    """Applies a change of the outside SAMAD; returns its outcome.

    Args:
        again: somebody has looked at one that was refused, and wants it tried once more.
    """
    known = await session.get(ReceivedChange, (SAMAD, change.id))
    if known is not None and known.outcome != UNKNOWN_CASE and not (again and known.outcome == REFUSED):
        return "known"
    case = await _case_of(session, change.reference)
    outcome = UNKNOWN_CASE if case is None else await _apply_change(session, case, change)
    if known is None:
        known = ReceivedChange(source=SAMAD, change_id=change.id)
        session.add(known)
    known.case_id, known.outcome, known.at = case.id if case else None, outcome, now()
    await session.flush()
    return outcome


async def take_parcel(session: AsyncSession, bridge: Bridge, centre: str, parcel: Parcel) -> ParcelReceipt:
    """Applies a parcel of another centre: opens the case here, or what is new in it.

    Nothing is said of a case they have no part in: neither its name nor that it is theirs to know.

    Raises Problem where its seal does not open, or the applicant has no valid identifier (article 5-3).
    """
    _identity(bridge, parcel)  # closed for us alone: our own parcel, thrown back with its signature, is not
    source, change_id = CENTRE + centre, str(parcel.id)
    known = await session.get(ReceivedChange, (source, change_id))
    if known is not None:
        return ParcelReceipt(outcome="known", reference=_name(await session.get(Case, known.case_id)))
    case = await session.get(Case, parcel.case.id, with_for_update=True)
    link = await session.get(LinkedCase, (source, parcel.case.id))
    if case is None:
        case = await _open(session, bridge, source, parcel)
        outcome = "opened"
    elif link is None:
        return ParcelReceipt(outcome="refused", reference=None)  # it is ours, and was never given to them
    else:
        outcome = await _apply_parcel(session, case, link, parcel, source)
    if outcome == "refused":  # not written down: after somebody has looked, the same parcel may fit
        return ParcelReceipt(outcome="refused", reference=_name(case))
    session.add(
        ReceivedChange(source=source, change_id=change_id, case_id=case.id, outcome=outcome, at=now())
    )
    await session.flush()
    return ParcelReceipt.model_validate({"outcome": outcome, "reference": _name(case)})


async def _open(session: AsyncSession, bridge: Bridge, source: str, parcel: Parcel) -> Case:
    copy, who, actor = parcel.case, _identity(bridge, parcel), link_actor(source)
    known, words = known_here(await country(session), copy)
    case, _ = await open_case(
        session,
        bridge,
        NewCase(
            case_id=copy.id,
            kind=copy.kind,
            channel=copy.channel,
            language=copy.language,
            origin="link",
            identifier_kind=who.kind,
            identifier=who.identifier,
            contact_number=who.contact_number,
            email=who.email,
            text=copy.text,
            level=copy.level,
            **known,
            from_abroad=copy.from_abroad,
            beyond_province=copy.beyond_province,
            marginal_note=copy.marginal_note,
            opened_at=copy.opened_at,
        ),
        actor=actor,
    )
    session.add(
        LinkedCase(target=source, case_id=case.id, direction="in", reference=copy.tracking_code, at=now())
    )
    note = {"note": ", ".join(words)} if words else {}
    await history.add(session, case.id, "received", actor, reference=copy.tracking_code, **note)
    await _await_recordings(session, case, source, parcel)
    return case


def known_here(land: Country, copy: CaseCopy) -> tuple[dict[str, str | None], list[str]]:
    """What of a case's place, agency, subject and unit our country has too; the rest as words, to be read."""
    find = {
        "province": land.place,
        "county": land.place,
        "agency": land.agency,
        "subject": land.subject,
        "complained_unit": land.unit,
    }
    said = {name: code for name in find if (code := getattr(copy, name))}
    known = {name: code for name, code in said.items() if find[name](code) is not None}
    return dict(known), [copy.names.get(name, code) for name, code in said.items() if name not in known]


async def _apply_parcel(
    session: AsyncSession, case: Case, link: LinkedCase, parcel: Parcel, source: str
) -> str:
    copy, actor = parcel.case, link_actor(source)
    if link.direction == "out":  # we gave it to them: their answers are for our applicant
        if link.reference is None:
            link.reference = copy.tracking_code
        if copy.answer is None:
            return "known"
        return await _answer(session, case, parcel, copy.answer, source)
    await _await_recordings(session, case, source, parcel)
    if case.text is None and copy.text:  # what was spoken has been written down there meanwhile
        case.text = copy.text
        await index_case(session, case.id)
    if parcel.action in {"accepted", "objected"}:  # they gave it to us: their applicant has decided
        return await steps.apply_decision(
            session, case, accepted=parcel.action == "accepted", text=copy.objection, actor=actor
        )
    return "known"


async def _await_recordings(session: AsyncSession, case: Case, source: str, parcel: Parcel) -> None:
    """What the applicant has said at the centre that gave us the case."""
    said = [one for one in parcel.recordings if goes_along("out", one.speaker, named=False)]
    await recordings.await_recordings(session, case, source, said)


async def _answer(session: AsyncSession, case: Case, parcel: Parcel, answer: AnswerCopy, source: str) -> str:
    """An answer travels in every later parcel too; by its own id it is given once."""
    mark = f"answer:{answer.id}"
    if await session.get(ReceivedChange, (source, mark)) is not None:
        return "known"
    spoken = (one for one in parcel.recordings if one.answer_id == answer.id and one.speaker == "official")
    outcome = await steps.apply_answer(
        session,
        case,
        text=answer.text or "",
        language=answer.language,
        kind=answer.kind,
        actor=link_actor(source),
        voice=next(spoken, None),
        source=source,
    )
    if outcome == "refused":
        return outcome
    session.add(ReceivedChange(source=source, change_id=mark, case_id=case.id, outcome=outcome, at=now()))
    return outcome


async def _apply_change(session: AsyncSession, case: Case, change: SamadChange) -> str:
    actor = link_actor(SAMAD)
    if change.answer_text:
        return await steps.apply_answer(
            session,
            case,
            text=change.answer_text,
            language=change.answer_language,
            kind=change.answer_kind,
            actor=actor,
        )
    if change.status:
        return await steps.apply_status(session, case, status=change.status, note=change.note, actor=actor)
    return "known"


async def _case_of(session: AsyncSession, reference: str) -> Case | None:
    """The case of this name over there, or of this id or tracking code here."""
    found: UUID | None = await session.scalar(
        select(LinkedCase.case_id).where(LinkedCase.target == SAMAD, LinkedCase.reference == reference)
    )
    if found is None:
        return None
    return await session.get(Case, found, with_for_update=True)


def _identity(bridge: Bridge, parcel: Parcel) -> Identity:
    try:
        document = unseal(parcel.sealed or "", bridge.sealing_private)
    except NotSealedForUs:
        raise Problem("invalid_request", errors=[("sealed", "sealed_unreadable")]) from None
    kind, identifier, number, email = (
        document.get(name) for name in ("identifier_kind", "identifier", "contact_number", "email")
    )
    address = str(email)[:LONGEST_ADDRESS] if email else None
    return Identity(str(kind), str(identifier), str(number) if number else None, address)


def _name(case: Case | None) -> str | None:
    return case.tracking_code or case.told_code if case else None
