"""Recordings on disk: AES-GCM in chunks, so that a part can be read without the whole.

A file is a header, then chunks of 64 KiB each with its own tag. Every file has a key of its own,
derived from a data key and a random salt, so the chunk's number serves as nonce. Header, number and
"this is the last one" are authenticated with each chunk: a file that was cut, reordered or put in
another's place does not open.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
import time
from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag

from casebridge.crypto import DamagedCiphertext, KeyRing

CHUNK = 64 * 1024
TAG = 16
MAGIC = b"L111REC1"
HEADER = struct.Struct(">8sHIQ16s")
"""Magic, key number, chunk size, length of the sound in bytes, salt."""
STALE_SECONDS = 3600


class WrongContent(Exception):
    """What came is not what was announced: `part` says whether `size` or `digest` differs."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class NoSuchFile(Exception):
    """The database says the recording is held, the disk says it is not."""


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
        writer = await asyncio.to_thread(_Writer, self._folder, self._keys, recording_id, size)
        try:
            buffer = bytearray()
            async for part in body:
                buffer += part
                writer.expect_room(len(buffer))
                while len(buffer) >= CHUNK:
                    piece = bytes(buffer[:CHUNK])
                    del buffer[:CHUNK]
                    await asyncio.to_thread(writer.write, piece)
            await asyncio.to_thread(writer.finish, bytes(buffer), sha256)
        except BaseException:
            writer.abandon()
            raise
        await asyncio.to_thread(writer.publish, self._path(recording_id))
        return writer.key_number

    async def read(self, recording_id: UUID, start: int, end: int) -> AsyncIterator[bytes]:
        """The sound's bytes `start` … `end - 1`, decrypting only the chunks they lie in.

        Raises NoSuchFile, DamagedCiphertext.
        """
        reader = await asyncio.to_thread(_Reader, self._path(recording_id), self._keys, recording_id)
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
        """Deletes a recording's file; one that is gone already stays gone."""
        path = self._path(recording_id)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync_folder(path.parent)

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


class _Writer:
    """One upload: a part file, its hash, its cipher."""

    def __init__(self, folder: Path, keys: KeyRing, recording_id: UUID, size: int) -> None:
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.key_number = keys.current
        self.received = 0
        self._size = size
        self._index = 0
        self._hash = hashlib.sha256()
        salt = os.urandom(16)
        self._header = HEADER.pack(MAGIC, self.key_number, CHUNK, size, salt)
        self._cipher = keys.file_cipher(self.key_number, salt, recording_id.bytes)
        self._part = temporary / f"{uuid4().hex}.part"
        self._file = self._part.open("xb")
        self._file.write(self._header)

    def expect_room(self, waiting: int) -> None:
        """Raises WrongContent as soon as more has come than was announced."""
        if self.received + waiting > self._size:
            raise WrongContent("size")

    def write(self, plain: bytes) -> None:
        """Encrypts one chunk."""
        self.received += len(plain)
        self._hash.update(plain)
        last = self.received == self._size
        self._file.write(self._cipher.encrypt(*_chunk_place(self._header, self._index, plain, last)))
        self._index += 1

    def finish(self, rest: bytes, sha256: str) -> None:
        """Writes what is left and makes sure it is what was announced, and on disk."""
        if rest:
            self.write(rest)
        if self.received != self._size:
            raise WrongContent("size")
        if self._hash.hexdigest() != sha256:
            raise WrongContent("digest")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def publish(self, path: Path) -> None:
        """Gives the file its name, durably."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._part.rename(path)
        _sync_folder(path.parent)
        _sync_folder(path.parent.parent)

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._file.close()
        self._part.unlink(missing_ok=True)


class _Reader:
    """One open file."""

    def __init__(self, path: Path, keys: KeyRing, recording_id: UUID) -> None:
        try:
            self._file: BinaryIO = path.open("rb")
        except FileNotFoundError:
            raise NoSuchFile(str(recording_id)) from None
        self._header = self._file.read(HEADER.size)
        if len(self._header) != HEADER.size or not self._header.startswith(MAGIC):
            self._file.close()
            raise DamagedCiphertext("not a recording's header")
        _, number, self.chunk, self.size, salt = HEADER.unpack(self._header)
        self._cipher = keys.file_cipher(number, salt, recording_id.bytes)

    def read(self, index: int) -> bytes:
        """One chunk in clear."""
        self._file.seek(HEADER.size + index * (self.chunk + TAG))
        sealed = self._file.read(self.chunk + TAG)
        last = (index + 1) * self.chunk >= self.size
        nonce, _, bound = _chunk_place(self._header, index, b"", last)
        try:
            return self._cipher.decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise DamagedCiphertext(f"chunk {index} does not open") from None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def _chunk_place(header: bytes, index: int, plain: bytes, last: bool) -> tuple[bytes, bytes, bytes]:
    return index.to_bytes(12, "big"), plain, header + index.to_bytes(8, "big") + (b"\1" if last else b"\0")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
