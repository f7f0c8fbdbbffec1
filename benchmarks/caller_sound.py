"""What a caller's telephone sends in a call, as one capture that SIPp plays: keys and voice, by the clock.

Keys are telephone-events (RFC 4733), the voice is A-law in packets of 20 ms (RFC 3551). The file is a
classic pcap of Ethernet frames; SIPp takes the RTP packets and their distances in time from it.
"""

from __future__ import annotations

import random
import struct
from pathlib import Path

PACKET_MS, SAMPLES = 20, 160
KEY_MS, KEY_GAP_MS = 100, 60
"""A key is held and left so long, as by a quick dialler."""
_KEYS = "0123456789*#"
_PCMA, _EVENT = 8, 101
_END, _VOLUME = 0x80, 10
_SSRC = 0x111


class CallerSound:
    """Packets by time; the clock stands at `at_ms`."""

    def __init__(self) -> None:
        self.at_ms = 0
        self._packets: list[tuple[int, bytes]] = []
        self._sequence = 0
        self._send(0, _PCMA, 0, bytes([0xD5]) * SAMPLES)  # SIPp's clock begins with the first packet

    def wait(self, milliseconds: float) -> None:
        """Silence: nothing is sent."""
        self.at_ms += round(milliseconds)

    def wait_until(self, at_ms: int) -> None:
        """Silence until the clock stands there."""
        self.at_ms = max(self.at_ms, at_ms)

    def press(self, keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self._press(_KEYS.index(key))

    def speak(self, milliseconds: int) -> None:
        """A loud noise, which counts as speech."""
        noise = random.Random(111)
        self.play(bytes(noise.choice((0x25, 0xA5)) for _ in range(milliseconds // PACKET_MS * SAMPLES)))

    def play(self, sound: bytes) -> None:
        """This sound (A-law); what does not fill a last packet is left out."""
        for start in range(0, len(sound) - SAMPLES + 1, SAMPLES):
            self._send(self.at_ms, _PCMA, self.at_ms * 8, sound[start : start + SAMPLES])
            self.at_ms += PACKET_MS

    def write(self, path: Path) -> None:
        """Write the capture."""
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for at_ms, packet in self._packets:
                frame = _frame(packet)
                seconds = 1 + at_ms // 1000  # a first packet at zero would be no time at all to SIPp
                file.write(struct.pack("<IIII", seconds, at_ms % 1000 * 1000, len(frame), len(frame)))
                file.write(frame)

    def _press(self, event: int) -> None:
        began = self.at_ms
        for held in range(PACKET_MS, KEY_MS, PACKET_MS):
            self._event(began + held, began, event, held, 0)
        for _ in range(3):  # the end is told three times
            self._event(began + KEY_MS, began, event, KEY_MS, _END)
        self.at_ms = began + KEY_MS + KEY_GAP_MS

    def _event(self, at_ms: int, began: int, event: int, held_ms: int, end: int) -> None:
        payload = struct.pack(">BBH", event, end | _VOLUME, held_ms * 8)
        self._send(at_ms, _EVENT, began * 8, payload, marker=held_ms == PACKET_MS)

    def _send(self, at_ms: int, kind: int, stamp: int, payload: bytes, *, marker: bool = False) -> None:
        head = struct.pack(">BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, stamp, _SSRC)
        self._packets.append((at_ms, head + payload))
        self._sequence += 1


def _frame(packet: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around an RTP packet; SIPp sends it to where the call's media goes."""
    datagram = struct.pack(">HHHH", 6000, 6000, 8 + len(packet), 0) + packet
    here = bytes((127, 0, 0, 1))
    total = 20 + len(datagram)
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, total, 0, 0, 64, 17, 0, here, here)
    return bytes(12) + b"\x08\x00" + header + datagram
