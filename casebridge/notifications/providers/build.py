"""Providers made from the file that names them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from casebridge.notifications.providers.file import (
    Entry,
    HttpEntry,
    OutboxEntry,
    SmppEntry,
    read_providers,
)
from casebridge.notifications.providers.http_gateway import HttpGateway
from casebridge.notifications.providers.interface import Desk, Ear, Outbox, Pace, Provider
from casebridge.notifications.providers.mail import MailServer
from casebridge.notifications.providers.smpp_centre import SmppCentre
from casebridge.people.service import hash_token
from line111.secrets import read_secret
from line111.settings import Settings


def build_desks(settings: Settings, ear: Ear) -> list[Desk]:
    """All providers, best first; opens no connection yet.

    Raises ProviderFileWrong, or FileNotFoundError where a provider's secret is missing.
    """
    entries = read_providers(settings.notifications.providers)
    made = [_provider(entry, settings, ear) for entry in entries]
    return [Desk(provider, Pace(provider.per_second)) for provider in made]


def listeners(desks: Iterable[Desk]) -> list[Callable[[], Awaitable[None]]]:
    """Background work of providers that hear at links of their own."""
    return [desk.provider.run for desk in desks if isinstance(desk.provider, SmppCentre)]


def known_gateways(settings: Settings) -> dict[bytes, HttpEntry]:
    """The HTTP gateways by the hash of their tokens, for what they send here.

    Raises as `build_desks`.
    """
    entries = read_providers(settings.notifications.providers)
    gateways = [entry for entry in entries if isinstance(entry, HttpEntry)]
    return {hash_token(read_secret(settings, entry.token)): entry for entry in gateways}


def _provider(entry: Entry, settings: Settings, ear: Ear) -> Provider:
    secret = read_secret(settings, entry.secret) if entry.secret else ""
    if isinstance(entry, OutboxEntry):
        return Outbox(entry.name, entry.medium)
    if isinstance(entry, HttpEntry):
        return HttpGateway(entry, secret)
    if isinstance(entry, SmppEntry):
        return SmppCentre(entry, secret, ear)
    return MailServer(entry, secret)
