"""What people wait for at their screens: lists, search, routing, likeness, with 100,000 cases and with 1,000.

The cases are written in bulk straight into the tables: 31 provinces, a year, three to a person, seven of ten
with a transcript and the others with a text. Twenty users, each on a connection of their own, ask one thing
after another over HTTP and think for half a second on average between two; what they ask for is drawn anew
each time. *List* is a page of 50 of all cases or by status, kind or province; *search* is a page of 50 for a
common word, two words, a phrase, a beginning, a rare word or a word within a province; *worklist* is a list
of an official's cartable, each user's that of a province's desk (new, due soon or overdue); *routing* is the
unit a case belongs to and its article; *likeness* is what a case may repeat. The bridge runs as in
production with its Redis; it, the database and the users share the machine's two cores. Both sizes are up at
once and measured in turn. p95 is of all requests of a kind in all rounds; a round's ratio is that of its own.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

from sqlalchemy import insert, select

from benchmarks.http_load import Reader
from benchmarks.many_cases import fill
from benchmarks.node import Node, running_node
from benchmarks.postgres import make_database, postgres_server
from benchmarks.rounds import Row, median, publish
from casebridge.cartables.schemas import Tab
from casebridge.cases.models import Case
from casebridge.cases.schemas import Kind, Status
from casebridge.country.models import MembershipRow
from casebridge.country.seeding import seed_if_empty
from casebridge.country.units import province_desk
from casebridge.database import Database
from casebridge.migrate import upgrade
from casebridge.people import service as people
from casebridge.people.access import COOKIE
from casebridge.people.rules import Role
from line111.clock import now
from line111.secrets import read_secret
from persian.provinces import provinces

SIZES = {"small": 1_000, "large": 100_000}
USERS = 20
SECONDS = 8.0
"""A round of one size."""
THINKING = (0.25, 0.75)
ROUNDS = 3
AIM_MS, AIM_RATIO = 100.0, 2.0
QUESTIONS = (
    "آب",
    "است",
    "قطع آب",
    '"تشکر می‌کنم"',
    "خیابا",
    "زعفران",
    "water",
    "انشعاب گاز روستا",
)
Paths = Callable[[random.Random], str]
Taken = dict[str, list[float]]


WORKLIST = "worklist"
"""What officials ask for; all else is asked for by the line's own people."""


TABS = (Tab.NEW, Tab.DUE_SOON, Tab.OVERDUE)


def _asked(cases: list[str]) -> dict[str, Paths]:
    """What users ask for, by its name."""

    def listed(chance: random.Random) -> str:
        filters = (
            "",
            f"&status={chance.choice(list(Status)).value}",
            f"&kind={chance.choice([Kind.COMPLAINT, Kind.IDEA, Kind.REPORT]).value}",
            f"&province={chance.choice(list(provinces()))}",
        )
        return f"/api/v1/cases?limit=50{chance.choice(filters)}"

    def searched(chance: random.Random) -> str:
        within = f"&province={chance.choice(list(provinces()))}" if chance.random() < 0.25 else ""
        return f"/api/v1/cases?limit=50&q={quote(chance.choice(QUESTIONS))}{within}"

    return {
        "list": listed,
        "search": searched,
        WORKLIST: lambda chance: f"/api/v1/cartable?tab={chance.choice(TABS).value}",
        "routing": lambda chance: f"/api/v1/cases/{chance.choice(cases)}/route",
        "likeness": lambda chance: f"/api/v1/cases/{chance.choice(cases)}/repeats",
    }


