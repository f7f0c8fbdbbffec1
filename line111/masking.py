"""What must not be read in a log: identifiers, telephone numbers, tokens, passwords (promise 5).

Pure functions on text and plain data. Every run of ten digits or more is masked wherever it stands,
in ASCII, Persian and Arabic-Indic digits, also when it is written in groups ("0912 345 6789"), since
national identifiers have 10, legal persons' 11 and foreign residents' 12 digits, and telephone
numbers at least 10. What is known to be harmless (UUIDs, digests, dates and times) keeps its digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

MASK = "•"

_KEEP = (
    r"(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])"  # UUID
    r"|(?<!\w)(?=[0-9a-f]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40})(?!\w)"  # SHA-256, SHA-1
    r"|(?<!\d)(?:19|20|13|14)\d\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])"  # date, with its time
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,6})?)?)?(?!\d)"
)
_BEARER = r"(?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]+"
_URL_USER = r"(?P<url>://[^\s:/@]*:)[^\s@/]+(?=@)"
_ASSIGNED = (
    r"(?P<name>\b\w*(?:password|passwd|secret|token|api[_-]?key|authorization|cookie|line111_session)"
    r"[\"']?\s*[=:]\s*[\"']?)(?!(?:bearer|basic)\s)[^\s\"',;&}\]]+"
)
_NUMBER = r"\+?\d(?:[ \-\u200c\u00a0]?\d){9,}"
_SENSITIVE = re.compile(
    f"(?P<keep>{_KEEP})|{_BEARER}|{_URL_USER}|{_ASSIGNED}|(?P<number>{_NUMBER})", re.IGNORECASE
)

_SECRET_KEY = re.compile(r"(password|passwd|secret|token|authorization|cookie|api_?key|sealed|csrf)$", re.I)
_PERSON_KEY = re.compile(
    r"(identifier|national_id|foreign_resident|legal_person|phone|mobile|msisdn|contact_number"
    r"|caller_number|caller_?id|caller_?id_?num|caller)$",
    re.I,
)
_CODE_KEY = re.compile(r"(tracking_code|^code)$", re.I)
_CODE = re.compile(r"\d{10}")
_PRESSED_KEY = re.compile(r"(pressed|digits|dtmf|keys)$", re.I)
_CALL_KEY = re.compile(r"(call_id|linkedid|uniqueid)$", re.I)
_CALL_ID = re.compile(r"(?:[A-Za-z][\w]*-)?\d{9,10}\.\d{1,9}")  # Asterisk: [system-]epoch.sequence
_MEASURE_KEY = re.compile(r"(bytes|_ms|_ns|_us|seconds|size|offset|timestamp)$", re.I)
_FEW_KEYS = 3  # a menu choice or two; more may be the beginning of an identifier
_CODE_TAIL = 3  # enough to tell two codes of a log apart, too little to follow a case up


def mask_text(text: str) -> str:
    """The text without identifiers, telephone numbers, bearer tokens and passwords."""
    return _SENSITIVE.sub(_masked, text)


def mask_field(key: str, value: Any) -> Any:
    """The value of a log field as it may be written: by the field's name, then by what it holds."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {mask_text(str(name)): mask_field(str(name), item) for name, item in value.items()}
    if isinstance(value, Sequence | Set) and not isinstance(value, str | bytes | bytearray):
        return [mask_field(key, item) for item in value]
    if _SECRET_KEY.search(key) or _PERSON_KEY.search(key):
        return MASK
    if isinstance(value, int | float):
        return _mask_number(key, value)
    return _mask_written(key, _as_text(value))


def _mask_number(key: str, value: float) -> Any:
    if _MEASURE_KEY.search(key) or (isinstance(value, float) and not value.is_integer()):
        return value
    written = _mask_written(key, str(value))
    return value if written == str(value) else written


def _mask_written(key: str, text: str) -> str:
    if _CODE_KEY.search(key) and _CODE.fullmatch(text):
        return MASK * (len(text) - _CODE_TAIL) + text[-_CODE_TAIL:]
    if _PRESSED_KEY.search(key) and len(text) > _FEW_KEYS:
        return MASK * len(text)
    if _CALL_KEY.search(key) and _CALL_ID.fullmatch(text):
        return text
    return mask_text(text)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    return repr(value)


def _masked(match: re.Match[str]) -> str:
    if match["keep"]:
        return match[0]
    if match["number"]:
        return MASK * sum(letter.isdigit() for letter in match[0])
    return f"{match['scheme'] or match['url'] or match['name']}{MASK}"
