"""Service requests: taking them in and making cases of them; and applications' keys."""

from __future__ import annotations

import json
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.bridge import Bridge
from casebridge.cases.models import Case
from casebridge.cases.schemas import Channel
from casebridge.country.service import country as read_country
from casebridge.crypto import KeyRing
from casebridge.open311.models import ApiKey, Open311Request
from casebridge.open311.rules import BadRequest
from casebridge.open311.schemas import NewKey, RequestForm
from casebridge.people.service import hash_token
from casebridge.problems import Problem
from casebridge.registrations.opening import NewCase, open_case
from casebridge.tables import new_id
from line111.clock import now
from persian.identifiers import InvalidIdentifier, check_identifier

PLACE = ("address_string", "address_id", "media_url", "account_id")
"""What is kept of a form once its case is there."""
BATCH = 50


async def make_key(session: AsyncSession, name: str, actor: str) -> NewKey:
    """A key for an application; the answer shows it for the only time."""
    key, key_id = secrets.token_urlsafe(24), new_id()
    session.add(ApiKey(id=key_id, name=name, key_hash=hash_token(key), created_at=now(), created_by=actor))
    await audit.write(session, actor, "open311_key_made", "open311_key", key_id, detail={"name": name})
    return NewKey(id=str(key_id), name=name, api_key=key)


async def end_key(session: AsyncSession, key_id: UUID, actor: str) -> None:
    """Ends a key. Raises Problem `not_found`."""
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise Problem("not_found")
    if row.disabled_at is None:
        row.disabled_at = now()
        await audit.write(session, actor, "open311_key_ended", "open311_key", key_id)


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """All keys, those in use first."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.disabled_at.is_not(None), ApiKey.id)))


async def key_of(session: AsyncSession, text: str | None) -> ApiKey | None:
    """The key in use with this text."""
    if not text:
        return None
    found: ApiKey | None = await session.scalar(
        select(ApiKey).where(ApiKey.key_hash == hash_token(text), ApiKey.disabled_at.is_(None))
    )
    return found


async def create(
    session: AsyncSession, bridge: Bridge, key: ApiKey, form: RequestForm
) -> tuple[Open311Request, str | None]:
    """Takes a request in; a case is made of it at once, or with its batch.

    Returns the request, and its id where there is a case.

    Raises BadRequest for an unknown service, or an identifier that can't exist (article 5-3).
    """
    subject = (await read_country(session)).subject(form.service_code)
    if subject is None or not subject.active:
        raise BadRequest("service_code_not_found", 404)
    try:
        digits = check_identifier(form.identifier_kind.value, form.national_id)
    except InvalidIdentifier:
        raise BadRequest("identifier_invalid") from None
    request_id = new_id()
    document = form.model_dump(mode="json", exclude_none=True) | {"national_id": digits}
    row = Open311Request(
        id=request_id,
        token=secrets.token_urlsafe(16),
        api_key_id=key.id,
        service_code=form.service_code,
        form=_close(bridge.keys, request_id, document),
        key_number=bridge.keys.current,
        lat=form.lat,
        long=form.long,
        requested_at=now(),
    )
    session.add(row)
    await session.flush()
    if bridge.settings.links.open311_batch:
        return row, None
    case = await _open(session, bridge, row, document)
    return row, case.tracking_code


async def open_waiting(bridge: Bridge) -> int:
    """Makes cases of requests that wait for their batch; returns how many were looked at."""
    async with bridge.database.reading() as session:
        ids = list(await session.scalars(_waiting()))
    for request_id in ids:
        async with bridge.database.writing() as session:
            row = await session.get(Open311Request, request_id, with_for_update={"skip_locked": True})
            if row is None or row.case_id is not None or row.refused is not None or row.form is None:
                continue
            document = open_form(bridge.keys, row)
            try:
                async with session.begin_nested():
                    await _open(session, bridge, row, document)
            except Problem as problem:
                row.refused = problem.code[:64]
    return len(ids)


async def by_token(session: AsyncSession, token: str) -> tuple[Open311Request, str | None] | None:
    """The request of a token, and its id where there is a case already."""
    found = (
        await session.execute(
            select(Open311Request, Case.tracking_code)
            .outerjoin(Case, Case.id == Open311Request.case_id)
            .where(Open311Request.token == token)
        )
    ).first()
    return (found[0], found[1]) if found else None


def open_form(keys: KeyRing, row: Open311Request) -> dict[str, Any]:
    """What was sent, in clear; of a request that is a case, its place alone."""
    if row.form is None:
        return {}
    document: dict[str, Any] = json.loads(keys.decrypt(row.form, _belongs_to(row.id)))
    return document


async def _open(session: AsyncSession, bridge: Bridge, row: Open311Request, document: dict[str, Any]) -> Case:
    form = RequestForm.model_validate(document)
    case, _ = await open_case(
        session,
        bridge,
        NewCase(
            case_id=row.id,
            kind=form.kind,
            channel=Channel.WEB,
            language=form.language,
            province=form.county[:2] if form.county else form.province,
            county=form.county,
            subject=form.service_code,
            text=_text(form),
            origin="open311",
            identifier_kind=form.identifier_kind.value,
            identifier=form.national_id,
            contact_number=form.phone,
            email=form.email,
            opened_at=row.requested_at,
        ),
        actor=f"open311:{row.api_key_id}",
    )
    row.case_id = case.id
    row.form = _close(bridge.keys, row.id, {name: document[name] for name in PLACE if name in document})
    row.key_number = bridge.keys.current
    return case


def _text(form: RequestForm) -> str:
    """The case's text: what was written, and where it is."""
    where = form.address_string or form.address_id
    if where is None and form.lat is not None:
        where = f"{form.lat}, {form.long}"
    return "\n".join(filter(None, (form.description, where)))


def _waiting() -> Select[Any]:
    return (
        select(Open311Request.id)
        .where(Open311Request.case_id.is_(None), Open311Request.refused.is_(None))
        .order_by(Open311Request.requested_at)
        .limit(BATCH)
    )


def _close(keys: KeyRing, request_id: UUID, document: dict[str, Any]) -> bytes:
    return keys.encrypt(json.dumps(document, ensure_ascii=False).encode(), _belongs_to(request_id))


def _belongs_to(request_id: UUID) -> str:
    return f"open311:{request_id}"
