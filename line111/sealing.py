"""Sealing what only the bridge may read (promise 5): anonymous public-key boxes over JSON.

A node that takes calls knows the public half of the key alone, so neither a stolen spool nor a
stolen node reveals who phoned. Needs PyNaCl and nothing of ours: it also runs beside Asterisk.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox


class NotSealedForUs(ValueError):
    """The text is damaged, or was sealed for another key."""


def seal(document: Mapping[str, Any], public_key: str) -> str:
    """The document as base64 text that only the holder of the private half can open.

    Args:
        public_key: the secret file `sealing_public`, base64 of an X25519 public key.
    """
    box = SealedBox(PublicKey(base64.b64decode(public_key)))
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(box.encrypt(plain)).decode()


def unseal(sealed: str, private_key: str) -> dict[str, Any]:
    """Open what `seal` closed. Raises NotSealedForUs, whose text holds nothing of the content."""
    box = SealedBox(PrivateKey(base64.b64decode(private_key)))
    try:
        document = json.loads(box.decrypt(base64.b64decode(sealed, validate=True)))
    except (CryptoError, ValueError):
        raise NotSealedForUs("this was not sealed with our key, or it is damaged") from None
    if not isinstance(document, dict):
        raise NotSealedForUs("what was sealed is not a document of named fields")
    return document
