"""What is sealed opens where it belongs and nowhere else."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.crypto import DamagedCiphertext, KeyRing, UnknownKey, keyed_hash
from casebridge.recordings.sealed import CHUNK, HEADER, TAG, WrongContent
from casebridge.recordings.store import RecordingStore

KEYS = {1: b"1" * 32}
ID, OTHER = UUID(int=1), UUID(int=2)


def ring(**more: bytes) -> KeyRing:
    """Key 1, and others by number."""
    return KeyRing(lambda: KEYS | {int(name[1:]): key for name, key in more.items()})


@given(st.binary(max_size=200), st.text(max_size=20))
def test_what_is_sealed_opens_again(plain: bytes, belongs_to: str) -> None:
    keys = ring()
    assert keys.decrypt(keys.encrypt(plain, belongs_to), belongs_to) == plain


def test_a_value_copied_to_another_row_does_not_open() -> None:
    keys = ring()
    with pytest.raises(DamagedCiphertext):
        keys.decrypt(keys.encrypt(b"0084575948", "applicant:1"), "applicant:2")


def test_any_changed_bit_is_noticed() -> None:
    keys = ring()
    sealed = keys.encrypt(b"0084575948", "a")
    for index in range(len(sealed)):
        changed = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises((DamagedCiphertext, UnknownKey)):
            keys.decrypt(changed, "a")
    for length in range(len(sealed)):
        with pytest.raises(DamagedCiphertext):
            keys.decrypt(sealed[:length], "a")


def test_the_newest_key_encrypts_and_older_ones_still_decrypt() -> None:
    old = ring().encrypt(b"x", "a")
    keys = ring(k2=b"2" * 32)
    with pytest.raises(UnknownKey):
        ring().decrypt(keys.encrypt(b"x", "a"), "a")
    assert keys.decrypt(old, "a") == b"x"


def test_a_key_added_meanwhile_is_found_without_a_restart() -> None:
    known = dict(KEYS)
    keys = KeyRing(lambda: known)
    sealed = ring(k2=b"2" * 32).encrypt(b"x", "a")
    with pytest.raises(UnknownKey):
        keys.decrypt(sealed, "a")
    known[2] = b"2" * 32
    assert keys.decrypt(sealed, "a") == b"x"


def test_the_lookup_hash_depends_on_key_and_every_part() -> None:
    hashes = {keyed_hash(k, *p) for k in "ab" for p in (("c", "d"), ("cd", ""), ("", "cd"), ("c", "e"))}
    assert len(hashes) == 8


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [file for file in folder.rglob("*") if file.is_file()]


async def stream(plain: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The bytes in pieces."""
    for start in range(0, len(plain), size):
        yield plain[start : start + size]


async def kept(store: RecordingStore, plain: bytes, recording_id: UUID = ID) -> None:
    """Stores the bytes under their own digest."""
    digest = hashlib.sha256(plain).hexdigest()
    await store.keep(recording_id, stream(plain), size=len(plain), sha256=digest)


async def read(store: RecordingStore, start: int, end: int, recording_id: UUID = ID) -> bytes:
    """A part of a recording."""
    return b"".join([part async for part in store.read(recording_id, start, end)])


@pytest.mark.parametrize("size", [1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
async def test_any_part_of_a_recording_can_be_read(tmp_path: Path, size: int) -> None:
    store, plain = RecordingStore(tmp_path, ring()), secrets.token_bytes(size)
    await kept(store, plain)
    edges = sorted({0, 1, size // 2, CHUNK - 1, CHUNK, CHUNK + 1, size - 1, size} & set(range(size + 1)))
    for start in edges:
        for end in (edge for edge in edges if edge > start):
            assert await read(store, start, end) == plain[start:end]


async def test_a_recording_cut_swapped_or_renamed_does_not_open(tmp_path: Path) -> None:
    store, plain = RecordingStore(tmp_path, ring()), secrets.token_bytes(2 * CHUNK)
    await kept(store, plain)
    (file,) = files(tmp_path)
    whole = file.read_bytes()
    block = CHUNK + TAG
    head, one, two = whole[: HEADER.size], whole[HEADER.size :][:block], whole[HEADER.size + block :]
    for damaged in (head + one, head + two + one, head + one + one):
        file.write_bytes(damaged)
        with pytest.raises(DamagedCiphertext):
            await read(store, 0, len(plain))
    file.write_bytes(whole)
    other = tmp_path / OTHER.hex[-2:] / f"{OTHER.hex}.rec"
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(whole)
    with pytest.raises(DamagedCiphertext):
        await read(store, 0, 10, OTHER)


async def test_a_broken_upload_leaves_nothing_behind(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path, ring())

    async def torn() -> AsyncIterator[bytes]:
        yield b"x" * CHUNK
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.keep(ID, torn(), size=2 * CHUNK, sha256="0" * 64)
    for wrong in (b"x" * 99, b"x" * 100, b"x" * 101):
        with pytest.raises(WrongContent):
            await store.keep(ID, stream(wrong), size=100, sha256="0" * 64)
    assert not files(tmp_path)
