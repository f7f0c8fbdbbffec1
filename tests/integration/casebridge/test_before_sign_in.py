"""Who has not said who they are fills neither the bridge's memory nor its time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from casebridge.guards import AUDIO_LIMIT, JSON_LIMIT, TRANSCRIPT_LIMIT, limit_for

RECORDING = "/api/v1/recordings/019a0000-0000-7000-8000-000000000002"


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        (f"{RECORDING}/audio", AUDIO_LIMIT),
        (f"{RECORDING}/transcript", TRANSCRIPT_LIMIT),
        ("/cases/019a0000-0000-7000-8000-000000000001/steps/audio", JSON_LIMIT),
        ("/cases/new/transcript", JSON_LIMIT),
        ("/api/v1/country/places/import", JSON_LIMIT),
        (f"{RECORDING}/audio/transcript", JSON_LIMIT),
    ],
)
def test_recordings_alone_may_be_large(path: str, limit: int) -> None:
    assert limit_for(path) == limit


async def test_a_strangers_transcript_is_refused_before_it_is_read(on_sqlite: Any, run_bridge: Any) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"[" * 1024

    async with run_bridge(on_sqlite()) as api, httpx.AsyncClient(transport=api.transport) as http:
        for headers in ({}, {"Authorization": "Bearer x"}):
            answer = await http.put(
                f"http://bridge{RECORDING}/transcript",
                content=body(),
                headers={"Content-Type": "application/json", **headers},
            )
            assert answer.status_code == 401
    assert sent <= 2
