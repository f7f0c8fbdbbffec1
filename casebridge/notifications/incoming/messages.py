"""Text messages of citizens: 1 accepts an answer, 2 objects to it; where a question was asked, what they
write is the reply to it; whatever else gets a polite answer.

The number decides: a code counts only where that case was told to this number before, so nobody
decides for others by guessing codes. Numbers are kept as keyed hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.cases.schemas import Status
from casebridge.cases.service import original_of
from casebridge.database import insert_into
from casebridge.notifications import service
from casebridge.notifications.incoming.meaning import (
    Meaning,
    language_of,
    legible,
    says_something,
    understand,
)
from casebridge.notifications.incoming.opt_outs import set_opt_out
from casebridge.notifications.masking import contact_hash, masked, normal
from casebridge.notifications.models import Inbound, Notification
from casebridge.notifications.receivers import close_target
from casebridge.notifications.rows import message_row
from casebridge.notifications.rules import mobile
from casebridge.notifications.schemas import Medium
from casebridge.notifications.texts.wording import own_wording
from casebridge.tables import new_id
from line111.clock import now

if TYPE_CHECKING:
    from casebridge.bridge import Bridge

HELP_EVERY = timedelta(days=1)
MOST_AN_HOUR = 30
REPEATED_WITHIN = 120
"""Seconds in which the same text of the same number is one message, where the provider does not name it."""
log = structlog.get_logger("casebridge.notifications")
Decide = Callable[[AsyncSession, UUID, bool, str | None], Awaitable[str]]
"""Records the applicant's decision on an answer; returns `accepted`, `objected` or `not_open`."""
Reply = Callable[[AsyncSession, UUID, str], Awaitable[str]]
"""Records the applicant's reply to the open question of a case; returns `supplied` or `too_late`."""


class Hears(Protocol):
    """What becomes of what citizens write."""

    decide: Decide
    reply: Reply


async def receive(
    bridge: Bridge, provider: str, sender: str, text: str, reference: str | None, ear: Hears
) -> str:
    """Takes in one message, whole or not at all; returns what it was taken for.

    A message that comes again (same reference) changes nothing and gets the same word.
    """
    hashed, text = contact_hash(bridge.lookup_key, sender), legible(text)
    async with bridge.database.writing() as session:
        entry, is_new = await _remember(session, provider, hashed, text, reference)
        if is_new:
            entry.understood, entry.case_id = await _act(bridge, session, entry, sender, text, ear)
        understood = entry.understood
    bridge.metrics.inbound.labels(understood).inc()
    log.info("message_received", provider=provider, understood=understood, repeated=not is_new)
    return understood


