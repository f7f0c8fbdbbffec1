"""The filters of the case list: what stands in the address, and what it means to the bridge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from casebridge.cases.listing import CaseFilter
from casebridge.cases.schemas import Channel, Kind, Status
from console.language import Language, NotADate
from persian.provinces import provinces

LONGEST: Final = 200
FIELDS: Final = ("q", "kind", "status", "province", "channel", "since", "until")
DAYS: Final = ("since", "until")
NON_JOINER: Final = "\u200c"
"""The half-space inside Persian words; Python does not count it as printable."""
CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "kind": frozenset(Kind),
    "status": frozenset(Status),
    "channel": frozenset(Channel),
    "province": frozenset(provinces()),
}


@dataclass(frozen=True)
class Filters:
    """Filters as they were written; `wrong` names the fields that can't be read.

    Attributes:
        since: first day, in the calendar of the visitor's language.
        until: last day, itself included.
    """

    q: str = ""
    kind: str = ""
    status: str = ""
    province: str = ""
    channel: str = ""
    since: str = ""
    until: str = ""
    wrong: frozenset[str] = frozenset()

    @property
    def any(self) -> bool:
        """Whether the list shows less than everything."""
        return bool(self.as_query())

    def as_query(self, **further: str) -> dict[str, str]:
        """The filters for an address, and what else is to stand in it."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)} | further

    def wanted(self, speech: Language) -> CaseFilter:
        """What the bridge is asked for; unreadable days are left out."""
        since = speech.parse_day(self.since) if self.since and "since" not in self.wrong else None
        until = speech.parse_day(self.until) if self.until and "until" not in self.wrong else None
        return CaseFilter(
            kind=self.kind or None,
            status=self.status or None,
            province=self.province or None,
            channel=self.channel or None,
            q=self.q or None,
            opened_from=speech.start_of(since) if since else None,
            opened_until=speech.start_of(until + timedelta(days=1)) if until else None,
        )


def read_filters(query: Mapping[str, str], speech: Language) -> Filters:
    """Filters from an address. Choices that do not exist are dropped: an old link still opens."""
    given = {name: _plain(query.get(name, "")) for name in FIELDS}
    for name, known in CHOICES.items():
        if given[name] not in known:
            given[name] = ""
    wrong = frozenset(name for name in DAYS if given[name] and not _readable(given[name], speech))
    return Filters(**given, wrong=wrong)


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable() or character == NON_JOINER)[
        :LONGEST
    ].strip()


def _readable(text: str, speech: Language) -> bool:
    try:
        speech.parse_day(text)
    except NotADate:
        return False
    return True
