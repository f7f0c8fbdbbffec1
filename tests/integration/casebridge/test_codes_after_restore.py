"""A database restored from a backup must not make the line tell a code twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from casebridge.tracking_codes import service
from casebridge.tracking_codes.models import CodeBlock, CodeCounter
from casebridge.tracking_codes.permutation import CodesExhausted
from persian.tracking_code import CAPACITY


async def restore_what_was_before(api: Any, next_number: int) -> None:
    """The counter as a backup has it, and no trace of the blocks leased since."""
    async with api.bridge.database.writing() as session:
        await session.execute(update(CodeCounter).values(next_number=next_number))
        await session.execute(delete(CodeBlock).where(CodeBlock.first >= next_number))


async def counter(api: Any) -> int:
    """Where the counter stands."""
    async with api.bridge.database.reading() as session:
        return int((await session.get_one(CodeCounter, 1)).next_number)


async def test_codes_leased_since_the_backup_are_not_leased_again_once_a_gap_is_left(api: Any) -> None:
    backup = await counter(api)
    told = await api.codes(40)
    await restore_what_was_before(api, backup)
    assert await api.codes(40) == told, "without the gap they are the same codes again"
    await restore_what_was_before(api, backup)
    async with api.bridge.database.writing() as session:
        assert await service.skip(session, 40) == backup + 40
    assert not set(await api.codes(40)) & set(told)


async def test_a_gap_that_leaves_no_code_is_refused_and_changes_nothing(api: Any) -> None:
    before = await counter(api)
    with pytest.raises(CodesExhausted):
        async with api.bridge.database.writing() as session:
            await service.skip(session, 10**9 + 1)
    assert await counter(api) == before


async def test_a_node_hears_plainly_that_no_codes_are_left(api: Any) -> None:
    async with api.bridge.database.writing() as session:
        await session.execute(update(CodeCounter).values(next_number=CAPACITY - 5))
    question = {"node": "n1", "holder": "ivr", "count": 6}
    async with api.http("ivr") as http:
        for language, title in (("fa", "کد رهگیری نمانده است"), ("en", "No tracking codes are left")):
            headers = {"Accept-Language": language}
            answer = await http.post("/tracking-codes/leases", json=question, headers=headers)
            assert answer.status_code == 409
            assert answer.json()["type"] == "urn:line111:problem:codes_exhausted"
            assert answer.json()["title"] == title
        answer = await http.post("/tracking-codes/leases", json=question | {"count": 5})
        assert answer.status_code == 201, "the last ones can still be had"
