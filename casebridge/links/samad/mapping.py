"""The mapping file of an outside SAMAD: its addresses, fields, codes and statuses, as data. Pure.

`docs/connecting.md` explains it; `casebridge/links/samad/example.toml` is a whole one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SOURCES: Final = frozenset(
    {
        "key", "action", "at", "note", "case_id", "reference", "tracking_code", "kind", "status", "channel",
        "level", "province", "county", "agency", "subject", "owner_unit", "complained_unit", "language",
        "opened_at", "due_at", "text", "identifier_kind", "identifier", "contact_number", "answer_id",
        "answer_kind", "answer_text", "answer_language", "answer_at",
    }
)  # fmt: skip
"""What a field of theirs may be filled from."""
INCOMING: Final = frozenset(
    {"id", "reference", "status", "note", "answer_text", "answer_language", "answer_kind"}
)
"""What may be read from a change of theirs."""
Code = str | int | bool


class MappingError(Exception):
    """The mapping file does not say what it must; the text names the place."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Operation(_Part):
    """One request of theirs."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: Annotated[str, Field(pattern=r"^/")]
    """Below `url`; `{reference}` and other sources may stand in it."""
    fields: dict[str, str] = {}
    """Their field (dots lead into objects) = our source, or `=text` for a constant."""
    good: list[int] = []
    """Statuses that mean success; empty: every 2xx."""
    known: list[int] = []
    """Statuses that mean "we have that already", which is success too."""
    reference: str | None = None
    """Where the reply names the case."""


class Changes(_Part):
    """How their changes are read, by asking or by being told."""

    path: str | None = None
    """Asked for news (GET); `{place}` is where the last answer ended. None: they tell us themselves."""
    items: str = ""
    """Where the list stands in the reply; empty: the reply is the list."""
    next: str | None = None
    """Where the reply says how to go on; None: the last change's id."""
    fields: dict[str, str]
    """Our field (`id`, `reference`, `status`, `answer_text` …) = where it stands in a change."""


class SamadMapping(_Part):
    """A whole mapping file."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]
    secret: str | None = None
    """Name of the secret file that `{secret}` in the headers stands for; it also opens the way back in."""
    headers: dict[str, str] = {}
    key_header: str = "Idempotency-Key"
    create: Operation
    update: Operation | None = None
    """How a further step is told; None: only new cases are."""
    actions: list[str] = []
    """Actions that are told as updates; empty: all."""
    changes: Changes | None = None
    codes: dict[str, dict[str, Code]] = {}
    """`codes.kind.complaint = 1`: their code for a value of ours."""
    incoming_status: dict[str, str] = {}
    """Their status = our status; what is left out is found in `codes.status`."""

    @model_validator(mode="after")
    def _fits(self) -> SamadMapping:
        for operation in filter(None, (self.create, self.update)):
            for place, source in operation.fields.items():
                if not source.startswith("=") and source not in SOURCES:
                    raise ValueError(f"{place} = {source!r}: there is no such source")
        if self.create.reference is None:
            raise ValueError("create.reference: where does the reply name the case?")
        if self.changes:
            if unknown := self.changes.fields.keys() - INCOMING:
                raise ValueError(f"changes.fields: {', '.join(sorted(unknown))} is unknown")
            if not {"id", "reference"} <= self.changes.fields.keys():
                raise ValueError("changes.fields needs id and reference")
        return self


def load_mapping(path: Path) -> SamadMapping:
    """Reads a mapping file. Raises MappingError naming what is wrong."""
    try:
        return SamadMapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MappingError(f"{path}: {place}: {first['msg']}") from None


def body_of(mapping: SamadMapping, operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """The document to send: their names, their codes. A source without a value is left out."""
    document: dict[str, Any] = {}
    for place, source in operation.fields.items():
        if source.startswith("="):
            value: Any = source[1:]
        else:
            value = values.get(source)
            value = mapping.codes.get(source, {}).get(str(value), value)
        if value is not None:
            _put(document, place.split("."), value)
    return document


def path_of(operation_path: str, values: Mapping[str, Any]) -> str:
    """A path with its placeholders filled in, each quoted."""
    quoted = {name: quote(str(value), safe="") for name, value in values.items() if value is not None}
    try:
        return operation_path.format_map(quoted)
    except (KeyError, ValueError, IndexError):
        raise MappingError(f"{operation_path}: a placeholder has no value") from None


def read_path(document: Any, path: str) -> Any:
    """What stands at `a.b.0.c` in a reply; None where nothing does. The empty path is the document."""
    for part in path.split(".") if path else ():
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def read_change(mapping: SamadMapping, item: Any) -> dict[str, str]:
    """A change of theirs in our words; what it does not say is left out."""
    if mapping.changes is None:
        raise MappingError("changes: the mapping has no such part")
    found: dict[str, str] = {}
    for name, path in mapping.changes.fields.items():
        value = read_path(item, path)
        if isinstance(value, str | int) and str(value).strip():
            found[name] = str(value)
    if "status" in found:
        found["status"] = status_in(mapping, found["status"])
    return found


def status_in(mapping: SamadMapping, code: str) -> str:
    """Our status for their code; a code nobody has mapped comes back as it is."""
    if code in mapping.incoming_status:
        return mapping.incoming_status[code]
    back = {str(theirs): ours for ours, theirs in mapping.codes.get("status", {}).items()}
    return back.get(code, code)


def _put(document: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        document = document.setdefault(part, {})
    document[parts[-1]] = value
