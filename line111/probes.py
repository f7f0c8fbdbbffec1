"""Asking a program whether it is well, as a stranger on the network would ask it.

Each probe returns a few words about a healthy program and raises `NotWell` for one that is not, `Silent`
for one that does not even say so.
"""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from contextlib import suppress
from io import BufferedRWPair
from typing import Any

import redis

from line111.secrets import read_secret, redis_url
from line111.settings import Settings

TIMEOUT = 3.0
"""Seconds a program may take to answer. One that is slower than this is not well."""


class NotWell(Exception):
    """The program does not answer, or says of itself that something is wrong."""


class Silent(NotWell):
    """The program does not answer at all: it hangs, where it runs."""


def web(url: str) -> str:
    """A program with an HTTP health address; any 2xx is well."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310 - our own address
            answer.read(65536)
    except urllib.error.HTTPError as error:
        raise NotWell(f"answers {error.code}: {_reason(error)}") from None
    except (OSError, ValueError) as error:
        raise Silent(f"no answer at {url}: {getattr(error, 'reason', error)}") from None
    return "answers"


def redis_server(settings: Settings) -> str:
    """Redis takes our password and answers PING; how many of its bytes are used."""
    try:
        client = redis.Redis.from_url(
            redis_url(settings), socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
        )
        with client:
            client.ping()
            info = client.info("server")
    except (redis.BusyLoadingError, redis.AuthenticationError) as error:  # subclasses of ConnectionError
        raise NotWell(f"{error}") from None
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        raise Silent(f"{error}") from None
    except redis.RedisError as error:
        raise NotWell(f"{error}") from None
    return f"version {info['redis_version']}"


def asterisk(settings: Settings) -> str:
    """AMI takes the doctor's password and Asterisk tells its version (AMI CoreSettings)."""
    address = (settings.asterisk.ami_host, settings.asterisk.ami_port)
    try:
        password = read_secret(settings, "ami_doctor")
        with socket.create_connection(address, timeout=TIMEOUT) as link:
            return _core_version(link, password)
    except OSError as error:
        raise Silent(f"AMI at {address[0]}:{address[1]}: {error}") from None


def _core_version(link: socket.socket, password: str) -> str:
    stream: BufferedRWPair[Any, Any] = link.makefile("rwb")
    if not stream.readline().startswith(b"Asterisk Call Manager"):
        raise NotWell("what listens on the AMI port is not Asterisk")
    _action(stream, Action="Login", Username="doctor", Secret=password, Events="off")
    settings = _action(stream, Action="CoreSettings")
    with suppress(OSError, NotWell):  # the answer is in hand; a lost goodbye harms nobody
        _action(stream, Action="Logoff")
    return f"version {settings.get('AsteriskVersion', 'unknown')}"


def _action(stream: BufferedRWPair[Any, Any], **fields: str) -> dict[str, str]:
    """Send one AMI action and read until its response, passing over events."""
    stream.write("".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode() + b"\r\n")
    stream.flush()
    for _ in range(50):
        block = _block(stream)
        if "Response" not in block:
            continue
        if block["Response"] in ("Success", "Goodbye"):
            return block
        raise NotWell(f"AMI refuses {fields['Action']}: {block.get('Message', 'no reason given')}")
    raise NotWell(f"AMI does not answer {fields['Action']}")


def _block(stream: BufferedRWPair[Any, Any]) -> dict[str, str]:
    block: dict[str, str] = {}
    while line := stream.readline(8192).decode(errors="replace").strip():
        name, _, value = line.partition(":")
        block[name] = value.strip()
    if not block:
        raise NotWell("AMI closed the connection")
    return block


def _reason(error: urllib.error.HTTPError) -> str:
    with suppress(ValueError, OSError, AttributeError):
        told = json.loads(error.read(65536))
        return str(told.get("detail") or told.get("title") or told)
    return error.reason
