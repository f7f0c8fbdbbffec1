"""Secrets of a node: made at set-up, one per file below `<home>/secrets`, never committed, never logged.

The sealing key is a pair (X25519): nodes that take calls hold only the public half, so a stolen
spool reveals no national identifier (promise 5); the bridge alone can open what is sealed.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from nacl.public import PrivateKey

from line111.settings import Settings

RANDOM = (
    "redis_password",
    "token_ivr",
    "token_transcription",
    "token_call_routing",
    "token_operator",
    "token_sms_gateway",
    "ami_call_routing",
    "ami_doctor",
    "lookup_key",  # keyed hash that finds an applicant by national identifier
    "code_key",  # permutation of tracking codes
    "session_key",
)
"""Names of the secrets that are plain random strings (base64url, 32 bytes)."""


def ensure_secrets(settings: Settings, also: Iterable[str] = ()) -> list[str]:
    """Make what is missing, keep what is there; returns the names made. Files are 0600.

    Args:
        also: Names of further random strings: a token for each gateway that sends something here.
    """
    folder = settings.secrets_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = []
    for name in (*RANDOM, *also):
        if not (folder / name).exists():
            _write(folder / name, secrets.token_urlsafe(32))
            made.append(name)
    made += _ensure_sealing_pair(folder)
    if not any(folder.glob("data_key.*")):
        _write(folder / "data_key.1", base64.b64encode(secrets.token_bytes(32)).decode())
        made.append("data_key.1")
    return made


def read_secret(settings: Settings, name: str) -> str:
    """The secret's text. Raises FileNotFoundError naming the set-up command where it is missing."""
    path = settings.secrets_dir / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        raise FileNotFoundError(f"secret {name!r} is missing at {path}; run `line111 setup`") from None


def write_secret(settings: Settings, name: str, text: str) -> None:
    """Keep a new secret. Raises FileExistsError where there is one: secrets are never overwritten."""
    _write(settings.secrets_dir / name, text)


def data_keys(settings: Settings) -> dict[int, bytes]:
    """Encryption keys by number; the highest encrypts, all decrypt (key rotation adds a file)."""
    return {
        int(path.suffix[1:]): base64.b64decode(path.read_text())
        for path in settings.secrets_dir.glob("data_key.*")
    }


def redis_url(settings: Settings) -> str:
    """Address of Redis, with the password made at set-up where the server is our own."""
    if settings.redis.url:
        return settings.redis.url
    return f"redis://:{read_secret(settings, 'redis_password')}@127.0.0.1:{settings.redis.port}/0"


def _ensure_sealing_pair(folder: Path) -> list[str]:
    """The pair, or its public half from the private one. A node with the public half alone stays so."""
    private, public = folder / "sealing_private", folder / "sealing_public"
    if public.exists():
        return []
    made = []
    if not private.exists():
        _write(private, base64.b64encode(bytes(PrivateKey.generate())).decode())
        made.append(private.name)
    pair = PrivateKey(base64.b64decode(private.read_text()))
    _write(public, base64.b64encode(bytes(pair.public_key)).decode(), mode=0o644)
    return [*made, public.name]


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    """Put a secret in place whole, also if we are interrupted. Raises FileExistsError: never overwrites."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    try:
        path.hardlink_to(part)
    finally:
        part.unlink()
