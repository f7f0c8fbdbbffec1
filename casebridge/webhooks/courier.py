"""Signed messages to agencies' endpoints."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

import httpx

from casebridge.applicants.models import Applicant
from casebridge.applicants.service import open_identifier
from casebridge.cases.models import Case
from casebridge.cases.numbers import number_to_call
from casebridge.cases.rules import mask_number
from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links import signing
from casebridge.links.copies import case_and_applicant, copy_case
from casebridge.links.models import Delivery
from casebridge.links.samad.interface import NeighbourAway, NeighbourRefuses, check_status
from casebridge.tables import new_id
from casebridge.webhooks.addresses import UnsafeTarget, networks, place_of
from casebridge.webhooks.models import Webhook
from casebridge.webhooks.rules import is_theirs, may_still_hear
from casebridge.webhooks.schemas import ApplicantMasked, Message
from casebridge.webhooks.service import belongs_to
from line111.clock import now
from line111.settings import LinksSettings
from persian.identifiers import mask_identifier

AGENT: Final = "line111"


class WebhookCourier:
    """Puts messages together, signs them, and posts them where they may go."""

    def __init__(self, database: Database, keys: KeyRing, settings: LinksSettings) -> None:
        self._database = database
        self._keys = keys
        self._allowed = networks(settings.allow_private)
        self._http = httpx.AsyncClient(
            timeout=settings.timeout_seconds, trust_env=False, follow_redirects=False
        )

    async def send(self, delivery: Delivery) -> None:
        """Tells an endpoint of a step. Raises NeighbourAway, NeighbourRefuses."""
        async with self._database.reading() as session:
            webhook = await session.get(Webhook, UUID(delivery.target.partition(":")[2]))
            if webhook is None or webhook.disabled_at is not None:
                raise NeighbourRefuses("the endpoint is no longer in use")
            case, applicant = await case_and_applicant(session, delivery.case_id)
            theirs = is_theirs(webhook.agency, case.owner_unit, case.complained_unit)
            if not theirs and not may_still_hear(webhook.agency, case.complained_unit):
                raise NeighbourRefuses("the case is about this agency")
            message = Message(
                id=delivery.id,
                type=f"case.{delivery.action}",
                at=delivery.created_at,
                agency=webhook.agency,
                case=await copy_case(session, case),
                applicant=masked(self._keys, case, applicant),
                detail=delivery.detail,
            )
        await self._post(webhook, message)

    async def test(self, webhook: Webhook) -> None:
        """Sends a message of type `test`. Raises NeighbourAway, NeighbourRefuses."""
        await self._post(
            webhook,
            Message(
                id=new_id(),
                type="test",
                at=now(),
                agency=webhook.agency,
                case=None,
                applicant=None,
                detail={},
            ),
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _post(self, webhook: Webhook, message: Message) -> None:
        try:
            place = await place_of(webhook.url, self._allowed)
        except UnsafeTarget as error:
            if str(error) == "url_unknown_host":
                raise NeighbourAway("its name is unknown") from None
            raise NeighbourRefuses(f"not told: {error}") from None
        secret = self._keys.decrypt(webhook.secret, belongs_to(webhook.id)).decode()
        body = message.model_dump_json().encode()
        headers = {
            "Host": place.host,
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            signing.HEADER: signing.sign(secret, body, int(time.time())),
            signing.ID_HEADER: str(message.id),
        }
        try:
            async with self._http.stream(
                "POST", place.url, content=body, headers=headers, extensions={"sni_hostname": place.name}
            ) as answer:
                status, wait = answer.status_code, answer.headers.get("retry-after")
        except httpx.HTTPError as error:
            raise NeighbourAway(type(error).__name__) from None
        check_status(status, wait)


def masked(keys: KeyRing, case: Case, applicant: Applicant) -> ApplicantMasked:
    """The applicant, as far as anybody may see who has not asked for more."""
    return ApplicantMasked(
        identifier_kind=applicant.identifier_kind,
        identifier_masked=mask_identifier(open_identifier(keys, applicant.id, applicant.identifier)),
        contact_masked=mask_number(number_to_call(keys, case)),
    )
