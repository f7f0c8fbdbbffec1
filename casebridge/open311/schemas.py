"""What applications send, checked; every bound is the standard's or ours."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from casebridge.cases.schemas import IdentifierKind, Kind, Language, Province
from casebridge.wire import PlainText, Wire

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]{1,96}$")]
Short = Annotated[PlainText, Field(max_length=255)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")]
County = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
MediaUrl = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,480}$")]


class RequestForm(Wire):
    """A service request as sent. Names of persons, devices and accounts are not kept."""

    service_code: Code
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    long: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    address_string: Short | None = None
    address_id: Short | None = None
    phone: Phone | None = None
    email: Short | None = None
    account_id: Short | None = None
    description: Annotated[PlainText, Field(max_length=4000)] | None = None
    media_url: MediaUrl | None = None
    national_id: Annotated[str, StringConstraints(max_length=20)]
    identifier_kind: IdentifierKind = IdentifierKind.NATIONAL_ID
    kind: Kind = Kind.REQUEST
    province: Province | None = None
    county: County | None = None
    language: Language = Language.FA
    """In which the applicant is told of the case: that of the request."""


class KeyForm(Wire):
    """A new application."""

    name: Annotated[PlainText, Field(min_length=1, max_length=128)]


class NewKey(Wire):
    """A key; this is the only time it can be read."""

    id: str
    name: str
    api_key: str
