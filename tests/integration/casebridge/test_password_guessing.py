"""Guessing passwords gets nowhere: not many at once, not over the screens' door, not name by name."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from casebridge.people.rules import FREE_FAILURES, lock_after
from casebridge.people.sign_in import SIGN_INS_FROM_ONE_ADDRESS, throttled_sign_in
from casebridge.problems import Problem

RIGHT = {"username": "agent1", "password": "a long password"}
ADDRESS = "192.0.2.7"


@pytest.mark.parametrize("name", ["agent1", "nobody"])
async def test_guesses_sent_at_once_are_no_more_than_guesses_one_by_one(api: Any, name: str) -> None:
    async with api.person("agent"), api.http() as http:
        wrong = [{"username": name, "password": f"a wrong password {number}"} for number in range(20)]
        began = time.monotonic()
        answers = await asyncio.gather(*(http.post("/session", json=guess) for guess in wrong))
        locks_over = (time.monotonic() - began) // lock_after(FREE_FAILURES).total_seconds()
        heard = Counter(answer.status_code for answer in answers)
        assert set(heard) == {401, 429}
        assert FREE_FAILURES <= heard[401] <= FREE_FAILURES + locks_over, "a slow machine outlasts a lock"
        if name == "agent1":
            assert (await http.post("/session", json=RIGHT)).status_code == 429


async def test_one_address_may_not_try_name_after_name(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def wrong(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr("casebridge.people.sign_in.service.sign_in", wrong)
    for number in range(SIGN_INS_FROM_ONE_ADDRESS):
        assert await throttled_sign_in(api.bridge, ADDRESS, f"name{number}", "x") is None
    with pytest.raises(Problem, match="too_many_attempts"):
        await throttled_sign_in(api.bridge, ADDRESS, "another", "x")
    assert await throttled_sign_in(api.bridge, "192.0.2.8", "another", "x") is None


async def test_a_house_full_of_agents_signs_in_at_once_and_what_was_wrong_still_counts(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def looked_at(_: object, name: str, password: str, **__: object) -> object | None:
        return name if password == "right" else None

    monkeypatch.setattr("casebridge.people.sign_in.service.sign_in", looked_at)
    for _ in range(SIGN_INS_FROM_ONE_ADDRESS - 1):
        assert await throttled_sign_in(api.bridge, ADDRESS, "agent1", "wrong") is None
    for _ in range(2 * SIGN_INS_FROM_ONE_ADDRESS):
        assert await throttled_sign_in(api.bridge, ADDRESS, "agent2", "right")
    assert await throttled_sign_in(api.bridge, ADDRESS, "agent1", "wrong") is None
    with pytest.raises(Problem, match="too_many_attempts"):
        await throttled_sign_in(api.bridge, ADDRESS, "agent1", "wrong")
