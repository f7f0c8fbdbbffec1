"""Rotating keys: everything encrypted under an older key is written anew under the newest.

Rows and files are done one by one while the bridge works; a run that is broken off goes on where it
stopped. An old key may be taken away when `remaining` says nothing needs it.
"""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, and_, func, select, update

from casebridge.applicants.identity import belongs_to
from casebridge.applicants.models import Applicant
from casebridge.calls.models import CallRow
from casebridge.cases.models import Case
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links.models import ChangeAside
from casebridge.notifications.models import Notification
from casebridge.open311.models import Open311Request
from casebridge.recordings.models import RecordingRow
from casebridge.recordings.schemas import RecordingState
from casebridge.recordings.store import RecordingStore
from casebridge.webhooks.models import Webhook
from line111.settings import Settings

BATCH = 200
log = structlog.get_logger("casebridge.rotation")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column with sealed fields, and what each belongs to."""

    table: Any
    column: str
    prefix: str


SEALED = (
    Sealed(Applicant, "identifier", belongs_to(UUID(int=0)).partition(":")[0]),
    Sealed(Case, "numbers", "case"),
    Sealed(CallRow, "caller", "call"),
    Sealed(Webhook, "secret", "webhook"),
    Sealed(Open311Request, "form", "open311"),
    Sealed(Notification, "target", "message"),
    Sealed(ChangeAside, "content", "change"),
)
"""All sealed columns: `rotate` and `remaining` go by them, and by the recordings' files."""


def add_key(settings: Settings) -> int:
    """Makes the next data key; everything new is encrypted with it. Returns its number."""
    folder = settings.secrets_dir
    number = 1 + max(int(path.suffix[1:]) for path in folder.glob("data_key.*"))
    descriptor = os.open(folder / f"data_key.{number}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)).decode())
        file.flush()
        os.fsync(file.fileno())
    owner = folder.stat()
    if os.geteuid() == 0:
        os.chown(folder / f"data_key.{number}", owner.st_uid, owner.st_gid)
    return number


async def rotate(database: Database, keys: KeyRing, store: RecordingStore) -> dict[str, int]:
    """Re-encrypts what is under older keys; returns how many of each were done."""
    keys.reload()
    done = {sealed.table.__tablename__: await _fields(database, keys, sealed) for sealed in SEALED}
    done["recordings"] = await _recordings(database, keys, store)
    log.info("keys_rotated", key=keys.current, **done)
    return done


async def remaining(database: Database, keys: KeyRing) -> int:
    """How many rows and files still need an older key."""
    count = 0
    async with database.reading() as session:
        for older in (*(_older(sealed.table, keys) for sealed in SEALED), _older_recordings(keys)):
            count += int(await session.scalar(select(func.count()).where(older)) or 0)
    return count


def _older(table: Any, keys: KeyRing) -> ColumnElement[bool]:
    """The condition of rows under an older key: what is done, and what remains to be done."""
    older: ColumnElement[bool] = table.key_number < keys.current
    return older


def _older_recordings(keys: KeyRing) -> ColumnElement[bool]:
    return and_(RecordingRow.state == RecordingState.HELD.value, _older(RecordingRow, keys))


async def _fields(database: Database, keys: KeyRing, sealed: Sealed) -> int:
    table, count = sealed.table, 0
    value = getattr(table, sealed.column)
    while True:
        async with database.writing() as session:
            old = select(table.id, value).where(_older(table, keys)).limit(BATCH)
            rows = (await session.execute(old.with_for_update(skip_locked=True))).all()
            for row_id, blob in rows:
                name = f"{sealed.prefix}:{row_id}"
                fresh = None if blob is None else keys.encrypt(keys.decrypt(blob, name), name)
                change = {sealed.column: fresh, "key_number": keys.current}
                await session.execute(update(table).where(table.id == row_id).values(change))
        count += len(rows)
        if len(rows) < BATCH:
            return count


async def _recordings(database: Database, keys: KeyRing, store: RecordingStore) -> int:
    count = 0
    while True:
        async with database.reading() as session:
            old = select(RecordingRow).where(_older_recordings(keys)).limit(BATCH)
            rows = (await session.scalars(old)).all()
        for row in rows:
            number = await store.reencrypt(row.id, row.bytes, row.sha256)
            async with database.writing() as session:
                await session.execute(
                    update(RecordingRow).where(RecordingRow.id == row.id).values(key_number=number)
                )
        count += len(rows)
        if len(rows) < BATCH:
            return count
