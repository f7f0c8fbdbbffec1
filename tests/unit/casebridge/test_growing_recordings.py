"""A recording that comes in several goes: what has come is kept, encrypted, and is not asked for again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from casebridge.crypto import KeyRing
from casebridge.recordings.sealed import CHUNK, TAG, InOtherHands, Writer, WrongContent
from casebridge.recordings.store import RecordingStore
from tests.unit.casebridge.test_crypto import ID, files, read, ring

SOUND = secrets.token_bytes(3 * CHUNK + 7)
DIGEST = hashlib.sha256(SOUND).hexdigest()


class Sender:
    """Gives the sound from a byte on, and breaks off where it is told to."""

    def __init__(self, sound: bytes = SOUND) -> None:
        self.sound = sound
        self.asked: list[int] = []
        self.until = len(sound)

    async def rest_from(self, start: int) -> AsyncGenerator[bytes]:
        """From this byte on."""
        self.asked.append(start)
        for at in range(start, self.until, 9000):
            yield self.sound[at : min(at + 9000, self.until)]
        if self.until < len(self.sound):
            raise ConnectionResetError

    async def bring(self, store: RecordingStore) -> int:
        """One go."""
        return await store.keep_growing(ID, self.rest_from, size=len(SOUND), sha256=DIGEST)


async def broken_off(store: RecordingStore, sender: Sender, at: int) -> Path:
    """A go that came to this byte; the file it left."""
    sender.until = at
    with pytest.raises(ConnectionResetError):
        await sender.bring(store)
    sender.until = len(sender.sound)
    (file,) = files(store._folder)
    return file


async def test_it_goes_on_behind_the_last_whole_chunk(tmp_path: Path) -> None:
    store, sender = RecordingStore(tmp_path, ring()), Sender()
    left = await broken_off(store, sender, CHUNK + 5)
    assert SOUND[:64] not in left.read_bytes(), "what has come so far is encrypted, too"
    await broken_off(store, sender, 3 * CHUNK)
    assert await sender.bring(RecordingStore(tmp_path, ring())) == 1
    assert sender.asked == [0, CHUNK, 3 * CHUNK]
    assert await read(store, 0, len(SOUND)) == SOUND
    assert [file.suffix for file in files(tmp_path)] == [".rec"]


async def test_nothing_is_asked_for_where_all_has_come(tmp_path: Path) -> None:
    store, sender = RecordingStore(tmp_path, ring()), Sender()
    part = store._growing(ID)
    writer = Writer.resumed(part, ring(), ID, len(SOUND))  # a process that ended before it could publish
    for at in range(0, len(SOUND), CHUNK):
        writer.write(SOUND[at : at + CHUNK])
    writer.leave()
    await sender.bring(store)
    assert sender.asked == []
    assert await read(store, 0, len(SOUND)) == SOUND


@pytest.mark.parametrize("damage", ["cut", "zeros", "longer", "header"])
async def test_what_an_outage_left_half_written_is_begun_anew(tmp_path: Path, damage: str) -> None:
    store, sender = RecordingStore(tmp_path, ring()), Sender()
    file = await broken_off(store, sender, 2 * CHUNK)
    before = file.read_bytes()
    half = {
        "cut": before[:-100],
        "zeros": before[: -CHUNK - TAG] + bytes(CHUNK + TAG),
        "longer": before + b"x" * 10,
        "header": before[:20],
    }[damage]
    file.write_bytes(half)
    await sender.bring(store)
    assert sender.asked == [0, 0]
    assert await read(store, 0, len(SOUND)) == SOUND


async def test_after_a_rotation_nothing_goes_on_under_the_older_key(tmp_path: Path) -> None:
    sender = Sender()
    await broken_off(RecordingStore(tmp_path, ring()), sender, 2 * CHUNK)
    assert await sender.bring(RecordingStore(tmp_path, ring(k2=b"2" * 32))) == 2
    assert sender.asked == [0, 0]


async def test_another_sound_than_was_announced_leaves_nothing_behind(tmp_path: Path) -> None:
    store = RecordingStore(tmp_path, ring())
    for wrong in (SOUND[:-1] + b"!", SOUND + b"!", SOUND[: 2 * CHUNK]):
        with pytest.raises(WrongContent):
            await Sender(wrong).bring(store)
        assert not files(tmp_path)


async def test_two_do_not_write_into_one_file(tmp_path: Path) -> None:
    keys: KeyRing = ring()
    store, sender = RecordingStore(tmp_path, keys), Sender()
    first = Writer.resumed(store._growing(ID), keys, ID, len(SOUND))
    with pytest.raises(InOtherHands):
        await sender.bring(store)
    first.leave()
    await sender.bring(store)
    assert await read(store, 0, len(SOUND)) == SOUND
