"""What became of the calls, asked from the bridge as any other service would ask it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

import httpx

from line111.call.prompts_heard import PromptHeard, told_codes
from line111.secrets import read_secret
from line111.settings import Settings

_FINAL = {"done", "waiting_for_model", "empty", "broken", "failed", "deadline"}
"""States of a transcript that will not change by waiting a little longer."""
_LOOK_AGAIN = 0.5


@dataclass
class Found:
    """A case as the bridge tells it, and the call it came from."""

    case: dict[str, Any]
    journal: list[dict[str, Any]]
    """What the line itself wrote about the call; empty where its report has not arrived."""

    @property
    def recording(self) -> dict[str, Any] | None:
        """The applicant's message."""
        return next(iter(self.case["recordings"]), None)

    @property
    def transcript_status(self) -> str | None:
        """State of the message's transcript."""
        return self.recording["transcript_status"] if self.recording else None

    @property
    def told_in_journal(self) -> list[str]:
        """The codes that the line says it told."""
        names = [name for step in self.journal for name in step["heard"]]
        return told_codes(PromptHeard(0.0, "", name, 0.0) for name in names)

    @property
    def is_final(self) -> bool:
        """Nothing more is expected soon."""
        return bool(self.journal) and (self.recording is None or self.transcript_status in _FINAL)

    def summary(self) -> dict[str, Any]:
        """The case in one object, for a program to read."""
        recording = self.recording or {}
        return {
            "tracking_code": self.case["tracking_code"],
            "language": self.case["language"],
            "kind": self.case["kind"],
            "status": self.case["status"],
            "recording_seconds": round(recording["duration_ms"] / 1000, 2) if recording else None,
            "transcript_status": self.transcript_status,
            "transcript": recording.get("transcript_text"),
            "callback_id": next((one["id"] for one in self.case["callbacks"]), None),
        }


class Bridge:
    """The bridge's API with an operator's token."""

    def __init__(self, settings: Settings) -> None:
        self._http = httpx.AsyncClient(
            base_url=settings.bridge.url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {read_secret(settings, 'token_operator')}"},
            timeout=10,
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def wait_for(self, code: str, seconds: float) -> Found | None:
        """The case with this code, when all is known about it or the time is over; None: there is none."""
        deadline = time.monotonic() + seconds
        found = None
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):  # it may be starting again; the deadline decides
                found = await self._find(code)
            if found is not None and found.is_final:
                break
            await asyncio.sleep(_LOOK_AGAIN)
        return found

    async def case(self, case_id: str) -> dict[str, Any]:
        """A case by its id. Raises httpx.HTTPError."""
        return await self._get(f"/cases/{case_id}")

    async def _find(self, code: str) -> Found | None:
        rows = await self._get("/cases", tracking_code=code)
        if len(rows["items"]) != 1:
            return None
        case = await self._get(f"/cases/{rows['items'][0]['id']}")
        calls = await self._get("/calls", call_id=case["call_id"])
        return Found(case, calls["items"][0]["journal"] if calls["items"] else [])

    async def _get(self, path: str, **query: str) -> dict[str, Any]:
        answer = await self._http.get(path, params=query)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told
