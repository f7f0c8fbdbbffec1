"""Moments travel between processes without losing their place in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from line111 import clock


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_moment_comes_back_to_the_millisecond(moment: datetime) -> None:
    assert abs(datetime.fromisoformat(clock.to_text(moment)) - moment) < timedelta(milliseconds=1)


def test_moments_are_written_in_utc() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert clock.to_text(datetime(2026, 11, 24, 10, 30, tzinfo=tehran)) == "2026-11-24T07:00:00.000Z"


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.to_text(datetime(2026, 11, 24))  # noqa: DTZ001


def test_now_knows_its_time_zone() -> None:
    assert clock.now().tzinfo is UTC
