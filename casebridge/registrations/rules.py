"""How a registration is read. Pure."""

from __future__ import annotations

from casebridge.cases.schemas import Level


def level_of(
    wanted: Level | None, subject_level: Level | None, province: str | None, county: str | None
) -> Level:
    """The level a case begins at: as wanted, else as its subject is; as far down as its place is known."""
    level = wanted or subject_level or (Level.COUNTY if county else Level.PROVINCE)
    if level is Level.COUNTY and not county:
        level = Level.PROVINCE
    return Level.NATIONAL if level is Level.PROVINCE and not province else level
