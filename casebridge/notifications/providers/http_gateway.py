"""An SMS gateway over HTTP: request and reply are a mapping in the file of providers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import httpx
import structlog

from casebridge.notifications.providers.file import PLACES, HttpEntry, Sign
from casebridge.notifications.providers.interface import LONGEST_ERROR, Message, Outcome, Result
from casebridge.notifications.schemas import Medium
from persian.phones import InvalidPhoneNumber, national_digits

LONGEST_REPLY = 64 * 1024
"""Bytes of a gateway's answer that are looked at."""
_PLACE = re.compile(r"\{([a-z]+)\}")
log = structlog.get_logger("casebridge.notifications")


class HttpGateway:
    """Sends by one HTTP request a message.

    Args:
        entry: The gateway's entry in the file of providers.
        secret: Its key, for `{secret}`.
    """

    kept_here = False
    medium = Medium.SMS

    def __init__(self, entry: HttpEntry, secret: str) -> None:
        self.name = entry.name
        self.per_second = entry.per_second
        self.timeout_seconds = entry.timeout_seconds
        self.entry = entry
        self._secret = secret
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(entry.timeout_seconds, connect=min(5.0, entry.timeout_seconds)),
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, message: Message) -> Outcome:
        """One request; what it means is read from the mapping."""
        try:
            async with self._http.stream(**self._request(message)) as answer:
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > LONGEST_REPLY:
                        break
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Outcome(Result.FAILED, error=type(error).__name__)
        except httpx.HTTPError as error:  # sent, or partly sent: nobody can tell what it did
            return Outcome(Result.UNKNOWN, error=type(error).__name__)
        return self._meaning(answer.status_code, body)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def _request(self, message: Message) -> dict[str, Any]:
        wanted = self.entry.request
        places = {
            "to": _written(message.to, wanted.number),
            "text": message.text,
            "sender": self.entry.sender,
            "id": str(message.id),
            "secret": self._secret,
            "language": message.language,
        }
        in_address = {name: quote(value, safe="") for name, value in places.items()}
        request: dict[str, Any] = {
            "method": wanted.method,
            "url": _fill(wanted.url, in_address),
            "headers": _fill(wanted.headers, places),
        }
        if wanted.query:
            request["params"] = _fill(wanted.query, places)
        if wanted.form is not None:
            request["data"] = _fill(wanted.form, places)
        if wanted.json_body is not None:
            request["json"] = _fill(wanted.json_body, places)
        return request

    def _meaning(self, status: int, body: bytes) -> Outcome:
        reply = self.entry.reply
        content = _readable(body)
        if _shows(reply.refused, status, content):
            return Outcome(Result.REFUSED, error=f"HTTP {status}")
        if _shows(reply.sent, status, content):
            reference = field_of(content, reply.reference) if reply.reference else None
            return Outcome(Result.SENT, (str(reference)[:LONGEST_ERROR],) if reference else ())
        return Outcome(Result.FAILED, error=f"HTTP {status}")


def field_of(content: Any, path: str) -> Any:
    """What stands at a path with dots in an answer; `body` is the whole text; None where it is not."""
    if path == "body":
        return content if isinstance(content, str) else None
    for step in path.split("."):
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content


def _shows(signs: Sequence[Sign], status: int, content: Any) -> bool:
    return any(_fits(sign, status, content) for sign in signs)


def _fits(sign: Sign, status: int, content: Any) -> bool:
    if sign.status and status not in sign.status:
        return False
    if sign.field is None:
        return True
    found = field_of(content, sign.field)
    if found is None:
        return False
    if sign.pattern:
        return re.search(sign.pattern, str(found)) is not None
    return not sign.values or str(found) in {str(value) for value in sign.values}


def _readable(body: bytes) -> Any:
    text = body.decode("utf-8", "replace").strip()
    try:
        return httpx.Response(200, content=body).json()
    except ValueError:
        return text


def _fill(pattern: Any, places: dict[str, str]) -> Any:
    """Places filled in texts of any depth; a brace that names no place stays as it is."""
    if isinstance(pattern, str):
        return _PLACE.sub(lambda m: places[m.group(1)] if m.group(1) in PLACES else m.group(0), pattern)
    if isinstance(pattern, dict):
        return {name: _fill(value, places) for name, value in pattern.items()}
    if isinstance(pattern, list):
        return [_fill(value, places) for value in pattern]
    return pattern


def _written(number: str, form: str) -> str:
    if form == "digits":
        return number.lstrip("+")
    if form == "national":
        try:
            return national_digits(number)
        except InvalidPhoneNumber:
            return number
    return number
