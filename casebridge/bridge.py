"""The parts of a running bridge, made once at start and handed to every route."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import redis.asyncio as redis
from fastapi import Request

from casebridge.callbacks.line import CallbackLine
from casebridge.crypto import KeyRing, keyed_hash
from casebridge.database import Database
from casebridge.events.relay import Relay
from casebridge.events.stream import EventStream
from casebridge.intakes.acceptance import Acceptance
from casebridge.links.build import link_neighbours
from casebridge.links.deliverer import Deliverer
from casebridge.links.metrics import LinkMetrics
from casebridge.links.samad.neighbours import Neighbours
from casebridge.metrics import Metrics
from casebridge.notifications.incoming.ear import BridgeEar
from casebridge.notifications.providers.build import build_desks, known_gateways
from casebridge.notifications.providers.file import HttpEntry
from casebridge.notifications.providers.interface import Desk
from casebridge.notifications.sender import Sender
from casebridge.paging import Cursors
from casebridge.people import service as people
from casebridge.people.service import Principal
from casebridge.recordings.store import RecordingStore
from casebridge.throttle import Throttle
from casebridge.tracking_codes.permutation import CodePermutation
from casebridge.webhooks.courier import WebhookCourier
from line111.secrets import data_keys, read_secret, redis_url
from line111.settings import Settings

TOKEN_MEMORY_SECONDS = 5.0


@dataclass
class Bridge:
    """What routes and background tasks share. `app.create_app` builds it."""

    settings: Settings
    database: Database
    keys: KeyRing
    cursors: Cursors
    codes: CodePermutation
    redis: redis.Redis
    lookup_key: str
    sealing_private: str
    metrics: Metrics
    throttle: Throttle = field(init=False)
    store: RecordingStore = field(init=False)
    line: CallbackLine = field(init=False)
    relay: Relay = field(init=False)
    stream: EventStream = field(init=False)
    acceptance: Acceptance = field(init=False)
    ear: BridgeEar = field(init=False)
    desks: list[Desk] = field(init=False)
    gateways: dict[bytes, HttpEntry] = field(init=False)
    """HTTP gateways by the hashes of their tokens."""
    sender: Sender = field(init=False)
    neighbours: Neighbours = field(init=False)
    agencies: WebhookCourier = field(init=False)
    deliverer: Deliverer = field(init=False)
    link_metrics: LinkMetrics = field(init=False)
    playbacks: dict[str, float] = field(default_factory=dict)
    """Playbacks already in the audit trail, until when (monotonic seconds)."""
    _tokens: dict[str, tuple[float, Principal]] = field(default_factory=dict)

    async def service_by_token(self, token: str) -> Principal | None:
        """The service of a bearer token, remembered for a few seconds to keep intakes cheap."""
        known = self._tokens.get(token)
        if known and known[0] > time.monotonic():
            return known[1]
        async with self.database.reading() as session:
            found = await people.service_of(session, token)
        if found is None:
            self._tokens.pop(token, None)
            return None
        if len(self._tokens) > 100:
            self._tokens.clear()
        self._tokens[token] = (time.monotonic() + TOKEN_MEMORY_SECONDS, found)
        return found

    def tell_on(self) -> None:
        """After a commit: what was written with it, events, messages and parcels, goes out at once."""
        self.relay.wake()
        self.sender.wake()
        self.deliverer.wake()

    def lookup(self, identifier_kind: str, identifier: str) -> bytes:
        """The keyed hash an applicant is found by."""
        return keyed_hash(self.lookup_key, identifier_kind, identifier)


def get_bridge(request: Request) -> Bridge:
    """Dependency: the bridge this application runs."""
    bridge: Bridge = request.app.state.bridge
    return bridge


def build_bridge(settings: Settings) -> Bridge:
    """Makes all parts from settings and secrets; opens no connection yet.

    Raises FileNotFoundError naming `line111 setup` where a secret is missing.
    """
    keys = KeyRing(lambda: data_keys(settings))
    bridge = Bridge(
        settings=settings,
        database=Database(settings.database_url),
        keys=keys,
        cursors=Cursors(read_secret(settings, "session_key")),
        codes=CodePermutation(read_secret(settings, "code_key")),
        redis=redis.Redis.from_url(
            redis_url(settings),
            decode_responses=True,
            socket_connect_timeout=1.0,
            socket_timeout=3.0,
            health_check_interval=15,
        ),
        lookup_key=read_secret(settings, "lookup_key"),
        sealing_private=read_secret(settings, "sealing_private"),
        metrics=Metrics(),
    )
    bridge.throttle = Throttle(bridge.redis, bridge.lookup_key)
    bridge.store = RecordingStore(settings.recordings_dir, keys)
    bridge.line = CallbackLine(bridge.redis)
    bridge.stream = EventStream(bridge.redis, redis_url(settings))
    bridge.relay = Relay(bridge.database, bridge.redis, redis_url(settings), bridge.line, bridge.metrics)
    bridge.acceptance = Acceptance(bridge)
    link_neighbours(bridge)
    bridge.ear = BridgeEar(bridge)
    bridge.desks = build_desks(settings, bridge.ear)
    bridge.gateways = known_gateways(settings)
    bridge.sender = Sender(bridge, bridge.desks)
    return bridge
