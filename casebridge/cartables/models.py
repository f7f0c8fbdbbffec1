"""Table of delegations: an official lets another act in the name of a unit for a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.country.units import MAX_CODE
from casebridge.tables import Key, Table


class Delegation(Table):
    """Somebody may act for a unit from a moment until another, within limits."""

    __tablename__ = "delegations"

    id: Mapped[Key]
    from_account: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    to_account: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    unit_code: Mapped[str] = mapped_column(String(MAX_CODE))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    actions: Mapped[list[Any]]
    """What they may do: `take refer ask answer service`."""
    kinds: Mapped[list[Any]]
    """Kinds of case it is limited to; empty: all."""
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
