"""What every case begins with, whoever brings it: by the line, at a desk, from a neighbour. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from casebridge.cases.schemas import Channel, Kind, Language, Level, Status


def first_columns(
    case_id: UUID,
    *,
    kind: Kind,
    channel: Channel,
    language: Language,
    level: Level,
    province: str | None,
    owner_unit: str,
    applicant_id: UUID,
    numbers: bytes | None,
    key_number: int,
    origin: str,
    opened_at: datetime,
    registered_at: datetime,
    from_abroad: bool = False,
    beyond_province: bool = False,
    marginal_note: bool = False,
) -> dict[str, Any]:
    """Columns of a new case; what only some ways know, as its call or its text, they add themselves."""
    return {
        "id": case_id,
        "kind": kind.value,
        "status": Status.REGISTERED.value,
        "channel": channel.value,
        "level": level.value,
        "province": province,
        "language": language.value,
        "applicant_id": applicant_id,
        "numbers": numbers,
        "key_number": key_number,
        "origin": origin,
        "opened_at": opened_at,
        "registered_at": registered_at,
        "version": 1,
        "owner_unit": owner_unit,
        "from_abroad": from_abroad,
        "beyond_province": beyond_province,
        "marginal_note": marginal_note,
        "round": 1,
    }


def level_of(
    wanted: Level | None = None,
    subject_level: Level | None = None,
    province: str | None = None,
    county: str | None = None,
) -> Level:
    """The level a case begins at: as wanted, else as its subject is; as far down as its place is known."""
    level = wanted or subject_level or (Level.COUNTY if county else Level.PROVINCE)
    if level is Level.COUNTY and not county:
        level = Level.PROVINCE
    return Level.NATIONAL if level is Level.PROVINCE and not province else level
