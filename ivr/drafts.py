"""Calls in progress, on disk: what a dying process leaves for the one that takes the call over.

`drafts/<call_id>.json` says how far a call has come, `drafts/<call_id>.lock` is flock'd by the process
that leads it. A killed ivr loses its lock; the emergency script, or another ivr, then goes on from the
draft; what nobody takes over is swept into an intake. Written with a rename and without fsync: a draft
must outlive a process, not a power cut. Standard library alone: this also runs beside Asterisk.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from ivr.durable import full_disk_named, open_shared, to_json, write_whole
from ivr.message_audio import check_call_id
from ivr.records import FORMAT, Record

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05


class DraftHeld(Exception):
    """Another living process leads this call."""


class BrokenDraft(Exception):
    """A draft file that can't be read; the call starts afresh, the file is kept aside."""


@dataclass(slots=True)
class Draft:
    """How far a call has come. Everything private in it is sealed."""

    call_id: str
    language: str = "fa"
    kind: str = "unclassified"
    sealed: str | None = None
    """Identity and numbers, sealed for the bridge; None while the caller is not identified."""
    province: str | None = None
    take: int = 1
    wished: str | None = None
    """Callback chosen: with the intake (a matter without a message), or after its code was told."""
    record: Record | None = None
    """The intake as it is or will be in the spool, with its code: the same one is never made twice."""
    durable: bool = False
    """The intake is in the spool, or was delivered from there."""
    told: bool = False
    """The caller has heard the code once in full."""
    wish: Record | None = None
    """The callback wish as it is or will be in the spool."""
    started_at: str = ""
    format: int = field(default=FORMAT)

    @property
    def identified(self) -> bool:
        """Whether the caller has given a valid identifier (article 5-3)."""
        return self.sealed is not None


class HeldDraft:
    """A draft whose lock this process holds. `close()` lets it go, `discard()` also removes it."""

    def __init__(self, folder: Path, tmp: Path, draft: Draft, lock: int, found: bool) -> None:
        self.draft = draft
        self.found = found
        """The draft was left by another process."""
        self._path = folder / f"{draft.call_id}.json"
        self._lock_path = folder / f"{draft.call_id}.lock"
        self._tmp = tmp
        self._lock = lock

    def save(self, **changes: Any) -> None:
        """Change fields of the draft and write it down. Raises SpoolFull."""
        for name, value in changes.items():
            setattr(self.draft, name, value)
        write_whole(self._path, to_json(asdict(self.draft)), by_way_of=self._tmp, sync=False)

    def close(self) -> None:
        """Let another process lead the call."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def discard(self) -> None:
        """The call needs no draft any more."""
        self._path.unlink(missing_ok=True)
        self._lock_path.unlink(missing_ok=True)
        self.close()

    def set_aside(self) -> None:
        """Keep an unreadable draft for an operator, out of the way."""
        with suppress(FileNotFoundError):
            self._path.replace(self._path.with_suffix(".broken"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class Drafts:
    """The drafts of a node."""

    def __init__(self, spool_folder: Path) -> None:
        self._folder = spool_folder / "drafts"
        self._tmp = spool_folder / "tmp"

    def exists(self, call_id: str) -> bool:
        """Whether another process has begun this call."""
        return (self._folder / f"{check_call_id(call_id)}.json").exists()

    def hold(self, call_id: str, *, wait_seconds: float = 0.0) -> HeldDraft:
        """Lead a call: take its lock and read what is known of it.

        Args:
            wait_seconds: how long another process may take to let go (this blocks the thread).

        Raises:
            DraftHeld: another process leads it. SpoolFull: no room. BadCallId.
        """
        check_call_id(call_id)
        deadline = time.monotonic() + wait_seconds
        while True:
            lock = self._try_lock(self._folder / f"{call_id}.lock")
            if lock is not None:
                break
            if time.monotonic() >= deadline:
                raise DraftHeld(f"call {call_id} is led by another process")
            time.sleep(_POLL_SECONDS)
        try:
            draft = self._read(call_id)
        except BrokenDraft:
            held = HeldDraft(self._folder, self._tmp, Draft(call_id), lock, found=False)
            held.set_aside()
            return held
        except BaseException:
            os.close(lock)
            raise
        found = draft is not None
        return HeldDraft(self._folder, self._tmp, draft or Draft(call_id), lock, found)

    def orphans(self, older_than_seconds: float) -> Iterator[HeldDraft]:
        """Drafts nobody leads and nobody has touched for a while, each held by us when it is given.

        One at a time: whoever stops in between holds none of those that were still to come. An odd
        file is kept aside, the others come all the same.
        """
        for path in sorted(self._folder.glob("*.json")):
            try:
                # far in the future is old as well: the clock was set back since
                if abs(time.time() - path.stat().st_mtime) < older_than_seconds:
                    continue
                draft = self.hold(path.stem)
            except (DraftHeld, FileNotFoundError):
                continue
            except ValueError as error:
                log.critical("a draft can't be read and is kept aside: %s", error)
                path.replace(path.with_suffix(".broken"))
                continue
            except OSError as error:
                log.error("a draft can't be read now: %s", error)  # noqa: TRY400 - the reason is all
                continue
            if draft.found:
                yield draft
            else:
                draft.discard()
        self._clear_locks(time.time() - older_than_seconds)

    def _try_lock(self, path: Path) -> int | None:
        with full_disk_named():
            lock = open_shared(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # the file may have been removed by its holder between our open and our lock
            if os.fstat(lock).st_ino == path.stat().st_ino:
                return lock
        except OSError:
            pass
        os.close(lock)
        return None

    def _read(self, call_id: str) -> Draft | None:
        try:
            document = json.loads((self._folder / f"{call_id}.json").read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            raise BrokenDraft(str(error)) from error
        known = {each.name for each in fields(Draft)}
        if not isinstance(document, dict) or document.get("call_id") != call_id:
            raise BrokenDraft("not a draft of this call")
        return Draft(**{name: value for name, value in document.items() if name in known})

    def _clear_locks(self, limit: float) -> None:
        """Remove locks without a draft that a dead process left."""
        for path in self._folder.glob("*.lock"):
            with suppress(FileNotFoundError):
                if path.with_suffix(".json").exists() or path.stat().st_mtime > limit:
                    continue
                lock = self._try_lock(path)
                if lock is not None:
                    path.unlink(missing_ok=True)
                    os.close(lock)
