"""The bridge's client, for rooms that reach it over HTTP alone (ivr, call_routing, transcription)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from casebridge.callbacks.schemas import Callback, CallbackPage, OfficeTimes
from casebridge.cases.schemas import CaseDetail, CasePage, FollowUp
from casebridge.intakes.schemas import RecordReceipt
from casebridge.recordings.schemas import Recording, RecordingPage
from casebridge.tracking_codes.schemas import Lease
from casebridge.transcripts.schemas import Transcript

AUDIO_CHUNK = 64 * 1024


class BridgeError(Exception):
    """Anything that went wrong between a room and the bridge."""


class BridgeUnavailable(BridgeError):
    """No answer, or an answer that says "later" (5xx, 429): keep what you have and try again."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        """Seconds the bridge asked to wait; None where it said nothing."""


class BridgeDenied(BridgeUnavailable):
    """The token is not accepted (401, 403). An operator must act; what was sent is still good."""


class BridgeRefused(BridgeError):
    """The bridge understood and says no (4xx). The same again will not help."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}")
        self.status = status
        self.problem = dict(problem)
        """The RFC 9457 problem details as received."""


class NotYet(BridgeError):
    """What this record depends on is not here yet (424): send that first, then this again."""


class BridgeClient:
    """One HTTP connection pool to the bridge.

    Args:
        url: Where the bridge listens, without `/api/v1`.
        token: Bearer token of the calling service.
        timeout: Seconds for connecting and for each read or write.
        transport: Other transport, for tests that call the application without a socket.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}", "Accept-Language": "en"},
            timeout=timeout,
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def post_record(self, record: Mapping[str, Any]) -> RecordReceipt:
        """Hands over a record of the spool. Safe to repeat: the same record gets the same receipt.

        Raises:
            NotYet: a callback wish came before its intake.
            BridgeRefused: 409 the id was used for another record; 422 the record is bad.
            BridgeUnavailable: try again later.
        """
        answer = await self._send("POST", "/intakes", json=record)
        return RecordReceipt.model_validate_json(answer.content)

    async def put_audio(self, recording_id: UUID | str, path: Path, sha256: str) -> None:
        """Streams a raw A-law file up; repeating it after success changes nothing."""
        size = path.stat().st_size  # noqa: ASYNC240 - one metadata look-up of a local file
        await self._send(
            "PUT",
            f"/recordings/{recording_id}/audio",
            content=_read(path),
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Length": str(size),
                "X-Content-SHA256": sha256,
            },
        )

    async def get_audio(self, recording_id: UUID | str, into_path: Path) -> None:
        """Streams the raw A-law recording into a file (written beside it, then renamed)."""
        await self._into_file(into_path, "GET", f"/recordings/{recording_id}/audio")

    async def answer_voice(
        self, tracking_code: str, identifier_kind: str, identifier: str, into_path: Path
    ) -> None:
        """Streams the voice of the official who answered this applicant's case into a file.

        Raises BridgeRefused where the pair does not belong together or nobody spoke the answer.
        """
        question = {
            "tracking_code": tracking_code,
            "identifier_kind": identifier_kind,
            "identifier": identifier,
        }
        await self._into_file(into_path, "POST", "/follow-ups/voice", json=question)

    async def _into_file(self, into_path: Path, method: str, path: str, **options: Any) -> None:
        part = into_path.with_name(into_path.name + ".part")
        try:
            async with self._http.stream(method, path, **options) as answer:
                if answer.is_error:
                    await answer.aread()
                    _raise_for(answer)
                with part.open("wb") as file:
                    async for chunk in answer.aiter_bytes(AUDIO_CHUNK):
                        file.write(chunk)
        except httpx.HTTPError as error:
            part.unlink(missing_ok=True)
            raise BridgeUnavailable(_reason(error)) from error
        part.rename(into_path)

    async def lease_codes(self, node: str, holder: str, count: int) -> list[str]:
        """Leases tracking codes that this node may tell while the bridge is away."""
        answer = await self._send(
            "POST", "/tracking-codes/leases", json={"node": node, "holder": holder, "count": count}
        )
        return Lease.model_validate_json(answer.content).codes

    async def office_times(self) -> OfficeTimes:
        """When callbacks are made in the weeks to come."""
        answer = await self._send("GET", "/callbacks/office")
        return OfficeTimes.model_validate_json(answer.content)

    async def follow_up(self, tracking_code: str, identifier_kind: str, identifier: str) -> FollowUp | None:
        """What became of a case; None where code and identifier do not belong together.

        Raises BridgeRefused with status 429 where the code was tried too often.
        """
        question = {
            "tracking_code": tracking_code,
            "identifier_kind": identifier_kind,
            "identifier": identifier,
        }
        try:
            answer = await self._send("POST", "/follow-ups", json=question)
        except BridgeRefused as refused:
            if refused.status == 404:
                return None
            raise
        return FollowUp.model_validate_json(answer.content)

    async def recording(self, recording_id: UUID | str) -> Recording:
        """Facts of a recording: state, language, channels, duration."""
        answer = await self._send("GET", f"/recordings/{recording_id}")
        return Recording.model_validate_json(answer.content)

    async def put_transcript(self, recording_id: UUID | str, transcript: Mapping[str, Any]) -> None:
        """Stores a transcript as far as it is known; a later one replaces it."""
        await self._send("PUT", f"/recordings/{recording_id}/transcript", json=transcript)

    async def get_transcript(self, recording_id: UUID | str) -> Transcript:
        """The transcript of a recording; BridgeRefused 404 where none was begun."""
        answer = await self._send("GET", f"/recordings/{recording_id}/transcript")
        return Transcript.model_validate_json(answer.content)

    async def waiting_recordings(
        self, transcript_status: str = "waiting_for_model"
    ) -> AsyncIterator[Recording]:
        """All held recordings whose transcript is in the given state, oldest first."""
        cursor: str | None = None
        while True:
            query = {"transcript_status": transcript_status} | ({"cursor": cursor} if cursor else {})
            answer = await self._send("GET", "/recordings", params=query)
            page = RecordingPage.model_validate_json(answer.content)
            for item in page.items:
                yield item
            if (cursor := page.next_cursor) is None:
                return

    async def cases(self, **query: str) -> CasePage:
        """A page of cases; the query's names are those of GET /cases."""
        answer = await self._send("GET", "/cases", params=query)
        return CasePage.model_validate_json(answer.content)

    async def case(self, case_id: UUID | str) -> CaseDetail:
        """A case with recordings, callbacks and history."""
        answer = await self._send("GET", f"/cases/{case_id}")
        return CaseDetail.model_validate_json(answer.content)

    async def waiting_callbacks(self, limit: int = 50) -> CallbackPage:
        """The callbacks in line, in the order they will be served."""
        answer = await self._send("GET", "/callbacks", params={"state": "waiting", "limit": str(limit)})
        return CallbackPage.model_validate_json(answer.content)

    async def claim_callback(self, agent: str, queues: list[str] | None = None) -> Callback | None:
        """Takes the next callback whose time has come; nobody else gets it while the lease runs."""
        question: dict[str, Any] = {"agent": agent} | ({"queues": queues} if queues else {})
        answer = await self._send("POST", "/callbacks/claim", json=question)
        return None if answer.status_code == 204 else Callback.model_validate_json(answer.content)

    async def renew_callback(self, callback_id: UUID | str, agent: str) -> Callback:
        """Prolongs the lease of a claimed callback while the agent still works on it."""
        answer = await self._send("POST", f"/callbacks/{callback_id}/renew", json={"agent": agent})
        return Callback.model_validate_json(answer.content)

    async def release_callback(self, callback_id: UUID | str, agent: str | None = None) -> Callback:
        """Puts a claimed callback back to its old place in the line."""
        answer = await self._send("POST", f"/callbacks/{callback_id}/release", json={"agent": agent})
        return Callback.model_validate_json(answer.content)

    async def finish_callback(
        self, callback_id: UUID | str, outcome: str, later_at: str | None = None
    ) -> Callback:
        """Ends an attempt; `later_at` (RFC 3339) goes with the outcome `later`."""
        body = {"outcome": outcome} | ({"later_at": later_at} if later_at else {})
        answer = await self._send("POST", f"/callbacks/{callback_id}/finish", json=body)
        return Callback.model_validate_json(answer.content)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise BridgeUnavailable(_reason(error)) from error
        _raise_for(answer)
        return answer


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(AUDIO_CHUNK):
            yield chunk


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _raise_for(answer: httpx.Response) -> None:
    status = answer.status_code
    if status < 400:
        return
    try:
        problem = answer.json()
    except ValueError:
        problem = {"title": answer.reason_phrase, "detail": answer.text[:200]}
    if not isinstance(problem, dict):
        problem = {"title": answer.reason_phrase}
    if status == 424:
        raise NotYet(str(problem.get("detail") or problem.get("title")))
    if status in {401, 403}:
        raise BridgeDenied(f"{status} {problem.get('detail') or problem.get('title')}")
    if status >= 500 or (status == 429 and answer.request.url.path.endswith("/intakes")):
        wait = answer.headers.get("Retry-After", "")
        raise BridgeUnavailable(f"the bridge answered {status}", float(wait) if wait.isdigit() else None)
    raise BridgeRefused(status, problem)
