"""What became of calls: asked of the bridge as the product's own services and people ask it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx

from casebridge.calls.schemas import Call
from casebridge.cases.schemas import CaseDetail, CasePage, CaseRow, Revealed
from casebridge.client import BridgeClient
from casebridge.database import Database
from casebridge.people.service import ensure_account
from ivr.spool import Spool
from line111.secrets import read_secret
from line111.settings import Settings
from tests.waiting import wait_for

T = TypeVar("T")
_PASSWORD = "a long password"


class AskedLine:
    """A node that is asked what it keeps of calls."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.spool = Spool(settings.spool_dir)
        self.told: list[str] = []
        """Every code that a citizen has heard from this line."""

    def ask(self, what: Callable[[BridgeClient], Coroutine[Any, Any, T]], service: str = "operator") -> T:
        """Ask the bridge as a service."""

        async def asking() -> T:
            token = read_secret(self.settings, f"token_{service}")
            async with BridgeClient(self.settings.bridge.url, token, timeout=20) as client:
                return await what(client)

        return asyncio.run(asking())

    def get(self, path: str, service: str = "operator", **query: str) -> Any:
        """Plain HTTP to the bridge's API; the answer's JSON."""
        token = read_secret(self.settings, f"token_{service}")
        answer = httpx.get(
            f"{self.settings.bridge.url}/api/v1{path}", params=query, timeout=20,
            headers={"Authorization": f"Bearer {token}"}, trust_env=False,
        )  # fmt: skip
        answer.raise_for_status()
        return answer.json()

    def cases(self) -> list[CaseRow]:
        """All cases of the line."""
        rows: list[CaseRow] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = CasePage.model_validate(self.get("/cases", **query))
            rows += page.items
            cursor = page.next_cursor
        return rows

    def details(self, row: CaseRow) -> CaseDetail:
        """A case with recordings, callbacks and history."""
        return CaseDetail.model_validate(self.get(f"/cases/{row.id}"))

    def case(self, code: str, seconds: float = 40) -> CaseDetail:
        """The case of a code, once the bridge holds it and its audio. Fails where there is none."""

        def found() -> CaseDetail | None:
            rows = self.get("/cases", tracking_code=code)["items"]
            if not rows:
                return None
            assert len(rows) == 1, rows
            case = CaseDetail.model_validate(self.get(f"/cases/{rows[0]['id']}"))
            return case if all(recording.state == "held" for recording in case.recordings) else None

        return wait_for(found, seconds, f"the case of {code}")

    def applicant(self, case: CaseRow) -> Revealed:
        """Who the applicant is, as a supervisor who signs in may see it."""
        asyncio.run(self._make_supervisor())
        with httpx.Client(base_url=f"{self.settings.bridge.url}/api/v1", trust_env=False) as client:
            login = {"username": "supervisor1", "password": _PASSWORD}
            answer = client.post("/session", json=login).raise_for_status()
            headers = {"X-CSRF-Token": answer.json()["csrf_token"]}
            revealed = client.post(f"/cases/{case.id}/reveal", headers=headers).raise_for_status()
            return Revealed.model_validate_json(revealed.content)

    def call(self, call_id: str, seconds: float = 30) -> Call:
        """The bridge's account of a call."""

        def found() -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = self.get("/calls", call_id=call_id)["items"]
            return items

        return Call.model_validate(wait_for(found, seconds, f"the report of {call_id}")[0])

    def audio(self, case: CaseRow) -> bytes:
        """The A-law sound of a case's one recording, decrypted by the bridge."""
        (recording,) = self.details(case).recordings
        token = read_secret(self.settings, "token_transcription")
        answer = httpx.get(
            f"{self.settings.bridge.url}/api/v1/recordings/{recording.id}/audio",
            headers={"Authorization": f"Bearer {token}"}, timeout=20, trust_env=False,
        )  # fmt: skip
        answer.raise_for_status()
        assert hashlib.sha256(answer.content).hexdigest() == recording.sha256
        return answer.content

    def settled(self, seconds: float = 40) -> None:
        """Wait until nothing on the node waits for the bridge."""

        def nothing_waits() -> bool:
            drafts = [*(self.settings.spool_dir / "drafts").glob("*.json")]
            return not (self.spool.pending() or self.spool.waiting_for_code() or drafts)

        wait_for(nothing_waits, seconds, "the spool to be empty")

    def check_nothing_refused(self) -> None:
        """The bridge took everything."""
        refused = self.refused()
        assert not refused, refused

    def refused(self) -> dict[str, str]:
        """Records the bridge refused for good, and why."""
        files = self.spool.rejected.glob("*.json")
        return {file.read_text(): file.with_suffix(".reason").read_text() for file in files}

    def check_promise(self, seconds: float = 40) -> None:
        """Codes told = cases, each once (promise 1): to be called when everything runs again."""
        self.settled(seconds)
        self.check_nothing_refused()
        cases = self.cases()
        codes = Counter(case.tracking_code for case in cases)
        assert set(self.told) <= set(codes), "a code that was told has no case"
        assert set(codes.values()) <= {1}, "a code has two cases"
        assert not [case for case in cases if case.quarantine]

    async def _make_supervisor(self) -> None:
        database = Database(self.settings.database_url)
        try:
            async with database.writing() as session:
                await ensure_account(session, "supervisor1", _PASSWORD, ["supervisor"])
        finally:
            await database.close()
