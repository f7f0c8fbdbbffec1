"""Records sort by the time they were made, whatever the clock does."""

from __future__ import annotations

import time
from types import SimpleNamespace
from uuid import UUID

import pytest

from ivr.record_id import new_record_id


def test_record_ids_are_version_7_and_sort_by_time():
    ids = [new_record_id() for _ in range(5000)]
    assert ids == sorted(set(ids))
    made = UUID(ids[0])
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert abs((made.int >> 80) / 1000 - time.time()) < 5


@pytest.mark.parametrize("seconds", [0, -3600])
def test_record_ids_grow_though_the_clock_stands_still_or_goes_back(monkeypatch, seconds):
    first, then = new_record_id(), time.time_ns() + seconds * 10**9
    monkeypatch.setattr("ivr.record_id.time", SimpleNamespace(time_ns=lambda: then))
    ids = [first, *(new_record_id() for _ in range(5000))]
    assert ids == sorted(set(ids)), "more than the counter holds in a millisecond"
