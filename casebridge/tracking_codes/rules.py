"""Whose numbers are whose. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A leased block: numbers `first` to `last`, and the node that may tell their codes."""

    first: int
    last: int
    node: str
