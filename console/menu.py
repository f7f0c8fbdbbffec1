"""The main menu: which screens a person is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from casebridge.people.service import Principal
from console.language import N_


@dataclass(frozen=True)
class Item:
    """An entry of the menu; `current` marks the screen one is on."""

    path: str
    label: str
    icon: str
    scope: str | None
    current: bool = False


ITEMS: Final = (
    Item("/", N_("Overview"), "home", None),
    Item("/cartable", N_("Cartable"), "inbox", "cartable:use"),
    Item("/centre", N_("The Centre"), "eye", "centre:read"),
    Item("/cases", N_("Cases"), "list-details", "cases:read"),
    Item("/callbacks", N_("Callback line"), "phone-incoming", "callbacks:read"),
    Item("/recordings", N_("Recordings and jobs"), "headphones", "operate"),
    Item("/links", N_("Neighbours"), "refresh", "links:read"),
    Item("/notifications", N_("Messages"), "message-2", "notifications:read"),
    Item("/country", N_("The country"), "map-pin", "country:read"),
    Item("/holidays", N_("Calendar"), "calendar", "country:read"),
    Item("/audit", N_("Audit trail"), "shield-lock", "audit:read"),
)


def menu_for(person: Principal | None, path: str) -> list[Item]:
    """The entries this person may open."""
    if person is None:
        return []
    return [
        Item(item.path, item.label, item.icon, item.scope, _is_current(item.path, path))
        for item in ITEMS
        if item.scope is None or item.scope in person.scopes
    ]


def _is_current(item: str, path: str) -> bool:
    return path == item if item == "/" else path == item or path.startswith(f"{item}/")
