"""Short messages as SMPP 3.4 bytes: letters, parts, receipts. No I/O; PDUs are coded by smpplib."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from smpplib import consts

from casebridge.notifications.providers.interface import Result
from casebridge.notifications.texts.segments import BASIC, EXTENSION, encoding_of, split

GSM7, LATIN1, UCS2 = 0x00, 0x03, 0x08
UDH: Final = 0x40
"""esm_class: the message begins with a user data header."""
_KINDS: Final = 0x3C
_RECEIPT: Final = 0x04
_STATES: Final = {1: "", 2: "delivered", 3: "failed", 4: "failed", 5: "failed", 6: "delivered", 8: "failed"}
"""message_state (SMPP 3.4, 5.2.28); accepted by somebody (6) counts as delivered."""
_WORDS: Final = {
    "DELIVRD": "delivered", "ACCEPTD": "delivered", "UNDELIV": "failed", "EXPIRED": "failed",
    "DELETED": "failed", "REJECTD": "failed",
}  # fmt: skip
_ESCAPE: Final = 0x1B
_ESCAPED: Final = {code: letter for letter, code in EXTENSION.items()}
_ID = re.compile(r"id:\s*(\S+)", re.IGNORECASE)
_STAT = re.compile(r"stat:\s*([A-Z]+)", re.IGNORECASE)

LATER: Final = frozenset(
    {
        consts.SMPP_ESME_RTHROTTLED,
        consts.SMPP_ESME_RMSGQFUL,
        consts.SMPP_ESME_RSYSERR,
        consts.SMPP_ESME_RINVBNDSTS,
        consts.SMPP_ESME_RX_T_APPN,
        consts.SMPP_ESME_RUNKNOWNERR,
        consts.SMPP_ESME_RSUBMITFAIL,
        consts.SMPP_ESME_RINVEXPIRY,
    }
)
"""command_status values after which the same may work later."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A text as it goes out: each part with its header."""

    data_coding: int
    esm_class: int
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PartOf:
    """Place of a part that came in: which message, how many parts, which one."""

    message: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class ReceiptOf:
    """What a centre says of a message it took; `state` is empty where it is only on its way."""

    reference: str
    state: str


def encode(text: str, message: int) -> Parts:
    """A text in the parts it takes; Persian goes as UCS-2 (UTF-16, big end first).

    Args:
        message: 0 to 255, by which a telephone puts the parts of one message together.
    """
    narrow = encoding_of(text) == "gsm7"
    bodies = [_letters(part, narrow) for part in split(text)]
    coding = GSM7 if narrow else UCS2
    if len(bodies) == 1:
        return Parts(coding, 0, tuple(bodies))
    header = bytes((5, 0, 3, message & 0xFF, len(bodies)))
    numbered = tuple(header + bytes((n,)) + body for n, body in enumerate(bodies, 1))
    return Parts(coding, UDH, numbered)


def decode(body: bytes, data_coding: int, esm_class: int) -> tuple[str, PartOf | None]:
    """The text of a message that came in, and its place where it is a part."""
    place = None
    if esm_class & UDH and body:
        header, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        place = _place(header)
    if data_coding & 0x0C == UCS2:
        return body.decode("utf-16-be", "replace"), place
    if data_coding == LATIN1:
        return body.decode("latin-1"), place
    return _from_gsm(body), place


def receipt_in(pdu: Any) -> ReceiptOf | None:
    """The delivery receipt in a deliver_sm; None where it is a message.

    The optional parameters say it best; older centres say it in the text (appendix B of the standard).
    """
    if (pdu.esm_class or 0) & _KINDS != _RECEIPT:
        return None
    text = (pdu.short_message or b"").decode("latin-1")
    named = getattr(pdu, "receipted_message_id", None)
    found = _ID.search(text)
    reference = _plain(named) if named else (found.group(1) if found else "")
    state = getattr(pdu, "message_state", None)
    stat = _STAT.search(text)
    word = _WORDS.get(stat.group(1).upper(), "") if stat else ""
    return ReceiptOf(reference[:128], _STATES.get(state, "") if isinstance(state, int) else word)


def meaning(status: int) -> Result:
    """What a command_status of submit_sm_resp means for the message."""
    if status == consts.SMPP_ESME_ROK:
        return Result.SENT
    return Result.FAILED if status in LATER else Result.REFUSED


def decimal_of(reference: str) -> str:
    """A hexadecimal reference as the decimal one its receipt will name."""
    try:
        return str(int(reference, 16))
    except ValueError:
        return reference


def _letters(text: str, narrow: bool) -> bytes:
    """One octet a septet, as centres want it (smpplib's own table lacks letters)."""
    if not narrow:
        return text.encode("utf-16-be", "replace")
    octets = bytearray()
    for letter in text:
        octets += (
            bytes((_ESCAPE, EXTENSION[letter])) if letter in EXTENSION else bytes((BASIC.index(letter),))
        )
    return bytes(octets)


def _place(header: bytes) -> PartOf | None:
    """Information elements are number, length, data; 0 counts messages in one octet, 8 in two."""
    at = 0
    while at + 2 <= len(header):
        kind, size = header[at], header[at + 1]
        data = header[at + 2 : at + 2 + size]
        if kind == 0 and len(data) == 3:
            return PartOf(data[0], data[1], data[2])
        if kind == 8 and len(data) == 4:
            return PartOf(int.from_bytes(data[:2], "big"), data[2], data[3])
        at += 2 + size
    return None


def _from_gsm(body: bytes) -> str:
    text, escaped = "", False
    for octet in body:
        if octet == _ESCAPE and not escaped:
            escaped = True
            continue
        basic = BASIC[octet & 0x7F]
        text += _ESCAPED.get(octet, basic) if escaped else basic
        escaped = False
    return text


def _plain(value: Any) -> str:
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).rstrip("\0")
