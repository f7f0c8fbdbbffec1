"""The file that names the providers: read once at start, wrong entries refused by name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from casebridge.notifications.schemas import Medium

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
PLACES = frozenset({"to", "text", "sender", "id", "secret", "language"})
_BEGINS = re.compile(r"^\s*\[\[\s*provider\s*\]\]", re.MULTILINE)


class ProviderFileWrong(Exception):
    """The file of providers can't be used; says what is wrong in it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sign(_Part):
    """What an answer shows: its HTTP status, a field of it, or both.

    `field` is a path with dots into JSON (`result.code`, `messages.0.status`), or `body` for the text.
    """

    status: list[int] = []
    field: str | None = None
    values: list[str | int | bool] = []
    pattern: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Sign:
        if not self.status and self.field is None:
            raise ValueError("name a status or a field")
        if self.pattern:
            re.compile(self.pattern)
        return self


class Request(_Part):
    """The request of a gateway; `{to}`, `{text}`, `{sender}`, `{id}`, `{secret}` are filled in."""

    method: Literal["POST", "GET", "PUT"] = "POST"
    url: str
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    form: dict[str, str] | None = None
    json_body: Any = Field(default=None, alias="json")
    number: Literal["e164", "digits", "national"] = "e164"
    """+989121234567, 989121234567 or 09121234567."""


class Reply(_Part):
    """What a gateway's answer means; where no sign fits, the message has failed for now."""

    sent: list[Sign]
    refused: list[Sign] = []
    reference: str | None = None
    """Where the gateway's name for the message stands, for receipts."""


class Mapping(_Part):
    """Names of the fields in what a gateway sends here."""

    reference: str = "id"
    state: str = "status"
    delivered: list[str] = ["delivered", "DELIVRD"]
    failed: list[str] = ["failed", "undelivered", "UNDELIV", "EXPIRED", "REJECTD", "DELETED"]
    sender: str = "from"
    text: str = "text"


class _Common(_Part):
    name: Name
    per_second: float = Field(default=10.0, gt=0, le=10_000)
    timeout_seconds: float = Field(default=15.0, gt=0, le=60)
    sender: str = ""
    """What receivers see as the sender: a short number, a name, an address."""
    secret: str | None = None
    """Name of a file in the secrets folder."""


class OutboxEntry(_Common):
    """The embedded outbox."""

    kind: Literal["outbox"]
    medium: Medium = Medium.SMS


class HttpEntry(_Common):
    """An SMS gateway over HTTP."""

    kind: Literal["http"]
    request: Request
    reply: Reply
    incoming: Mapping = Mapping()

    @property
    def token(self) -> str:
        """Name of the secret by which this gateway, and no other, is known when it sends something here."""
        return f"token_provider_{self.name}"


class SmppEntry(_Common):
    """An SMS centre over SMPP 3.4."""

    kind: Literal["smpp"]
    host: str
    port: int = Field(default=2775, ge=1, le=65535)
    tls: bool = False
    system_id: str = Field(max_length=15)
    system_type: str = Field(default="", max_length=12)
    sender_ton: int = Field(default=5, ge=0, le=6)
    sender_npi: int = Field(default=0, ge=0, le=18)
    window: int = Field(default=10, ge=1, le=500)
    enquire_seconds: float = Field(default=30.0, gt=0, le=600)
    receipt_ids: Literal["same", "hex_to_decimal"] = "same"
    """Some centres name a message in hex when they take it, in decimal in its receipt."""


class SmtpEntry(_Common):
    """A mail server."""

    kind: Literal["smtp"]
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["none", "starttls", "tls"] = "starttls"
    user: str | None = None


Entry = Annotated[OutboxEntry | HttpEntry | SmppEntry | SmtpEntry, Field(discriminator="kind")]


class ProviderFile(_Part):
    """All providers, best first."""

    provider: list[Entry] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> ProviderFile:
        names = [entry.name for entry in self.provider]
        if len(set(names)) != len(names):
            raise ValueError("two providers have the same name")
        return self


def read_providers(file: Path | None) -> list[Entry]:
    """The providers of a file in their order; without a file the embedded outbox for both media.

    Raises ProviderFileWrong.
    """
    if file is None:
        return [
            OutboxEntry(name="outbox", kind="outbox"),
            OutboxEntry(name="outbox-email", kind="outbox", medium=Medium.EMAIL),
        ]
    text = ""
    try:
        text = file.read_text(encoding="utf-8")
        return ProviderFile.model_validate(tomllib.loads(text)).provider
    except ValidationError as error:
        wrong = "; ".join(f"{_place(one['loc'], text)}{one['msg']}" for one in error.errors())
        raise ProviderFileWrong(f"{file}: {wrong}") from error
    except (OSError, ValueError) as error:
        raise ProviderFileWrong(f"{file}: {error}") from error


def _place(loc: tuple[int | str, ...], text: str) -> str:
    """Where in the file something is wrong: which provider, the line it begins at, the field."""
    if len(loc) < 2:  # the whole file
        return f"{loc[0]}: " if loc else ""
    number, field = int(loc[1]), ".".join(str(part) for part in loc[3:])
    begins = [text.count("\n", 0, found.end()) + 1 for found in _BEGINS.finditer(text)]
    line = f" (line {begins[number]})" if number < len(begins) else ""
    return f"provider {number + 1}{line}{f', {field}' if field else ''}: "