async def _remember(
    session: AsyncSession, provider: str, hashed: bytes, text: str, reference: str | None
) -> tuple[Inbound, bool]:
    moment = now()
    name = reference or _name_of(hashed, text, int(moment.timestamp()) // REPEATED_WITHIN)
    fresh = {
        "id": new_id(),
        "provider": provider,
        "reference": name[:128],
        "sender_hash": hashed,
        "at": moment,
        "understood": "silence",
        "case_id": None,
    }
    await session.execute(insert_into(session, Inbound).values(fresh).on_conflict_do_nothing())
    entry = await session.scalar(
        select(Inbound).where(Inbound.provider == provider, Inbound.reference == name[:128]).with_for_update()
    )
    if entry is None:
        raise LookupError("a message that was just written is not there")
    return entry, entry.id == fresh["id"]


async def _act(
    bridge: Bridge, session: AsyncSession, entry: Inbound, sender: str, text: str, ear: Hears
) -> tuple[str, UUID | None]:
    recent = select(func.count()).where(
        Inbound.sender_hash == entry.sender_hash, Inbound.at > entry.at - timedelta(hours=1)
    )
    if int(await session.scalar(recent) or 0) > MOST_AN_HOUR:
        return "silence", None
    meaning = understand(text)
    if meaning.intent in {"stop", "start"}:
        wants = meaning.intent == "start"
        await set_opt_out(session, entry.sender_hash, wants_messages=wants, by="sms")
        return ("opted_in" if wants else "opted_out"), None
    asked = await _asked(session, entry.sender_hash, meaning) if says_something(text) else None
    if asked is not None:
        return await ear.reply(session, asked.id, text), asked.id
    if meaning.intent == "unknown":
        return await _help(bridge, session, entry, sender, text), None
    return await _decide(bridge, session, entry, sender, text, meaning, ear.decide)


async def _asked(session: AsyncSession, hashed: bytes, meaning: Meaning) -> Case | None:
    """The case whose question a message replies to. One that begins like a decision is meant for an answer,
    where there is one to decide about."""
    if meaning.intent != "unknown":
        meant = await _case_meant(session, hashed, meaning.code)
        return meant if meant is not None and meant.status == Status.WAITING_APPLICANT else None
    latest = _told(hashed).where(
        Notification.template == "asked", Case.status == Status.WAITING_APPLICANT.value
    )
    if meaning.code is not None:
        latest = _told(hashed).where(Case.tracking_code == meaning.code)
    case = await _locked(session, await session.scalar(latest))
    return case if case is not None and case.status == Status.WAITING_APPLICANT else None


async def _decide(
    bridge: Bridge,
    session: AsyncSession,
    entry: Inbound,
    sender: str,
    text: str,
    meaning: Meaning,
    decide: Decide,
) -> tuple[str, UUID | None]:
    case = await _case_meant(session, entry.sender_hash, meaning.code)
    if case is None:
        return await _help(bridge, session, entry, sender, text), None
    word = "not_open"
    if case.status == Status.ANSWERED:
        word = await decide(session, case.id, meaning.intent == "accept", meaning.said or None)
    if word == "not_open":
        await _reply(bridge, session, entry, sender, "not_open", case.language, case)
    return word, case.id


async def _case_meant(session: AsyncSession, hashed: bytes, code: str | None) -> Case | None:
    """The case with the code, otherwise the one answered last, otherwise the one told of last."""
    latest = _told(hashed)
    if code is not None:
        return await _locked(session, await session.scalar(latest.where(Case.tracking_code == code)))
    answered = latest.where(Notification.template == "answered", Case.status == Status.ANSWERED.value)
    return await _locked(session, await session.scalar(answered) or await session.scalar(latest))


def _told(hashed: bytes) -> Select[Case]:
    """The case a number was told of last."""
    told = select(Case).join(Notification, Notification.case_id == Case.id)
    told = told.where(Notification.contact_hash == hashed, Notification.audience == "applicant")
    return told.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(1)


async def _locked(session: AsyncSession, case: Case | None) -> Case | None:
    if case is None:
        return None
    case = await original_of(session, case)
    await session.refresh(case, with_for_update=True)
    return case


async def _help(bridge: Bridge, session: AsyncSession, entry: Inbound, sender: str, text: str) -> str:
    """A polite answer, at most once a day: two machines must not answer each other for ever."""
    helped = select(Inbound.id).where(
        Inbound.sender_hash == entry.sender_hash,
        Inbound.understood == "help",
        Inbound.at > entry.at - HELP_EVERY,
    )
    if await session.scalar(helped.limit(1)) is not None:
        return "silence"
    language = await session.scalar(
        select(Notification.language)
        .where(Notification.contact_hash == entry.sender_hash)
        .order_by(Notification.created_at.desc())
        .limit(1)
    )
    await _reply(bridge, session, entry, sender, "help", language or language_of(text), None)
    return "help"


async def _reply(
    bridge: Bridge,
    session: AsyncSession,
    entry: Inbound,
    sender: str,
    template: str,
    language: str,
    case: Case | None,
) -> None:
    """An answer to the very number that wrote; short numbers and machines get none."""
    number = mobile(sender)
    if number is None:
        return
    row = message_row(
        template,
        at=entry.at,
        key=f"inbound:{entry.id}",
        language=language,
        values={},
        case_id=case.id if case else None,
        tracking_code=case.tracking_code if case else None,
        own=await own_wording(session, "applicant", template, language),
    )
    row |= {
        "medium": Medium.SMS.value,
        "contact_hash": entry.sender_hash,
        "contact_masked": masked(number),
        "target": close_target(bridge.keys, row["id"], normal(number)),
        "key_number": bridge.keys.current,
    }
    await service.add(session, [row])


def _name_of(hashed: bytes, text: str, window: int) -> str:
    return hashlib.sha256(hashed + text.encode("utf-8", "replace") + str(window).encode()).hexdigest()
