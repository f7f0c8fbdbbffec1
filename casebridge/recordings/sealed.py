"""One recording's file: AES-GCM in chunks, so that a part can be read without the whole.

A file is a header, then chunks of 64 KiB each with its own tag. Every file has a key of its own,
derived from a data key and a random salt, so the chunk's number serves as nonce. Header, number and
"this is the last one" are authenticated with each chunk: a file that was cut, reordered or put in
another's place does not open.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from pathlib import Path
from typing import BinaryIO, Self, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag

from casebridge.crypto import DamagedCiphertext, KeyRing

CHUNK = 64 * 1024
TAG = 16
MAGIC = b"L111REC1"
HEADER = struct.Struct(">8sHIQ16s")
"""Magic, key number, chunk size, length of the sound in bytes, salt."""


class WrongContent(Exception):
    """What came is not what was announced: `part` says whether `size` or `digest` differs."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class NoSuchFile(Exception):
    """The database says the recording is held, the disk says it is not."""


class InOtherHands(Exception):
    """Another process is writing the same part file."""


class Writer:
    """A file on its way to being whole: a part file, its hash, its cipher.

    Args:
        part: Where it lies until it is published.
        size: Bytes of sound that were announced.
    """

    def __init__(self, part: Path, file: BinaryIO, keys: KeyRing, recording_id: UUID, size: int) -> None:
        self.key_number = keys.current
        self.received = 0
        self._part = part
        self._file = file
        self._size = size
        self._index = 0
        self._hash = hashlib.sha256()
        salt = self._salt_so_far()
        self._header = HEADER.pack(MAGIC, self.key_number, CHUNK, size, salt)
        self._cipher = keys.file_cipher(self.key_number, salt, recording_id.bytes)

    @classmethod
    def begun(cls, part: Path, keys: KeyRing, recording_id: UUID, size: int) -> Self:
        """A new part file."""
        writer = cls(part, _opened(part, os.O_EXCL), keys, recording_id, size)
        writer._file.write(writer._header)
        return writer

    @classmethod
    def resumed(cls, part: Path, keys: KeyRing, recording_id: UUID, size: int) -> Self:
        """Goes on behind the chunks of a part file, or begins it anew where one of them does not open.

        A chunk that was written in part must not be sealed again under its number and the same key.

        Raises InOtherHands.
        """
        file = _opened(part)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise InOtherHands(str(recording_id)) from None
        writer = cls(part, file, keys, recording_id, size)
        if not writer._takes_over():
            file.truncate(0)
            file.seek(0)
            writer = cls(part, file, keys, recording_id, size)
            file.write(writer._header)
        return writer

    def expect_room(self, waiting: int) -> None:
        """Raises WrongContent as soon as more has come than was announced."""
        if self.received + waiting > self._size:
            raise WrongContent("size")

    def write(self, plain: bytes) -> None:
        """Encrypts one chunk."""
        last = self.received + len(plain) == self._size
        self._file.write(self._cipher.encrypt(*_chunk_place(self._header, self._index, plain, last)))
        self._file.flush()
        self._count(plain)

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

    def publish(self, path: Path) -> None:
        """Gives the file its name, durably."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._part.rename(path)
        self._file.close()
        sync_folder(path.parent)
        sync_folder(path.parent.parent)

    def leave(self) -> None:
        """Keeps what has come, to be gone on with."""
        self._file.close()

    def abandon(self) -> None:
        """Leaves nothing behind."""
        self._part.unlink(missing_ok=True)
        self._file.close()

    def _salt_so_far(self) -> bytes:
        """The salt of a part file of the same announcement under the same key; a new one otherwise."""
        head = self._file.read(HEADER.size)
        if len(head) == HEADER.size:
            *told, salt = HEADER.unpack(head)
            if told == [MAGIC, self.key_number, CHUNK, self._size]:
                return cast(bytes, salt)
        return os.urandom(16)

    def _takes_over(self) -> bool:
        """Counts the chunks that are there; False where there are none, or more than whole ones."""
        self._file.seek(0)
        if self._file.read(HEADER.size) != self._header:
            return False
        while sealed := self._file.read(min(CHUNK, self._size - self.received) + TAG):
            last = self.received + len(sealed) - TAG == self._size
            nonce, _, bound = _chunk_place(self._header, self._index, b"", last)
            try:
                self._count(self._cipher.decrypt(nonce, sealed, bound))
            except InvalidTag:
                return False
        return True

    def _count(self, plain: bytes) -> None:
        self.received += len(plain)
        self._hash.update(plain)
        self._index += 1


class Reader:
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


def sync_folder(folder: Path) -> None:
    """Makes a folder's names durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(part: Path, flags: int = 0) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | flags, 0o600), "r+b")


def _chunk_place(header: bytes, index: int, plain: bytes, last: bool) -> tuple[bytes, bytes, bytes]:
    return index.to_bytes(12, "big"), plain, header + index.to_bytes(8, "big") + (b"\1" if last else b"\0")
