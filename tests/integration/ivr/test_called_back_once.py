"""One citizen, two calls of "call me back": one place in the line, and honest words about it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from casebridge.client import BridgeClient
from line111.secrets import read_secret
from tests.integration.ivr.conftest import NATIONAL_ID, PhoneCall
from tests.waiting import wait_for

CALL_ME = {
    "menu/main": "5", "identity/ask": NATIONAL_ID, "contact/offer_caller_id": "1", "menu/callback_time": "3",
}  # fmt: skip


class Listener(PhoneCall):
    """A caller who takes their time over the code, as people do who write it down."""

    def written_down(self, delivered: Callable[[], bool]) -> None:
        self._delivered = delivered

    def _hear(self, sound: str) -> None:
        super()._hear(sound)
        if self.heard[-1] == "code/keep_it":
            wait_for(self._delivered)


@pytest.mark.chaos
def test_the_second_of_two_calls_joins_the_first_and_the_caller_hears_it(ivr_node, start_bridge):
    bridge = start_bridge(ivr_node.settings)
    ivr_node.start()
    wait_for(lambda: ivr_node.health()["codes"] > 50)
    heard = []
    for number in (1, 2):
        call = Listener(f"n1-1764000000.{number}", CALL_ME)
        call.written_down(lambda: not ivr_node.spool.pending())
        ivr_node.over_tcp(call)
        assert call.done
        assert call.heard[-1] == "system/goodbye"
        heard.append(call.heard)
    assert "callback/registered" in heard[0]
    assert "callback/already_open" not in heard[0]
    assert "callback/already_open" in heard[1]
    assert "callback/registered" not in heard[1]
    wait_for(lambda: not ivr_node.spool.pending())
    assert asyncio.run(_waiting(bridge)) == 1


async def _waiting(bridge) -> int:
    token = read_secret(bridge.settings, "token_call_routing")
    async with BridgeClient(bridge.url, token) as client:
        return (await client.waiting_callbacks()).total
