"""The terms a centre has set: `deadlines.toml`, or a file of its own in that shape."""

from __future__ import annotations

import tomllib
from datetime import time
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from casebridge.cases.schemas import Kind, Level

Days = Annotated[int, Field(ge=1, le=400)]
"""Working days; none is too few: the office may have closed for the day."""


class Terms(BaseModel):
    """What the file says; each entry is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weekend: frozenset[Annotated[int, Field(ge=0, le=6)]] = Field(max_length=6)
    office_begins: time = time(9)
    afternoon_begins: time = time(13)
    office_ends: time
    remind_before_days: Days
    interim_share: float = Field(gt=0, lt=1)
    silence_days: Days
    keep_accepted_days: Days
    waiting_days: Days
    session_days: Days = 10
    final_terms: float = Field(default=2.0, ge=1, le=20)
    days: dict[Kind, dict[Level, Days]]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.office_begins >= self.office_ends:
            raise ValueError("the office ends before it begins")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        missing = [
            f"{kind}.{level}" for kind in Kind for level in Level if level not in self.days.get(kind, {})
        ]
        if missing:
            raise ValueError(f"no days for {', '.join(missing)}")
        return self


class _InForce:
    terms: Terms | None = None


def in_force() -> Terms:
    """The terms of this process: those of `use`, otherwise those that came with the product."""
    if _InForce.terms is None:
        use(None)
    return _InForce.terms or read(None)


def use(path: Path | None) -> None:
    """Puts a file's terms in force, or, with None, those that came with the product.

    Raises OSError, or ValueError naming what is wrong in it.
    """
    _InForce.terms = read(path)


def read(path: Path | None) -> Terms:
    """The terms of a file. Raises OSError, or ValueError naming what is wrong in it."""
    file: Path | Traversable = path or files("casebridge.deadlines") / "deadlines.toml"
    return Terms.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