class Screens:
    """People at a node's screens."""

    def __init__(self, node: Node, cases: list[str], sessions: list[str]) -> None:
        self._node = node
        self._sessions = sessions
        self._asked = _asked(cases)

    def __call__(self) -> Taken:
        """One round: seconds each request took, by what was asked for."""
        taken: Taken = {name: [] for name in self._asked}
        asyncio.run(self._round(taken))
        return taken

    async def _round(self, taken: Taken) -> None:
        end = time.perf_counter() + SECONDS
        async with asyncio.TaskGroup() as group:
            for number in range(USERS):
                group.create_task(self._user(number, end, taken))

    async def _user(self, number: int, end: float, taken: Taken) -> None:
        chance = random.Random(f"{number} {end}")
        settings = self._node.settings
        where = "127.0.0.1", settings.bridge.port
        token, cookie = read_secret(settings, "token_operator"), f"{COOKIE}={self._sessions[number]}"
        async with (
            Reader(*where, f"Authorization: Bearer {token}") as line,
            Reader(*where, f"Cookie: {cookie}") as official,
        ):
            await asyncio.sleep(chance.uniform(0, THINKING[1]))
            while time.perf_counter() < end:
                name = chance.choice(list(self._asked))
                begun = time.perf_counter()
                await (official if name == WORKLIST else line).get(self._asked[name](chance))
                taken[name].append(time.perf_counter() - begun)
                await asyncio.sleep(chance.uniform(*THINKING))


def _filled(stack: ExitStack, size: int, **parts: Any) -> Screens:
    """A node with so many cases."""
    node = stack.enter_context(running_node("redis", **parts))
    upgrade(node.settings.database_url)
    cases, sessions = asyncio.run(_fill(node, size))
    node.start("bridge")
    return Screens(node, cases, sessions)


async def _fill(node: Node, size: int) -> tuple[list[str], list[str]]:
    """Cases, the country, and officials signed in; returns ids of cases and the officials' sessions."""
    await fill(node.settings, size)
    database = Database(node.settings.database_url)
    async with database.writing() as session:
        await seed_if_empty(session)
    async with database.reading() as session:
        cases = [str(key) for key in await session.scalars(select(Case.id).limit(5_000))]
    sessions = [await _official(database, province) for province in list(provinces())[:USERS]]
    await database.close()
    return cases, sessions


async def _official(database: Database, province: str) -> str:
    """The session of somebody at a province's desk."""
    name, password = f"desk{province}", secrets.token_urlsafe(12)
    async with database.writing() as session:
        account = await people.ensure_account(session, name, password, [Role.OFFICIAL])
        held = {"account_id": account, "unit_code": province_desk(province), "position": "staff"}
        await session.execute(insert(MembershipRow).values(**held, since=now()))
    signed_in = await people.sign_in(database, name, password)
    assert signed_in is not None
    return signed_in.token


def p95(figures: list[float]) -> float:
    """The figure 95 of 100 are not above, in milliseconds."""
    return sorted(figures)[int(len(figures) * 0.95)] * 1000


def _rows(where: str, rounds: list[dict[str, Taken]]) -> Iterator[Row]:
    for name in rounds[0]["small"]:
        small, large = (
            p95([seconds for measured in rounds for seconds in measured[size][name]])
            for size in ("small", "large")
        )
        ratio = median([p95(measured["large"][name]) / p95(measured["small"][name]) for measured in rounds])
        yield Row(
            f"{name}: p95 at {USERS} users, {SIZES['large']:,} cases ({where})",
            f"{large:.0f} ms",
            f"{SIZES['small']:,} cases",
            f"{small:.0f} ms",
            ratio,
            f"< {AIM_MS:.0f} ms, at most {AIM_RATIO:.0f} ×",
            large < AIM_MS and ratio <= AIM_RATIO,
            len(rounds),
        )


def _measure(where: str, screens: dict[str, Screens]) -> list[Row]:
    for screen in screens.values():
        screen()  # caches of both, and what is read for the first time
    rounds = []
    for number in range(ROUNDS):
        order = list(screens.items())
        rounds.append({name: screen() for name, screen in (order if number % 2 else reversed(order))})
    return list(_rows(where, rounds))


def main() -> None:
    """Measure both sizes on both databases and keep the figures."""
    rows = []
    with ExitStack() as stack:
        rows += _measure("SQLite", {name: _filled(stack, size) for name, size in SIZES.items()})
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        screens = {
            name: _filled(stack, size, bridge={"database_url": make_database(server, name)})
            for name, size in SIZES.items()
        }
        rows += _measure("PostgreSQL", screens)
    publish("case_way", rows, packages=["sqlalchemy", "aiosqlite", "asyncpg", "fastapi", "uvicorn"])


if __name__ == "__main__":
    main()
