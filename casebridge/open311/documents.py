"""The standard's documents from what we have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casebridge.cases.schemas import IdentifierKind, Kind, Status
from casebridge.country.snapshot import Country
from casebridge.open311.rendering import JSON, XML, Document
from casebridge.open311.rules import BadRequest, status_word, w3
from casebridge.open311.wording import attribute_words, word

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as applications see it."""

    request_id: str | None
    status: Status
    service_code: str
    kind: Kind
    county: str | None
    """Or the province, where no county is known."""
    description: str | None
    """None: told by kind, service and county alone."""
    answer: str | None
    agency: str | None
    requested_at: datetime
    updated_at: datetime
    expected_at: datetime | None
    place: Mapping[str, Any]
    """`address`, `address_id`, `media_url` as sent."""
    lat: float | None
    long: float | None


def services(country: Country, *, batch: bool, language: str) -> Document:
    """The list of services: every subject in force."""
    active = [subject for subject in country.subjects.values() if subject.active]
    return Document(
        "services",
        [
            {
                "service_code": subject.code,
                "service_name": subject.name_fa if language == "fa" else subject.name_en,
                "description": " / ".join(
                    country.name(code, language) for code in reversed(country.line_of(subject.code))
                ),
                "metadata": True,
                "type": "batch" if batch else "realtime",
                "keywords": ", ".join((subject.name_fa, subject.name_en)),
                "group": country.name(subject.parent, language) if subject.parent else None,
            }
            for subject in sorted(active, key=lambda subject: subject.code)
        ],
    )


def definition(country: Country, code: str, language: str) -> Document:
    """What must be said for a service. Raises BadRequest 404 where there is no such service."""
    subject = country.subject(code)
    if subject is None or not subject.active:
        raise BadRequest("service_code_not_found", 404)
    kinds = [kind.value for kind in Kind if kind is not Kind.UNCLASSIFIED]
    provinces = [(place.code, country.name(place.code, language)) for place in country.provinces()]
    attributes = [
        _attribute("national_id", "string", language, required=True),
        _attribute("identifier_kind", "singlevaluelist", language, _named(IdentifierKind, language)),
        _attribute("kind", "singlevaluelist", language, [(kind, _kind(kind, language)) for kind in kinds]),
        _attribute("province", "singlevaluelist", language, provinces),
        _attribute("county", "string", language),
    ]
    return Document(
        "service_definition",
        {
            "service_code": code,
            "attributes": [attribute | {"order": n} for n, attribute in enumerate(attributes, 1)],
        },
    )


def created(request_id: str | None, token: str, account: str | None, language: str) -> Document:
    """The answer to a new request: its id, or a token to ask for it by; never both."""
    if request_id is None:
        notice = word("service", "waiting_notice", language)
        return Document(
            "service_requests", [{"token": token, "service_notice": notice, "account_id": account}]
        )
    notice = word("service", "type_notice", language)
    known = {"service_request_id": request_id, "service_notice": notice, "account_id": account}
    return Document("service_requests", [known])


def of_token(request_id: str | None, token: str) -> Document:
    """The id behind a token; null while the request waits for its batch."""
    return Document("service_requests", [{"service_request_id": request_id, "token": token}])


def requests(shown: Iterable[Shown], country: Country, language: str) -> Document:
    """Requests with all the standard's fields; what we do not know is null."""
    return Document("service_requests", [_request(one, country, language) for one in shown])


def errors(status: int, description: str) -> Document:
    """An error, or several, as the standard wants it."""
    return Document("errors", [{"code": status, "description": description}])


def discovery(url: str, changeset: str, language: str) -> Document:
    """Where the endpoints are (Service Discovery)."""
    return Document(
        "discovery",
        {
            "changeset": changeset,
            "contact": word("service", "contact", language),
            "key_service": word("service", "key_service", language),
            "endpoints": [
                {
                    "specification": SPECIFICATION,
                    "url": url,
                    "changeset": changeset,
                    "type": "production",
                    "formats": [XML.partition(";")[0], JSON.partition(";")[0]],
                }
            ],
        },
    )


def _request(one: Shown, country: Country, language: str) -> dict[str, Any]:
    return {
        "service_request_id": one.request_id,
        "status": status_word(one.status),
        "status_notes": one.answer or word("status", one.status.value, language),
        "service_name": country.name(one.service_code, language),
        "service_code": one.service_code,
        "description": one.description[:4000] if one.description else _in_general(one, country, language),
        "agency_responsible": country.name(one.agency, language) if one.agency else None,
        "service_notice": None,
        "requested_datetime": w3(one.requested_at),
        "updated_datetime": w3(one.updated_at),
        "expected_datetime": w3(one.expected_at) if one.expected_at else None,
        "address": one.place.get("address_string"),
        "address_id": one.place.get("address_id"),
        "zipcode": None,
        "lat": one.lat,
        "long": one.long,
        "media_url": one.place.get("media_url"),
    }


def _in_general(one: Shown, country: Country, language: str) -> str:
    """What a request is about, in no words of its own."""
    codes = filter(None, (one.service_code, one.county))
    return " / ".join((_kind(one.kind.value, language), *(country.name(code, language) for code in codes)))


def _attribute(
    code: str,
    datatype: str,
    language: str,
    values: Sequence[tuple[str, str]] = (),
    *,
    required: bool = False,
) -> dict[str, Any]:
    description, hint = attribute_words(code, language)
    attribute: dict[str, Any] = {
        "variable": True,
        "code": code,
        "datatype": datatype,
        "required": required,
        "datatype_description": hint,
        "order": 0,
        "description": description,
    }
    if datatype == "singlevaluelist":
        attribute["values"] = [{"key": key, "name": name} for key, name in values]
    return attribute


def _named(kinds: Iterable[IdentifierKind], language: str) -> list[tuple[str, str]]:
    return [(kind.value, word("value.identifier_kind", kind.value, language)) for kind in kinds]


def _kind(kind: str, language: str) -> str:
    return word("value.kind", kind, language)
