"""A node's clock is wrong: no case is lost by it, and nobody's place in the line moves by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from line111.clock import now, to_text


@pytest.mark.parametrize("said", ["1970-01-01T00:00:12.000Z", "ahead"])
async def test_a_code_told_by_a_node_without_the_time_still_has_its_case(api: Any, said: str) -> None:
    begun = now()
    moment = to_text(begun + timedelta(days=400)) if said == "ahead" else said
    codes = await api.codes(2)
    wrong = api.citizen.intake(codes[0], created_at=moment, audio=b"\xd5" * 8000)
    wished = api.citizen.wish(wrong, "asap") | {"created_at": moment}
    async with api.client() as client, api.client("operator") as reader:
        receipt = await client.post_record(wrong)
        assert receipt.tracking_code == codes[0]
        await client.post_record(wished)
        assert (await client.post_record(wrong)).case_id == receipt.case_id
        case = await reader.case(receipt.case_id)
        (callback,) = case.callbacks
    for at in (case.opened_at, callback.arrived_at, callback.due_at):
        assert begun <= at <= now()
