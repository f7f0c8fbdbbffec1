"""Tables of the country: places, agencies, units, subjects, duties, memberships, the edition."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from casebridge.country.units import MAX_CODE
from casebridge.tables import Table


class PlaceRow(Table):
    """A province (code of two digits) or a county (four, beginning with its province's)."""

    __tablename__ = "places"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    parent: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    name_fa: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    capital: Mapped[bool]
    """Whether a county holds its province's capital (3-5)."""
    special_governorate: Mapped[bool]
    active: Mapped[bool]


class AgencyRow(Table):
    """An agency (article 1). Its units follow from its reach by rule."""

    __tablename__ = "agencies"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name_fa: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    parent: Mapped[str | None] = mapped_column(ForeignKey("agencies.code"))
    reach: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]


class UnitRow(Table):
    """A unit that differs from what the rule gives: a name of its own, a night shift, closed."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(String(MAX_CODE), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(16))
    agency: Mapped[str | None] = mapped_column(ForeignKey("agencies.code"))
    province: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    county: Mapped[str | None] = mapped_column(ForeignKey("places.code"))
    parent: Mapped[str | None] = mapped_column(String(MAX_CODE))
    name_fa: Mapped[str | None] = mapped_column(String(200))
    name_en: Mapped[str | None] = mapped_column(String(200))
    night_shift: Mapped[bool]
    active: Mapped[bool]


class SubjectRow(Table):
    """A subject of the tree: what a case is about, and the level where such a matter is handled."""

    __tablename__ = "subjects"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("subjects.code"))
    name_fa: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(16))
    active: Mapped[bool]


class DutyRow(Table):
    """A subject, with all below it, that is among an agency's duties (4-8, 4-15)."""

    __tablename__ = "duties"

    agency: Mapped[str] = mapped_column(ForeignKey("agencies.code"), primary_key=True)
    subject: Mapped[str] = mapped_column(ForeignKey("subjects.code"), primary_key=True)
    leads: Mapped[bool]
    """Whether this is the competent agency, where several share the subject."""


class MembershipRow(Table):
    """A person who holds a unit: its head, the head's deputy, or staff (6-1)."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_unit_code", "unit_code"),)

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True)
    unit_code: Mapped[str] = mapped_column(String(MAX_CODE), primary_key=True)
    position: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]


class CountryEdition(Table):
    """One row: which edition of the country is in force. Every edit gives it a new, random name."""

    __tablename__ = "country_edition"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    edition: Mapped[str] = mapped_column(String(32))
