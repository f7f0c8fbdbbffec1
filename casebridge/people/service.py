"""Accounts, sessions and tokens: each function is one step in the caller's transaction."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.audit import service as audit
from casebridge.database import Database, insert_into
from casebridge.people.models import Account, ServiceToken, SignIn, SignInFailures
from casebridge.people.rules import (
    NEWCOMER,
    SERVICE_SCOPES,
    SHORTEST_PASSWORD,
    Role,
    failures_now,
    lock_after,
    scopes_of,
)
from casebridge.problems import Problem
from casebridge.tables import new_id
from line111.clock import now as clock_now

_hasher = PasswordHasher()
_hashing = ThreadPoolExecutor(2, "argon2")
"""argon2 takes 64 MiB each; a flood of sign-ins must not take all memory."""


@cache
def _nobodys_hash() -> str:
    """Verified for unknown names, so that they take as long as known ones."""
    return _hasher.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks: a person with a session, or a service with a token."""

    kind: str
    """`person` or `service`."""
    name: str
    scopes: frozenset[str]
    roles: frozenset[str] = frozenset()
    account_id: UUID | None = None
    display_name: str = ""
    csrf_token: str = ""

    @property
    def actor(self) -> str:
        """How history and audit name them."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: `token` goes into the cookie, `csrf_token` with every change."""

    token: str
    csrf_token: str
    expires_at: datetime
    person: Principal


