"""Encryption at rest (promise 5): AES-GCM under numbered keys, and keyed hashes to find by.

A sealed field is `version (1) · key number (2, big endian) · nonce (12) · ciphertext and tag`. The
associated data names what the field belongs to, so a value copied to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FIELD = struct.Struct(">BH12s")
_VERSION = 1


class UnknownKey(Exception):
    """Something is encrypted with a key this node does not have."""


class DamagedCiphertext(Exception):
    """What is stored was altered, cut, or belongs elsewhere."""


class KeyRing:
    """Encryption keys by number. The highest encrypts, all decrypt.

    Args:
        load: Reads the keys (32 bytes each); called again when an unknown number is met, so a key
            added by a rotation is found without a restart.
    """

    def __init__(self, load: Callable[[], Mapping[int, bytes]]) -> None:
        self._load = load
        self._keys: dict[int, bytes] = {}
        self._ciphers: dict[int, AESGCM] = {}
        self.reload()

    def reload(self) -> None:
        """Reads the keys again."""
        self._keys = dict(self._load())
        if not self._keys:
            raise UnknownKey("there is no data key; run `line111 setup`")
        self._ciphers = {number: AESGCM(key) for number, key in self._keys.items()}

    @property
    def current(self) -> int:
        """Number of the key that encrypts."""
        return max(self._keys)

    def encrypt(self, plain: bytes, belongs_to: str) -> bytes:
        """Seals a field under the current key."""
        number, nonce = self.current, os.urandom(12)
        sealed = self._ciphers[number].encrypt(nonce, plain, belongs_to.encode())
        return _FIELD.pack(_VERSION, number, nonce) + sealed

    def decrypt(self, sealed: bytes, belongs_to: str) -> bytes:
        """Opens a field. Raises UnknownKey or DamagedCiphertext."""
        try:
            version, number, nonce = _FIELD.unpack_from(sealed)
        except struct.error:
            raise DamagedCiphertext("too short to be a sealed field") from None
        if version != _VERSION:
            raise DamagedCiphertext("written by another version")
        cipher = AESGCM(self.key(number))
        try:
            return cipher.decrypt(nonce, sealed[_FIELD.size :], belongs_to.encode())
        except InvalidTag:
            raise DamagedCiphertext(f"{belongs_to.partition(':')[0]} does not open") from None

    def key(self, number: int) -> bytes:
        """The key of a number. Raises UnknownKey."""
        if number not in self._keys:
            self.reload()
        try:
            return self._keys[number]
        except KeyError:
            raise UnknownKey(f"data key {number} is missing in the secrets folder") from None

    def file_cipher(self, number: int, salt: bytes, recording_id: bytes) -> AESGCM:
        """A cipher for one file alone, so that its chunk counter may serve as nonce (HKDF, RFC 5869)."""
        derive = HKDF(hashes.SHA256(), 32, salt, b"line111 recording " + recording_id)
        return AESGCM(derive.derive(self.key(number)))


def keyed_hash(key: str, *parts: str) -> bytes:
    """HMAC-SHA-256 over the parts: finds a row by an identifier that is nowhere readable."""
    return hmac.new(key.encode(), "\x1f".join(parts).encode(), hashlib.sha256).digest()
