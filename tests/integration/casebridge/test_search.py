"""Cases are found by what was said and written, on both databases, beside the list's filters and pages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from casebridge.applicants.models import Applicant
from casebridge.cases.models import Case
from casebridge.database import Database
from casebridge.migrate import downgrade, upgrade
from casebridge.referrals.service import classify
from casebridge.search.models import CaseWords
from casebridge.search.service import index_case, narrowed
from casebridge.tables import new_id
from line111.clock import now, to_text
from persian.identifiers import sample_identifier


async def _cases(api: Any, texts: list[str], **changes: Any) -> list[str]:
    """Cases with these texts, each a second after the one before; their ids."""
    codes = await api.codes(len(texts))
    begin = now() - timedelta(hours=1)
    ids = []
    async with api.client() as client:
        for number, code in enumerate(codes):
            at = to_text(begin + timedelta(seconds=number))
            record = api.citizen.intake(code, created_at=at, **changes)
            await client.post_record(record)
            ids.append(record["record_id"])
    async with api.bridge.database.writing() as session:
        for case_id, words in zip(ids, texts, strict=True):
            case = await session.get_one(Case, UUID(case_id))
            case.text = words
            await index_case(session, case.id)
    return ids


async def _found(api: Any, asked: str, **filters: str) -> list[str]:
    async with api.http("operator") as http:
        answer = await http.get("/cases", params={"q": asked, **filters})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]


async def test_every_spelling_finds_the_case(api: Any) -> None:
    pipe, books, english = await _cases(
        api,
        [
            "لوله آب روستای ما ترکیده و می‌خواهم رسیدگی کنید",
            "کتابخانه‌ های شهر كتاب هاي تازه ندارند؛ سال ۱۴۰۳",
            "Water outage in our street",
        ],
    )
    for asked, ids in {
        "آب": [pipe],
        "اب روستاي": [pipe],
        "میخواهم": [pipe],
        "می خواهم": [pipe],
        "کتاب‌های": [books],
        "کتابهای": [books],
        "1403": [books],
        "۱۴۰۳": [books],
        "WATER": [english],
        "wat": [english],
        "wat ": [],
        "street water": [english],
        '"water outage"': [english],
        '"outage water"': [],
        "«لوله آب»": [pipe],
        "آب water": [],
        "!؟": [],
        '" OR 1': [],
        "water')--": [english],
        "a:b & | ! <-> *": [],
    }.items():
        assert await _found(api, asked) == ids, asked


async def test_search_goes_with_filters_and_pages_newest_first(api: Any) -> None:
    texts = [f"قطع آب خانه شماره {number}" for number in range(12)] + ["چیز دیگر"]
    ids = await _cases(api, texts)
    wanted = ids[11::-1]
    assert await _found(api, "قطع آب") == wanted
    assert await _found(api, "قطع آب", kind="idea") == []
    seen: list[str] = []
    cursor: dict[str, str] = {}
    async with api.http("operator") as http:
        while True:
            params = {"q": "قطع آب", "limit": "5", "kind": "request", "province": "23", **cursor}
            page = (await http.get("/cases", params=params)).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert (await http.get("/cases", params={"q": "!", **cursor})).json()["items"] == []
    assert seen == wanted


async def test_identifiers_and_numbers_that_were_spoken_are_never_found(api: Any) -> None:
    identifier = sample_identifier("national_id", 7)
    (case_id,) = await _cases(
        api,
        [f"کد ملی من {identifier} و تلفنم ۰۹۱۲ ۳۴۵ ۶۷۸۹ است صفر نهصد و دوازده سیصد و چهل و پنج شصت و هفت"],
    )
    for asked in (identifier[:6], identifier[1:], "0912", "345 6789", "نهصد", '"دوازده سیصد"'):
        assert await _found(api, asked) == [], asked
    assert await _found(api, "تلفنم") == [case_id]
    async with api.bridge.database.reading() as session:
        words = await session.get_one(CaseWords, await session.scalar(text("SELECT number FROM case_words")))
        assert identifier not in words.words


async def test_what_was_changed_is_found_as_it_is_now(api: Any) -> None:
    case_id, _other = await _cases(api, ["گاز روستا", "برق روستا"])
    async with api.bridge.database.writing() as session:
        case = await session.get_one(Case, UUID(case_id))
        case.text = "آسفالت کوچه"
        await index_case(session, case.id)
    assert await _found(api, "گاز") == []
    assert await _found(api, "آسفالت") == [case_id]


async def test_two_cases_of_one_microsecond_are_both_found(api: Any) -> None:
    ids = [UUID(case_id) for case_id in await _cases(api, ["", "", ""])]
    async with api.bridge.database.writing() as session:
        for case_id in ids:
            case = await session.get_one(Case, case_id)
            case.text, case.opened_at = "همزمان", datetime(2026, 1, 1, tzinfo=UTC)
    async with api.bridge.database.writing() as session:
        await session.execute(text("UPDATE cases SET version = version + 1"))
        for case_id in ids:
            await index_case(session, case_id)
    assert sorted(await _found(api, "همزمان")) == sorted(map(str, ids))


async def test_changes_at_once_lose_no_words(api: Any) -> None:
    (case_id,) = await _cases(api, ["آغاز"])

    async def write_again() -> None:
        async with api.bridge.database.writing() as session:
            await index_case(session, UUID(case_id))

    await asyncio.gather(*(write_again() for _ in range(4)))
    assert await _found(api, "آغاز") == [case_id]


def test_what_was_there_before_is_searchable_after_the_migration(database_url: str) -> None:
    upgrade(database_url)
    said = ["قطع آب در محله", None, "قطع برق 0012345678"]
    asyncio.run(_write_cases(database_url, said))
    downgrade(database_url, "0005")
    upgrade(database_url)
    assert asyncio.run(_words(database_url)) == ["قطع اب در محله", "قطع برق"]


async def _write_cases(url: str, said: list[str | None]) -> None:
    database = Database(url)
    async with database.writing() as session:
        at, applicant_id = now(), new_id()
        session.add(
            Applicant(
                id=applicant_id,
                identifier_kind="national_id",
                lookup=b"x" * 32,
                identifier=b"x",
                key_number=1,
                created_at=at,
            )
        )
        await session.flush()
        for number, words in enumerate(said):
            session.add(
                Case(
                    id=new_id(),
                    kind="complaint",
                    status="registered",
                    channel="phone",
                    level="province",
                    language="fa",
                    applicant_id=applicant_id,
                    key_number=1,
                    text=words,
                    opened_at=at + timedelta(seconds=number),
                    registered_at=at,
                )
            )
    await database.close()


async def _words(url: str) -> list[str]:
    database = Database(url)
    async with database.reading() as session:
        words = list(await session.scalars(select(CaseWords.words).order_by(CaseWords.number)))
    await database.close()
    return words


async def test_a_case_is_found_in_the_province_it_is_in_now(api: Any) -> None:
    moved, stays = await _cases(api, ["پل روستا شکسته است", "پل شهر ترک خورده است"])
    assert await _found(api, "پل", province="23") == [stays, moved]
    async with api.bridge.database.writing() as session:
        await classify(session, UUID(moved), {"province": "08"}, "test")
    assert await _found(api, "پل", province="23") == [stays]
    assert await _found(api, "پل", province="08") == [moved]
    async with api.bridge.database.writing() as session:
        await classify(session, UUID(moved), {"province": None}, "test")
    assert await _found(api, "پل", province="08") == []
    assert await _found(api, "پل روستا") == [moved]


async def test_what_is_sought_in_a_province_is_not_sought_in_all(api: Any) -> None:
    """SQLite begins with its full text, PostgreSQL has an index of provinces."""
    async with api.bridge.database.reading() as session:
        wanted = select(CaseWords.number).select_from(Case).where(CaseWords.province == "23")
        query, order = narrowed(session, wanted, "پل")
        plan = await _plan(session, query.order_by(order.desc()).limit(51))
    if api.bridge.database.is_sqlite:
        assert "case_words_index VIRTUAL TABLE" in plan[0], plan
    else:
        assert any("ix_case_words_province_number" in step for step in plan), plan


async def _plan(session: Any, query: Any) -> list[str]:
    """The steps a database takes; PostgreSQL is kept from reading all, as it would while there are few."""
    engine = (await session.connection()).engine
    explain = "EXPLAIN QUERY PLAN"
    if engine.dialect.name != "sqlite":
        explain = "EXPLAIN"
        for way in ("seqscan", "bitmapscan", "sort"):
            await session.execute(text(f"SET LOCAL enable_{way} = off"))
    asked = str(query.compile(engine, compile_kwargs={"literal_binds": True})).replace(":", "\\:")
    return [str(tuple(row)) for row in await session.execute(text(f"{explain} {asked}"))]
