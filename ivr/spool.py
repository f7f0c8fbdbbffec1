"""The spool: records that are durable here until the bridge has accepted them.

`incoming/` whole records; `tmp/` unfinished ones; `rejected/` what the bridge refused, with the
reason beside it; `uncoded/` intakes that still need a tracking code; `drafts/` calls in progress;
`codes/` leased tracking codes. Standard library alone: this also runs beside Asterisk, in its root.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Final

from ivr.durable import (
    SpoolFull,
    full_disk_named,
    make_folder,
    sync_folder,
    to_json,
    write_whole,
)
from ivr.records import RATE, Record

FOLDERS: Final = ("tmp", "incoming", "rejected", "uncoded", "drafts", "codes")
RESERVE_BYTES: Final = 2 * 1024 * 1024
"""Room that must stay free besides the message itself: records, drafts, codes, logs."""
_LEAST_LEFT_BYTES: Final = 64 * 1024
"""Less room than this after a recording means that its last writes may have failed."""
_UNFINISHED_SECONDS: Final = 3600
"""Unfinished files this old belong to a process that died."""


class BrokenRecord(Exception):
    """A file in the spool that is no record; it is kept aside, never sent."""


class Spool:
    """The spool below one folder. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.rejected = folder / "rejected"
        self.uncoded = folder / "uncoded"
        self.tmp = folder / "tmp"

    def prepare(self) -> None:
        """Make the folders and clear what a dead process left unfinished."""
        for name in FOLDERS:
            make_folder(self.folder / name)
        limit = time.time() - _UNFINISHED_SECONDS
        for path in self.tmp.iterdir():
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)

    def put(self, record: Record) -> Path:
        """Make a record durable; when this returns it survives a power cut. Repeating it is harmless.

        Raises:
            SpoolFull: no room; nothing of the record is in the spool.
        """
        folder = self.uncoded if _needs_code(record) else self.incoming
        path = folder / f"{record['record_id']}.json"
        write_whole(path, to_json(record), by_way_of=self.tmp)
        return path

    def add_code(self, path: Path, code: str) -> Path:
        """Give an intake that waits for a code its code, and hand it over for delivery."""
        record = self.read(path) | {"tracking_code": code}
        new = self.put(record)
        path.unlink()
        sync_folder(self.uncoded)
        return new

    def pending(self) -> list[Path]:
        """Records to deliver, oldest first."""
        return _records(self.incoming)

    def waiting_for_code(self) -> list[Path]:
        """Intakes that need a tracking code before they can be delivered, oldest first."""
        return _records(self.uncoded)

    def read(self, path: Path) -> Record:
        """A record of the spool.

        Raises:
            BrokenRecord: no JSON object with `record_id`, `type` and `call_id`.
            FileNotFoundError: another forwarder was faster.
            OSError: it can't be read now.
        """
        try:
            record = json.loads(path.read_bytes())
        except (ValueError, RecursionError, IsADirectoryError) as error:
            raise BrokenRecord(f"{path.name}: {error}") from error
        if not (isinstance(record, dict) and {"record_id", "type", "call_id"} <= record.keys()):
            raise BrokenRecord(f"{path.name}: not a record")
        return record

    def remove(self, path: Path) -> None:
        """Forget a record the bridge has accepted with its audio."""
        path.unlink(missing_ok=True)

    def reject(self, path: Path, reason: str) -> Path:
        """Keep a record the bridge refused, with the reason beside it, for an operator."""
        target = self.rejected / path.name
        write_whole(target.with_suffix(".reason"), reason.encode(), by_way_of=self.tmp)
        path.replace(target)
        sync_folder(self.rejected)
        return target

    def rejected_records(self) -> list[Path]:
        """What the bridge refused, oldest first."""
        return _records(self.rejected)

    def reason(self, path: Path) -> str:
        """Why the bridge refused a record."""
        try:
            return path.with_suffix(".reason").read_text(errors="replace").strip()
        except FileNotFoundError:
            return "no reason was kept"

    def resend(self, path: Path) -> Path:
        """Put a refused record back for delivery; repeating it is harmless.

        Raises:
            BrokenRecord: it is no record, and stays. FileNotFoundError: it was put back meanwhile.
            SpoolFull: no room; it stays.
        """
        new = self.put(self.read(path))
        path.unlink(missing_ok=True)
        path.with_suffix(".reason").unlink(missing_ok=True)
        sync_folder(self.rejected)
        return new

    def counts(self) -> dict[str, int]:
        """How many records lie in each folder, for metrics and the doctor."""
        return {
            "incoming": len(self.pending()),
            "uncoded": len(self.waiting_for_code()),
            "rejected": len(_records(self.rejected)),
        }

    def oldest_age(self) -> float:
        """Seconds the oldest undelivered record has waited; 0 where there is none."""
        times = [path.stat().st_mtime for path in self.pending() if path.exists()]
        return max(0.0, time.time() - min(times)) if times else 0.0


def require_room(folder: Path, message_seconds: int) -> None:
    """Check before a message is recorded that it and its record will find room.

    Raises:
        SpoolFull: they would not.
    """
    with full_disk_named():
        usage = shutil.disk_usage(folder)
        state = os.statvfs(folder)
    # the parts, and the same audio once more joined in one file
    needed = 2 * message_seconds * RATE + RESERVE_BYTES
    if usage.free < needed or state.f_favail == 0 != state.f_files:
        raise SpoolFull(f"{usage.free} bytes are free, a message may need {needed}")


def require_written(file: Path, samples: int, silence_seconds: int) -> None:
    """Check after a message was recorded that Asterisk could write all of it.

    Asterisk does not tell of a write that failed, and may count what it could not write; but a disk
    that was full under a recording is still full after it.

    Args:
        samples: what Asterisk says it has recorded.
        silence_seconds: silence that ends a recording; Asterisk counts it, then cuts it off again.

    Raises:
        SpoolFull: something is missing, or may be.
    """
    size = file.stat().st_size if file.exists() else 0
    if samples - size > (silence_seconds + 1) * RATE:
        raise SpoolFull(f"{samples} samples were recorded, {size} are on disk")
    free = shutil.disk_usage(file.parent).free
    if free < _LEAST_LEFT_BYTES:
        raise SpoolFull(f"{free} bytes are free after a recording: it may have been cut")


def _needs_code(record: Record) -> bool:
    return record["type"] == "intake" and record.get("tracking_code") is None


def _records(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []
