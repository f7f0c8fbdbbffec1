"""Changing the keys leaves nothing behind that only an older key opens."""

from __future__ import annotations

from casebridge.recordings.models import RecordingRow
from casebridge.rotation import SEALED
from casebridge.schema import METADATA


def test_whatever_a_key_has_sealed_is_sealed_anew_with_the_next_one() -> None:
    told_their_key = {name for name, table in METADATA.tables.items() if "key_number" in table.columns}
    rotated = [sealed.table.__tablename__ for sealed in SEALED]
    assert sorted([*rotated, RecordingRow.__tablename__]) == sorted(told_their_key)
    for sealed in SEALED:
        assert sealed.column in sealed.table.__table__.columns
