"""Recordings on disk, encrypted: kept as they come, gone on with, read in part, taken away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from uuid import UUID, uuid4

from casebridge.crypto import KeyRing
from casebridge.recordings.sealed import CHUNK, Reader, Writer, WrongContent, sync_folder

STALE_SECONDS = 3600


class RecordingStore:
    """Encrypted recordings below one folder.

    Args:
        folder: Where they lie; made when the first one comes.
        keys: Data keys.
    """

    def __init__(self, folder: Path, keys: KeyRing) -> None:
        self._folder = folder
        self._keys = keys

    async def keep(self, recording_id: UUID, body: AsyncIterable[bytes], *, size: int, sha256: str) -> int:
        """Stores a recording as it streams in; returns the number of the key used.

        The file appears under its name only when it is whole, verified and on disk.

        Raises WrongContent, and leaves nothing behind whatever goes wrong.
        """
        part = self._folder / "tmp" / f"{uuid4().hex}.part"
        writer = await asyncio.to_thread(Writer.begun, part, self._keys, recording_id, size)
        try:
            rest = await _pour(writer, body)
            await asyncio.to_thread(writer.finish, rest, sha256)
        except BaseException:
            writer.abandon()
            raise
        await asyncio.to_thread(writer.publish, self._path(recording_id))
        return writer.key_number

    async def keep_growing(
        self,
        recording_id: UUID,
        rest_from: Callable[[int], AsyncGenerator[bytes]],
        *,
        size: int,
        sha256: str,
    ) -> int:
        """As `keep`, but what has come stays where it is broken off, encrypted, and is gone on with.

        Args:
            rest_from: Gives the sound from this byte on; not asked where all is here.

        Raises WrongContent, and begins anew the next time; InOtherHands.
        """
        part = self._growing(recording_id)
        writer = await asyncio.to_thread(Writer.resumed, part, self._keys, recording_id, size)
        try:
            rest = b""
            if writer.received < size:
                async with aclosing(rest_from(writer.received)) as body:
                    rest = await _pour(writer, body)
            await asyncio.to_thread(writer.finish, rest, sha256)
        except WrongContent:
            writer.abandon()
            raise
        except BaseException:
            writer.leave()
            raise
        await asyncio.to_thread(writer.publish, self._path(recording_id))
        return writer.key_number

    async def read(self, recording_id: UUID, start: int, end: int) -> AsyncIterator[bytes]:
        """The sound's bytes `start` … `end - 1`, decrypting only the chunks they lie in.

        Raises NoSuchFile, DamagedCiphertext.
        """
        reader = await asyncio.to_thread(Reader, self._path(recording_id), self._keys, recording_id)
        try:
            position = start
            while position < end:
                index = position // reader.chunk
                plain = await asyncio.to_thread(reader.read, index)
                piece = plain[position - index * reader.chunk : end - index * reader.chunk]
                position += len(piece)
                yield piece
        finally:
            reader.close()

    async def reencrypt(self, recording_id: UUID, size: int, sha256: str) -> int:
        """Writes the file anew under the current key; returns its number."""
        return await self.keep(recording_id, self.read(recording_id, 0, size), size=size, sha256=sha256)

    def remove(self, recording_id: UUID) -> None:
        """Deletes a recording's file, or what has come of it; one that is gone already stays gone."""
        for path in (self._path(recording_id), self._growing(recording_id)):
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_folder(path.parent)

    def sweep(self) -> int:
        """Deletes parts of uploads that were broken off an hour ago or more; returns how many."""
        gone = 0
        for part in (self._folder / "tmp").glob("*.part"):
            if time.time() - part.stat().st_mtime > STALE_SECONDS:
                part.unlink(missing_ok=True)
                gone += 1
        return gone

    def _path(self, recording_id: UUID) -> Path:
        name = recording_id.hex
        return self._folder / name[-2:] / f"{name}.rec"

    def _growing(self, recording_id: UUID) -> Path:
        return self._folder / "tmp" / f"{recording_id.hex}.growing"


async def _pour(writer: Writer, body: AsyncIterable[bytes]) -> bytes:
    """Writes whole chunks as they come; returns what is left of them. Raises WrongContent: it is too much."""
    buffer = bytearray()
    async for part in body:
        buffer += part
        writer.expect_room(len(buffer))
        while len(buffer) >= CHUNK:
            piece = bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
            await asyncio.to_thread(writer.write, piece)
    return bytes(buffer)
