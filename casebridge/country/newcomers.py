"""Accounts for the officials of a table: one for each user name that has none, with a one-time password.

Who signs in with it may do nothing before they have chosen a password of their own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import select

from casebridge.country import editing
from casebridge.country.editing import Outcome
from casebridge.country.schemas import OfficialLine, Sheet
from casebridge.country.sheets import Line
from casebridge.database import Database
from casebridge.people.models import Account
from casebridge.people.rules import Role
from casebridge.people.service import ensure_account

ACTOR = "service:accounts"


async def bring_in(
    database: Database, lines: Sequence[Line], handed_out: Callable[[OfficialLine, str], None]
) -> Outcome:
    """Makes the accounts that are missing, then the officials of the table; `errors` where these do not fit.

    One transaction for each account: a password takes long to hash. One that is there is left alone.

    Args:
        handed_out: gets each password before its account exists, so that none is made that nobody can open.
    """
    for line in lines:
        official: OfficialLine = line.item
        name = official.username.lower()
        async with database.writing() as session:
            if await session.scalar(select(Account.id).where(Account.username == name)) is not None:
                continue
            password = secrets.token_hex(8)
            handed_out(official, password)
            shown = (official.display_name or official.username)[:128]
            await ensure_account(session, name, password, [Role.OFFICIAL], shown, one_time=True)
    async with database.writing() as session:
        return await editing.save(session, Sheet.OFFICIALS, list(lines), ACTOR)