def hash_token(token: str) -> bytes:
    """Tokens are random 256-bit strings: a plain hash is enough to store them by."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


async def ensure_account(
    session: AsyncSession,
    username: str,
    password: str,
    roles: Iterable[str],
    display_name: str | None = None,
    *,
    one_time: bool = False,
) -> UUID:
    """Makes the account, or gives an existing one this password and these roles; returns its id.

    Args:
        one_time: the password opens nothing until another was chosen with it.

    Raises ValueError for a role that does not exist or a password shorter than eight characters.
    """
    wanted = [Role(role).value for role in roles] + ([NEWCOMER] if one_time else [])
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError("a password needs at least eight characters")
    account = await session.scalar(select(Account).where(Account.username == username.lower()))
    if account is None:
        account = Account(
            id=new_id(),
            username=username.lower(),
            display_name=display_name or username,
            password_hash=await _hash(password),
            roles=wanted,
            created_at=clock_now(),
        )
        session.add(account)
    else:
        if not await _fits(account.password_hash, password):
            account.password_hash = await _hash(password)
            await session.execute(delete(SignIn).where(SignIn.account_id == account.id))
        account.roles = wanted
        account.disabled_at = None
        account.display_name = display_name or account.display_name
    await session.flush()
    return account.id


async def sign_in(
    database: Database, username: str, password: str, *, hours: int = 12, address: str | None = None
) -> SignedIn | None:
    """Opens a session; None where name or password is wrong (the failure is counted and audited).

    argon2 runs between two transactions: nobody who writes waits for a password.

    Raises Problem `too_many_attempts` while the name is locked.
    """
    name = username.lower()
    async with database.reading() as session:
        _refuse_locked(await session.get(SignInFailures, hash_token(name)))
        account = await session.scalar(
            select(Account).where(Account.username == name, Account.disabled_at.is_(None))
        )
    right = await _fits(
        account.password_hash if account else await asyncio.to_thread(_nobodys_hash), password
    )
    async with database.writing() as session:
        # Many guesses sent at once have all passed the first look; only those before the lock count.
        failed = await _locked_row(session, hash_token(name))
        _refuse_locked(failed)
        if account is None or not right:
            _count_failure(failed)
            await audit.write(session, f"person:{name}", "sign_in_failed", "account", name, address=address)
            return None
        await session.delete(failed)
        await session.execute(delete(SignIn).where(SignIn.expires_at <= clock_now()))
        return await _open(session, account, clock_now() + timedelta(hours=hours), address)


async def choose_password(
    database: Database, who: Principal, old: str, new: str, *, token: str, address: str | None = None
) -> bool:
    """Gives somebody the password they chose, and ends their sessions but that of `token`.

    Returns False where the old one is wrong. Newcomers are none after it.
    """
    async with database.reading() as session:
        account = await session.get(Account, who.account_id)
    if account is None or not await _fits(account.password_hash, old):
        return False
    hashed = await _hash(new)
    async with database.writing() as session:
        account = await session.get_one(Account, who.account_id, with_for_update=True)
        account.password_hash = hashed
        account.roles = [role for role in account.roles if role != NEWCOMER]
        others = SignIn.token_hash != hash_token(token)
        await session.execute(delete(SignIn).where(SignIn.account_id == account.id, others))
        await audit.write(session, who.actor, "password_chosen", "account", who.name, address=address)
    return True


async def sign_out(session: AsyncSession, token: str, *, address: str | None = None) -> None:
    """Ends a session; an unknown one is no error."""
    row = await session.get(SignIn, hash_token(token))
    if row is None:
        return
    account = await session.get_one(Account, row.account_id)
    await session.delete(row)
    await audit.write(
        session, f"person:{account.username}", "signed_out", "account", account.username, address=address
    )


async def person_of(session: AsyncSession, token: str) -> Principal | None:
    """The person whose session cookie this is; None where it has ended."""
    row = (
        await session.execute(
            select(SignIn.csrf_token, SignIn.expires_at, Account)
            .join(Account, Account.id == SignIn.account_id)
            .where(SignIn.token_hash == hash_token(token), Account.disabled_at.is_(None))
        )
    ).first()
    if row is None or row.expires_at <= clock_now():
        return None
    return _person(row.Account, row.csrf_token)


async def service_of(session: AsyncSession, token: str) -> Principal | None:
    """The service whose bearer token this is."""
    row = await session.scalar(select(ServiceToken).where(ServiceToken.token_hash == hash_token(token)))
    return Principal("service", row.name, frozenset(row.scopes)) if row else None


async def seed_service_tokens(session: AsyncSession, tokens: dict[str, str]) -> None:
    """Makes the table say what the secrets say: idempotent, and a changed secret ends the old one."""
    rows = {row.name: row for row in await session.scalars(select(ServiceToken))}
    for name, token in tokens.items():
        scopes = sorted(SERVICE_SCOPES[name])
        row = rows.get(name)
        if row is None:
            session.add(
                ServiceToken(name=name, token_hash=hash_token(token), scopes=scopes, seeded_at=clock_now())
            )
        elif row.token_hash != hash_token(token) or row.scopes != scopes:
            row.token_hash, row.scopes, row.seeded_at = hash_token(token), scopes, clock_now()
    await session.flush()


async def _open(session: AsyncSession, account: Account, until: datetime, address: str | None) -> SignedIn:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hash_token(token),
            account_id=account.id,
            csrf_token=csrf,
            created_at=clock_now(),
            expires_at=until,
            address=address,
        )
    )
    await audit.write(
        session, f"person:{account.username}", "signed_in", "account", account.username, address=address
    )
    return SignedIn(token, csrf, until, _person(account, csrf))


def _refuse_locked(failed: SignInFailures | None) -> None:
    if failed and failed.locked_until and failed.locked_until > clock_now():
        wait = int((failed.locked_until - clock_now()).total_seconds()) + 1
        raise Problem("too_many_attempts", headers={"Retry-After": str(wait)})


async def _locked_row(session: AsyncSession, key: bytes) -> SignInFailures:
    """The row of a name, made where there is none, and nobody else's until the commit."""
    fresh = {"username_hash": key, "failures": 0, "last_at": clock_now(), "locked_until": None}
    await session.execute(insert_into(session, SignInFailures).values(fresh).on_conflict_do_nothing())
    return await session.get_one(SignInFailures, key, with_for_update=True)


def _count_failure(row: SignInFailures) -> None:
    now = clock_now()
    row.failures = 1 + failures_now(row.failures, row.last_at, now)
    until = now + lock_after(row.failures)
    row.last_at, row.locked_until = now, until if until > now else None


def _person(account: Account, csrf: str) -> Principal:
    return Principal(
        kind="person",
        name=account.username,
        scopes=scopes_of(account.roles),
        roles=frozenset(account.roles),
        account_id=account.id,
        display_name=account.display_name,
        csrf_token=csrf,
    )


async def _hash(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.hash, password)


async def _fits(stored: str, password: str) -> bool:
    try:
        return await asyncio.get_running_loop().run_in_executor(_hashing, _hasher.verify, stored, password)
    except (VerificationError, InvalidHashError):
        return False
