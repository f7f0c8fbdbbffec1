"""What travels about tracking codes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casebridge.wire import Name, Wire


class LeaseQuestion(Wire):
    """A node asks for codes it may tell later, without a network."""

    node: Name
    holder: Literal["ivr", "emergency"]
    count: int = Field(ge=1, le=10_000)


class Lease(Wire):
    """Codes nobody else was or will be given."""

    block_id: int
    codes: list[str]
