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
from casebridge.country.sheets import Line
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


async def make_officials(session: AsyncSession) -> list[TrialOfficial]:
    """Makes those of `data/trial_officials.csv` that do not exist; an account that is there is left alone."""
    taken = set(await session.scalars(select(Account.username)))
    known = await country(session)
    made: list[TrialOfficial] = []
    for row in _rows():
        unit = known.unit(row["unit_code"])
        if row["username"] in taken or unit is None:
            continue
        official = TrialOfficial(
            row["username"], secrets.token_urlsafe(12), unit.code, Position(row["position"])
        )
        shown = unit.name_fa if official.position is Position.HEAD else row["display_name"]
        await ensure_account(session, official.username, official.password, [Role.OFFICIAL], shown[:128])
        made.append(official)
    lines = [
        Line(0, OfficialLine(username=each.username, unit_code=each.unit_code, position=each.position))
        for each in made
    ]
    await editing.save(session, Sheet.OFFICIALS, lines, ACTOR)
    return made


def _rows() -> list[dict[str, str]]:
    file = files("casebridge.country") / "data" / "trial_officials.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
