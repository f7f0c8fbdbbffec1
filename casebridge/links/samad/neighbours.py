"""All neighbours of this bridge, by the targets deliveries name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from casebridge.crypto import KeyRing
from casebridge.database import Database
from casebridge.links.copies import read_step
from casebridge.links.fan_out import CENTRE, SAMAD
from casebridge.links.models import Delivery
from casebridge.links.samad.centre import CentreSamad
from casebridge.links.samad.interface import EmbeddedSamad, NeighbourAway, Samad
from casebridge.links.samad.mapping import SamadMapping, load_mapping
from casebridge.links.samad.outside import OutsideSamad
from line111.secrets import read_secret
from line111.settings import Settings

SendToAgency = Callable[[Delivery], Awaitable[None]]
WEBHOOK: Final = "webhook:"


class Neighbours:
    """Who is told, and how.

    Args:
        samad: The SAMAD cases are kept in; the embedded one where none is outside.
        mapping: Its mapping file, where it is outside.
        centres: Other centres by name.
        send_to_agency: Tells an agency's endpoint.
    """

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        *,
        samad: Samad,
        mapping: SamadMapping | None,
        centres: dict[str, CentreSamad],
        send_to_agency: SendToAgency,
    ) -> None:
        self._database = database
        self._keys = keys
        self.samad = samad
        self.mapping = mapping
        self.centres = centres
        self._send_to_agency = send_to_agency

    async def send(self, delivery: Delivery) -> str | None:
        """Delivers to whom the target names. Raises NeighbourAway, NeighbourRefuses."""
        if delivery.target.startswith(WEBHOOK):
            await self._send_to_agency(delivery)
            return None
        neighbour = self._neighbour(delivery.target)
        if neighbour is None:
            raise NeighbourAway("no such link is configured")
        async with self._database.reading() as session:
            step = await read_step(session, self._keys, delivery)
        return await neighbour.tell(step)

    async def close(self) -> None:
        """Closes all connections."""
        for neighbour in (self.samad, *self.centres.values()):
            await neighbour.close()

    def _neighbour(self, target: str) -> Samad | None:
        if target == SAMAD:
            return self.samad
        return self.centres.get(target.removeprefix(CENTRE)) if target.startswith(CENTRE) else None


def build_neighbours(
    settings: Settings, database: Database, keys: KeyRing, send_to_agency: SendToAgency
) -> Neighbours:
    """The neighbours that the settings name.

    Raises:
        MappingError: the mapping file of the outside SAMAD is wrong.
        FileNotFoundError: a secret is missing.
    """
    links = settings.links
    mapping = load_mapping(links.samad) if links.samad else None
    samad: Samad = EmbeddedSamad()
    if mapping:
        secret = read_secret(settings, mapping.secret) if mapping.secret else ""
        samad = OutsideSamad(mapping, secret, timeout=links.timeout_seconds)
    centres = {
        name: CentreSamad(
            links.centre,
            centre.url,
            centre.sealing_public,
            read_secret(settings, centre.secret),
            timeout=links.timeout_seconds,
        )
        for name, centre in links.centres.items()
    }
    return Neighbours(
        database, keys, samad=samad, mapping=mapping, centres=centres, send_to_agency=send_to_agency
    )
