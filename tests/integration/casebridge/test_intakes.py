"""What a call left behind becomes one case, however often it is handed in."""

from __future__ import annotations

from typing import Any


async def test_the_same_intake_handed_in_three_times_is_one_case(
    bridge: Any, citizen: Any, codes: list[str]
) -> None:
    intake = citizen.intake(codes[0], callback={"wished": "asap"})
    async with bridge.client() as client, bridge.client("operator") as operator:
        receipts = [await client.post_record(intake) for _ in range(3)]
        assert receipts[0] == receipts[1] == receipts[2]
        assert receipts[0].tracking_code == codes[0]
        assert receipts[0].callback_id is not None
        page = await operator.cases(tracking_code=codes[0])
    assert [str(item.id) for item in page.items] == [intake["record_id"]]
