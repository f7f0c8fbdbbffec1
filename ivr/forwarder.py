"""Carries the spool to the bridge: again and again until accepted, in order within a call."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from casebridge.client import BridgeDenied, BridgeRefused, BridgeUnavailable, NotYet
from casebridge.intakes.schemas import RecordReceipt
from ivr.kill_points import KillPoint, reached
from ivr.message_audio import MessageAudio
from ivr.records import Record
from ivr.spool import BrokenRecord, Spool

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 15.0
_NOT_YET_PAUSE = 1.0
_REMEMBERED = 1000
"""Receipts a call may still ask about: more than are on the line at once hear of a callback."""


class Bridge(Protocol):
    """What the forwarder needs of the bridge's client."""

    async def post_record(self, record: dict[str, Any], /) -> RecordReceipt:
        """Hand a record over."""

    async def put_audio(self, recording_id: str, path: Path, sha256: str, /) -> None:
        """Send a recording."""


class Forwarder:
    """Delivers the records of a spool.

    Args:
        calls_dir: where recordings lie; a call's folder goes when the bridge holds its recording.
        concurrency: calls delivered at once.
        poll_seconds: how often to look for records of other processes (the emergency script's).
        on_event: told "delivered", "rejected", "unavailable", "denied".
    """

    def __init__(
        self,
        spool: Spool,
        calls_dir: Path,
        bridge: Bridge,
        *,
        concurrency: int = 8,
        poll_seconds: float = 1.0,
        on_event: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._spool = spool
        self._calls_dir = calls_dir
        self._bridge = bridge
        self._concurrency = concurrency
        self._poll_seconds = poll_seconds
        self._on_event = on_event
        self._wake = asyncio.Event()
        self._scan = asyncio.Lock()
        self._groups: deque[tuple[str, list[Path]]] = deque()
        self._busy: set[str] = set()
        self._call_of: dict[str, str] = {}
        self._not_before: dict[str, float] = {}
        self._stumbles: dict[str, int] = {}
        """How often in a row a call's records could not be delivered."""
        self._failures = 0
        self._closed_until = 0.0
        self._joined: deque[str] = deque(maxlen=_REMEMBERED)

    def joined_callback(self, record_id: str) -> bool:
        """Whether the bridge said of a record that its callback joined one that waited already.

        False also where the record is not delivered yet.
        """
        return record_id in self._joined

    def wake(self) -> None:
        """There is something new: look now. To be called in the event loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                call_id, paths = await self._next_group()
            except Exception:  # the spool's folder can't be read: nothing here may die in silence
                log.exception("the spool could not be looked through")
                await asyncio.sleep(_NOT_YET_PAUSE)
                continue
            try:
                await self._deliver_group(call_id, paths)
            except Exception:
                # one odd record must not stop all others; it stays and is tried again
                log.exception("a record could not be delivered", extra={"call_id": call_id})
                self._hold_back(call_id, _LONGEST_PAUSE)
            finally:
                self._busy.discard(call_id)
                self._wake.set()

    async def _next_group(self) -> tuple[str, list[Path]]:
        while True:
            async with self._scan:
                while not self._groups:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._poll_seconds):
                            await self._wake.wait()
                    self._wake.clear()
                    self._look()
                if (pause := self._closed_until - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                    self._look()
                if self._groups:
                    group = self._groups.popleft()
                    self._busy.add(group[0])
                    return group

    def _look(self) -> None:
        """Group what lies in the spool by call, oldest first, leaving out what is being delivered."""
        groups: dict[str, list[Path]] = {}
        known, now = self._call_of, time.monotonic()
        self._call_of = {}
        for path in self._spool.pending():
            call_id = known.get(path.name) or self._call_id(path)
            if call_id is not None:
                self._call_of[path.name] = call_id
                groups.setdefault(call_id, []).append(path)
        self._not_before = {call: at for call, at in self._not_before.items() if at > now}
        self._stumbles = {call: times for call, times in self._stumbles.items() if call in groups}
        held_back = self._busy | self._not_before.keys()
        self._groups = deque(item for item in groups.items() if item[0] not in held_back)

    def _call_id(self, path: Path) -> str | None:
        if path.name in self._not_before:
            return None
        try:
            return str(self._spool.read(path)["call_id"])
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("a record can't be read now: %s", error)  # noqa: TRY400 - the reason is all
            self._hold_back(path.name, _LONGEST_PAUSE)
            return None
        except BrokenRecord as error:
            self._reject(path, str(error))
            return None

    async def _deliver_group(self, call_id: str, paths: list[Path]) -> None:
        for path in paths:
            try:
                await self._deliver(path)
            except FileNotFoundError:
                continue
            except NotYet as error:
                log.info("a record must wait for the one it depends on: %s", error)
                self._hold_back(call_id, _NOT_YET_PAUSE)
                continue  # it may be one of those behind: ids of two processes sort by their clocks
            except BridgeUnavailable as error:
                # the next try is another call's: what the bridge stumbles over holds up itself alone
                self._hold_back(call_id, _FIRST_PAUSE)
                self._pause(error)
                return
            self._failures = 0
        if call_id not in self._not_before:
            self._stumbles.pop(call_id, None)

    def _hold_back(self, name: str, pause: float) -> None:
        """Leave a call (or a file) alone for a while, longer each time in a row."""
        times = self._stumbles[name] = self._stumbles.get(name, -1) + 1
        self._not_before[name] = time.monotonic() + min(_LONGEST_PAUSE, pause * 2 ** min(times, 10))

    async def _deliver(self, path: Path) -> None:
        try:
            record = self._spool.read(path)
            receipt = await self._bridge.post_record(record)
            reached(KillPoint.RECORD_POSTED)
            if receipt.callback_joined:
                self._joined.append(record["record_id"])
            if receipt.audio == "wanted":
                await self._send_audio(record)
                reached(KillPoint.AUDIO_DELIVERED)
        except BrokenRecord as error:
            self._reject(path, str(error))
        except (BridgeRefused, _AudioMissing) as error:
            self._reject(path, str(error))
        else:
            self._spool.remove(path)
            if record.get("recording"):
                # a decision's folder is not its call's, in which a message may be spoken just now
                folder = Path(record["recording"]["file"]).parts[0]
                MessageAudio(self._calls_dir, folder).remove()
            self._on_event("delivered")

    async def _send_audio(self, record: Record) -> None:
        recording = record["recording"]
        path = self._calls_dir / recording["file"]
        if not path.resolve().is_relative_to(self._calls_dir.resolve()) or not path.is_file():
            raise _AudioMissing(f"the recording {recording['file']} is not on disk")
        await self._bridge.put_audio(recording["recording_id"], path, recording["sha256"])

    def _reject(self, path: Path, reason: str) -> None:
        """Keep what will never be accepted for an operator, its audio too."""
        if not path.exists():
            return  # another forwarder of this spool has delivered it meanwhile
        log.critical("a record was rejected and is kept: %s", reason, extra={"record": path.name})
        with suppress(FileNotFoundError):
            self._spool.reject(path, reason)
        self._on_event("rejected")

    def _pause(self, error: BridgeUnavailable) -> None:
        if time.monotonic() < self._closed_until:
            return  # several deliveries failed at once; one pause is enough
        self._on_event("denied" if isinstance(error, BridgeDenied) else "unavailable")
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._failures)
        pause = error.retry_after or random.uniform(longest / 2, longest)  # noqa: S311 - jitter
        self._failures = min(self._failures + 1, 10)
        self._closed_until = time.monotonic() + min(pause, 2 * _LONGEST_PAUSE)
        level = logging.ERROR if isinstance(error, BridgeDenied) else logging.WARNING
        log.log(level, "the bridge can't take records now, next try in %.1f s: %s", pause, error)


class _AudioMissing(Exception):
    """The bridge wants a recording that is not there."""
