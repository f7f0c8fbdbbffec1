"""Who listens where on this machine, read from `/proc` (proc(5)): no tool to install, no shell."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Protocol = Literal["tcp", "udp"]
_LISTENING = {"tcp": "0A", "udp": "07"}  # TCP_LISTEN; an unconnected UDP socket
_PROC = Path("/proc")


class Port(NamedTuple):
    """A port one of our programs needs."""

    number: int
    protocol: Protocol = "tcp"


class Holder(NamedTuple):
    """A process that has a port: its id (0 if this user may not know) and plain words for it."""

    pid: int
    words: str


def holder_of(port: Port) -> Holder | None:
    """The process listening on the port, on whatever address; None if it is free."""
    inodes = set(_listening_inodes(port))
    if not inodes:
        return None
    for pid in process_ids():
        if inodes & _socket_inodes(pid):
            return Holder(pid, describe(pid))
    return Holder(0, "a process of another user")


def process_ids() -> Iterator[int]:
    """Ids of the processes running now."""
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def describe(pid: int) -> str:
    """`redis-server (process 123 of user redis)`."""
    try:
        name = (_PROC / str(pid) / "comm").read_text().strip()
        uid = (_PROC / str(pid)).stat().st_uid
    except OSError:
        return f"process {pid}"
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return f"{name} (process {pid} of user {user})"


def environment_of(pid: int) -> dict[str, str]:
    """A process's environment as it was started with; empty where it may not be read."""
    try:
        raw = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return {}
    entries = (entry.partition(b"=") for entry in raw.split(b"\0") if b"=" in entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in entries}


def arguments_of(pid: int) -> list[str]:
    """The words of a process's command line; empty where it has ended."""
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(word) for word in raw.split(b"\0")]


def _listening_inodes(port: Port) -> Iterator[str]:
    for table in (port.protocol, f"{port.protocol}6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTENING[port.protocol] and int(local.rpartition(":")[2], 16) == port.number:
                yield inode


def _socket_inodes(pid: int) -> set[str]:
    try:
        links = list((_PROC / str(pid) / "fd").iterdir())
    except OSError:
        return set()
    return {target[8:-1] for target in map(_target, links) if target.startswith("socket:[")}


def _target(link: Path) -> str:
    """Where a descriptor leads; empty for one that was closed while we looked."""
    try:
        return str(link.readlink())
    except OSError:
        return ""
