"""What a menu file may say of a step: base of all steps' settings, and the types they share."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_NODE: Final = "names a node"

NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$"), _NODE]
"""A node the call can go to."""
PromptId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[A-Za-z0-9_]+$", max_length=100)]
"""A prompt: "group/name"."""
Prompts = Annotated[tuple[PromptId, ...], Field(min_length=1, max_length=20)]
Key = Annotated[str, StringConstraints(pattern=r"^[1-9]$")]
"""A key that chooses; `0` and `*` have a meaning everywhere, `#` ends an entry."""
Tries = Annotated[int, Field(ge=1, le=9)]
Kind = Literal[
    "complaint", "request", "report", "guidance", "sentiment", "idea", "criticism", "appreciation"
]  # fmt: skip
"""Kinds of case a caller can choose (article 1)."""


class Parameters(BaseModel):
    """Settings of a node. Fields of type `NodeName` are its ways on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def targets(self) -> list[tuple[str, str]]:
        """Where the call can go from here: (setting, node) pairs."""
        names = [name for name, field in type(self).model_fields.items() if _NODE in field.metadata]
        return [(name, getattr(self, name)) for name in names]
