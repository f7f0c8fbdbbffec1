"""A recording that the disk had no room for is never taken for whole."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from ivr.durable import SpoolFull
from ivr.records import RATE
from ivr.spool import require_written

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    file = tmp_path / "take01-part01.alaw"
    file.write_bytes(bytes(4 * RATE))
    return file


def test_recording_with_all_its_samples_is_whole(recorded: Path) -> None:
    require_written(recorded, 4 * RATE, 6)
    require_written(recorded, 10 * RATE, 6)  # six seconds of silence were cut off again


def test_recording_with_fewer_samples_than_asterisk_counted_was_cut(recorded: Path) -> None:
    with pytest.raises(SpoolFull, match="on disk"):
        require_written(recorded, 12 * RATE, 6)
    with pytest.raises(SpoolFull):
        require_written(recorded.with_name("take01-part02.alaw"), 12 * RATE, 6)


def test_recording_on_a_disk_without_room_may_have_been_cut(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.spool.shutil.disk_usage", lambda _folder: Usage(10**6, 10**6, 0))
    with pytest.raises(SpoolFull, match="may have been cut"):
        require_written(recorded, 4 * RATE, 6)
