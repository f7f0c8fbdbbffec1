"""Every RTP packet of a trunk's address on the loopback device, with the kernel's own time of it.

`python -m benchmarks.rtp_capture ADDRESS FILE` runs until SIGTERM. A process of its own that only reads:
times are taken by the kernel when a packet passes (SO_TIMESTAMPNS), so a busy machine makes none later.
Needs root (packet(7)).
"""

from __future__ import annotations

import ctypes
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KEPT = 64
"""Bytes of a packet's payload that are kept: enough to know a sound by its beginning."""
_ETH_P_IP, _SO_TIMESTAMPNS, _SO_ATTACH_FILTER, _SO_RCVBUFFORCE = 0x0800, 35, 26, 33
_PACKET_OUTGOING = 4  # the loopback device shows each packet twice
_HEADERS, _RTP = 14 + 20 + 8, 12  # Ethernet, IPv4 without options, UDP; RTP without extensions
_BUFFER = 64 * 2**20
_HEAD = struct.Struct(">QIHIHH")


@dataclass(frozen=True)
class Packet:
    """An RTP packet (RFC 3550)."""

    at: float
    """Seconds by the kernel's clock."""
    source: tuple[int, int]
    """Address as a number, and port."""
    target: tuple[int, int]
    kind: int
    """Payload type."""
    stamp: int
    """RTP timestamp; all packets of a key have that of its beginning (RFC 4733)."""
    payload: bytes


def main() -> None:
    """Write packets until SIGTERM."""
    address, file = sys.argv[1], Path(sys.argv[2])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP)) as tap,
        file.open("wb") as out,
    ):
        tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        _attach_filter(tap, int.from_bytes(socket.inet_aton(address)))
        tap.bind(("lo", 0))
        print("reading", flush=True)
        while True:
            _take(tap, out)


def _take(tap: socket.socket, out) -> None:  # type: ignore[no-untyped-def]
    frame, ancillary, _, sender = tap.recvmsg(_HEADERS + _RTP + KEPT, 64)
    if sender[2] == _PACKET_OUTGOING or len(frame) < _HEADERS + _RTP:
        return
    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
    source, target, source_port, target_port = struct.unpack_from(">IIHH", frame, 26)
    rtp = frame[_HEADERS:]
    out.write(
        _HEAD.pack(seconds * 10**9 + nanoseconds, source, source_port, target, target_port, len(rtp)) + rtp
    )


def read(file: Path) -> Iterator[Packet]:
    """The packets of a capture, in the order they passed."""
    data, place = file.read_bytes(), 0
    while place + _HEAD.size <= len(data):
        at, source, source_port, target, target_port, size = _HEAD.unpack_from(data, place)
        rtp = data[place + _HEAD.size : place + _HEAD.size + size]
        place += _HEAD.size + size
        if rtp[0] >> 6 == 2:
            stamp = int.from_bytes(rtp[4:8])
            kind, payload = rtp[1] & 0x7F, rtp[_RTP:]
            yield Packet(at / 1e9, (source, source_port), (target, target_port), kind, stamp, payload)


def _attach_filter(tap: socket.socket, address: int) -> None:
    """Let the kernel leave out what is not UDP from or to the address (classic BPF)."""
    load_byte, load_word, equal, answer = 0x30, 0x20, 0x15, 0x06
    program = [
        (load_byte, 0, 0, 23), (equal, 0, 5, socket.IPPROTO_UDP),
        (load_word, 0, 0, 26), (equal, 2, 0, address),
        (load_word, 0, 0, 30), (equal, 0, 1, address),
        (answer, 0, 0, 0xFFFF), (answer, 0, 0, 0),
    ]  # fmt: skip
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    kept = ctypes.create_string_buffer(code)
    tap.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(kept))
    )


if __name__ == "__main__":
    main()
