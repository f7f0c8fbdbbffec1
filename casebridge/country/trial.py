"""Officials for a trial: accounts with passwords made on the spot, each head or deputy of a unit."""

from __future__ import annotations

import csv
import secrets
from dataclasses import dataclass
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.country import editing
from casebridge.country.schemas import OfficialLine, Position, Sheet
from casebridge.country.seeding import ACTOR
from casebridge.country.service import country
from casebridge.database import Database
from casebridge.people.models import Account
from casebridge.people.rules import Role
from casebridge.people.service import ensure_account


@dataclass(frozen=True)
class TrialOfficial:
    """An account that was made, with the password nobody keeps."""

    username: str
    password: str
    unit_code: str
    position: Position


async def make_officials(database: Database, only: frozenset[str] = frozenset()) -> list[TrialOfficial]:
    """Makes those of `data/trial_officials.csv` that do not exist; an account that is there is left alone.

    `only`: user names that are wanted; none: all.

    One transaction each: a password takes long to hash, and nobody who writes should wait for all of them.
    """
    made: list[TrialOfficial] = []
    for row in _rows():
        if only and row["username"] not in only:
            continue
        async with database.writing() as session:
            official = await _make(session, row)
        made += [official] if official else []
    return made


async def _make(session: AsyncSession, row: dict[str, str]) -> TrialOfficial | None:
    unit = (await country(session)).unit(row["unit_code"])
    there = await session.scalar(select(Account.id).where(Account.username == row["username"]))
    if unit is None or there is not None:
        return None
    official = TrialOfficial(row["username"], secrets.token_urlsafe(12), unit.code, Position(row["position"]))
    shown = row["display_name"] or unit.name_fa
    await ensure_account(session, official.username, official.password, [Role.OFFICIAL], shown[:128])
    line = OfficialLine(username=official.username, unit_code=unit.code, position=official.position)
    await editing.save_one(session, Sheet.OFFICIALS, line, ACTOR)
    return official


def _rows() -> list[dict[str, str]]:
    file = files("casebridge.country") / "data" / "trial_officials.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
