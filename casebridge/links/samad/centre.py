"""Another line111 centre: signed parcels, identities sealed for its eyes alone (article 6-5)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import Final
from uuid import UUID

import httpx
from pydantic import ValidationError

from casebridge.links import signing
from casebridge.links.samad.interface import NeighbourAway, NeighbourRefuses, News, Step, check_status
from casebridge.links.schemas import Parcel, ParcelReceipt
from line111.sealing import seal

PATH: Final = "/api/v1/links/centres/{name}/parcels"
SOUND_PATH: Final = "/api/v1/links/centres/{name}/cases/{case}/recordings/{recording}/audio"
PARTIAL: Final = frozenset({206})
LONGEST_RECEIPT: Final = 16 * 1024
"""Bytes of a reply that are looked at."""


class CentreSamad:
    """Tells another centre of the cases both know.

    Args:
        ours: This centre's name, by which the other knows us.
        url: Where its bridge listens.
        sealing_public: Its public key.
        secret: What both share.
        timeout: Seconds for connecting and for each read.
        transport: Other transport, for tests.
    """

    def __init__(
        self,
        ours: str,
        url: str,
        sealing_public: str,
        secret: str,
        *,
        timeout: float = 15.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._ours = ours
        self._path = PATH.format(name=ours)
        self._public = sealing_public
        self._secret = secret
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), timeout=timeout, transport=transport, trust_env=False
        )

    async def tell(self, step: Step) -> str | None:
        """Sends a parcel; the other centre opens the case, or applies what is new in it."""
        body = parcel_of(step, self._public).model_dump_json().encode()
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            signing.HEADER: signing.sign(self._secret, body, int(time.time())),
            signing.ID_HEADER: str(step.id),
        }
        try:
            async with self._http.stream("POST", self._path, content=body, headers=headers) as answer:
                reply = await _beginning(answer)
        except httpx.HTTPError as error:
            raise NeighbourAway(type(error).__name__) from None
        check_status(answer.status_code, answer.headers.get("retry-after"))
        try:
            receipt = ParcelReceipt.model_validate_json(reply)
        except ValidationError:
            raise NeighbourAway("the reply is no receipt") from None
        if receipt.outcome == "refused":
            raise NeighbourRefuses("it can't apply this step")
        return receipt.reference

    async def sound(self, case_id: UUID, recording_id: UUID, start: int, size: int) -> AsyncGenerator[bytes]:
        """A recording of a case both know, from a byte on.

        Args:
            size: Bytes of the whole.

        Raises NeighbourAway, NeighbourRefuses: it is gone there, or not for us.
        """
        question = signing.question(self._ours, case_id, recording_id)
        headers = {
            "Range": f"bytes={start}-",
            "Accept-Encoding": "identity",
            signing.HEADER: signing.sign(self._secret, question, int(time.time())),
        }
        path, got = SOUND_PATH.format(name=self._ours, case=case_id, recording=recording_id), start
        try:
            async with self._http.stream("GET", path, headers=headers) as answer:
                check_status(answer.status_code, answer.headers.get("retry-after"), good=PARTIAL)
                if not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
                    raise NeighbourAway("it sent another part")
                async for piece in answer.aiter_raw():
                    got += len(piece)
                    yield piece
        except httpx.HTTPError as error:
            raise NeighbourAway(type(error).__name__) from None
        if got < size:
            raise NeighbourAway("it broke off")

    async def news(self, place: str | None) -> News:
        """Centres tell each other by parcels of their own; there is nothing to ask for."""
        return News(place=place)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()


async def _beginning(answer: httpx.Response) -> bytes:
    """As much of a reply as a receipt can be, unpacked by nobody: a neighbour may not fill our memory."""
    reply = b""
    async for chunk in answer.aiter_raw():
        reply += chunk
        if len(reply) > LONGEST_RECEIPT:
            break
    return reply


def parcel_of(step: Step, sealing_public: str) -> Parcel:
    """A step as it travels between centres."""
    identity = {
        "identifier_kind": step.identity.kind,
        "identifier": step.identity.identifier,
        "contact_number": step.identity.contact_number,
        "email": step.identity.email,
    }
    return Parcel(
        id=step.id,
        action=step.action,
        at=step.at,
        case=step.case,
        recordings=step.recordings,
        sealed=seal(identity, sealing_public),
    )
