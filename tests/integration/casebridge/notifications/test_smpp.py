"""Messages over SMPP: Persian whole, in parts, with receipts, through a centre that has bad days."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
"""What stands in the database is tested on both in the other files."""


@pytest.fixture
def providers(sms_centre: Any) -> str:
    return f"""
[[provider]]
name = "centre"
kind = "smpp"
host = "127.0.0.1"
port = {sms_centre.port}
system_id = "line111"
secret = "sms_password"
sender = "111"
timeout_seconds = 2
enquire_seconds = 0.5
"""


async def test_a_persian_message_arrives_letter_by_letter_in_parts_and_its_receipts_make_it_delivered(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any, api: Any
) -> None:
    case = await open_case()
    first = len(sms_centre.submitted)
    message = await tell(case, "answered", text="پاسخ بلند " * 20)
    row = await becomes(message, "sent")
    assert sms_centre.text(first) == row.text
    parts = [part for part in sms_centre.submitted[first:] if part.esm_class & 0x40]
    assert len(parts) == row.segments > 1
    assert {part.to for part in parts} == {"989121234567"}
    for part in parts[:-1]:
        await sms_centre.deliver(f"id:{part.reference} stat:DELIVRD err:000".encode(), receipt=True)
    await asyncio.sleep(0.2)
    assert (await becomes(message, "sent")).delivered_at is None
    last = await sms_centre.deliver(f"id:{parts[-1].reference} stat:DELIVRD".encode(), receipt=True)
    assert await sms_centre.answered(last) == 0
    assert (await becomes(message, "delivered")).delivered_at


async def test_a_refused_number_is_a_dead_letter_at_once(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any
) -> None:
    case = await open_case()
    await asyncio.sleep(0.3)
    sms_centre.statuses = [0x0B]
    row = await becomes(await tell(case), "dead")
    assert (row.attempts, row.last_error) == (1, "SMPP status 0xb")


async def test_a_busy_centre_is_asked_again_after_a_moment(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any
) -> None:
    case = await open_case()
    await asyncio.sleep(0.3)
    sms_centre.statuses = [0x58, 0x14]
    row = await becomes(await tell(case), "sent")
    assert row.attempts == 1


async def test_a_centre_that_goes_and_comes_back_loses_nothing(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any, hurry: Any
) -> None:
    case = await open_case()
    await sms_centre.stop()
    message = await tell(case)
    await asyncio.sleep(0.5)
    await sms_centre.start()
    await hurry(message)
    await becomes(message, "sent")
    assert sms_centre.text().count("ارجاع") == 1


async def test_a_centre_that_hangs_up_without_a_word_is_asked_again_for_a_message_the_law_demands(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any, hurry: Any
) -> None:
    case = await open_case()
    await asyncio.sleep(0.3)
    sms_centre.hang_up = True
    message = await tell(case)
    await asyncio.sleep(0.5)
    await hurry(message)
    row = await becomes(message, "sent")
    assert row.attempts == 2


async def test_a_receipt_of_failure_makes_a_dead_letter_that_can_be_sent_again(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any, api: Any
) -> None:
    message = await tell(await open_case())
    await becomes(message, "sent")
    reference = sms_centre.submitted[-1].reference
    await sms_centre.deliver(f"id:{reference} stat:UNDELIV".encode(), receipt=True)
    await becomes(message, "dead")
    async with api.person("supervisor") as http:
        assert (await http.post(f"/notifications/{message}/resend")).status_code == 202
        await becomes(message, "sent")
        assert (await http.post(f"/notifications/{message}/resend")).status_code == 409
    await sms_centre.deliver(f"id:{sms_centre.submitted[-1].reference} stat:DELIVRD".encode(), receipt=True)
    await becomes(message, "delivered")


async def test_what_a_citizen_writes_is_acknowledged_once_it_is_kept(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any, api: Any
) -> None:
    await becomes(await tell(await open_case()), "sent")
    number = await sms_centre.deliver("سلام".encode("utf-16-be"), coding=8)
    assert await sms_centre.answered(number) == 0
    async with asyncio.timeout(5):
        while "شناخته نشد" not in sms_centre.text():  # noqa: ASYNC110 - the other side writes a plain list
            await asyncio.sleep(0.05)


async def test_a_long_message_of_a_citizen_is_put_together_before_any_part_is_acknowledged(
    sms_centre: Any, open_case: Any, tell: Any, becomes: Any
) -> None:
    await becomes(await tell(await open_case()), "sent")
    second = await sms_centre.deliver(bytes((5, 0, 3, 7, 2, 2)) + b" world", esm_class=0x40)
    await asyncio.sleep(0.2)
    assert second not in sms_centre.delivered
    first = await sms_centre.deliver(bytes((5, 0, 3, 7, 2, 1)) + b"hello", esm_class=0x40)
    assert await sms_centre.answered(first) == 0
    assert await sms_centre.answered(second) == 0
