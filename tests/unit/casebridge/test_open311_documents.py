"""The standard's documents, held against its own examples: structure, names, formats."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebridge.cases.schemas import Kind, Level, Status
from casebridge.country.schemas import Place, PlaceKind, Subject
from casebridge.country.snapshot import Country
from casebridge.open311 import documents
from casebridge.open311.documents import Shown
from casebridge.open311.rendering import Document, to_json, to_xml
from casebridge.open311.rules import BadRequest, listed, read_form, read_range, status_word, w3, wanted_states

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
FORM = [
    ("service_code", "water"),
    ("address_string", "1234 5th street"),
    ("attribute[national_id]", "0012345679"),
]

# Names as the standard's examples have them (GeoReport v2, "Example response" of each method).
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
ATTRIBUTE = {"variable", "code", "datatype", "required", "datatype_description", "order", "description"}
REQUEST = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}


@pytest.fixture
def country() -> Country:
    subjects = [
        Subject(code="utilities", name_fa="U", name_en="Utilities", level=Level.COUNTY),
        Subject(code="water", parent="utilities", name_fa="W", name_en="Water", level=Level.COUNTY),
        Subject(code="old", name_fa="O", name_en="Old", level=Level.COUNTY, active=False),
    ]
    tehran = Place(code="23", kind=PlaceKind.PROVINCE, name_fa="T", name_en="Tehran")
    return Country("1", {"23": tehran}, {}, {subject.code: subject for subject in subjects}, ())


def shown(**changes: Any) -> Shown:
    facts: dict[str, Any] = {
        "request_id": "1234567890",
        "status": Status.REGISTERED,
        "service_code": "water",
        "kind": Kind.COMPLAINT,
        "county": "23",
        "description": "No water <here> & there",
        "answer": None,
        "agency": None,
        "requested_at": NOW,
        "updated_at": NOW + timedelta(hours=1),
        "expected_at": None,
        "place": {"address_string": "8TH AVE and JUDAH ST"},
        "lat": 37.762221815,
        "long": -122.4651145,
    }
    return Shown(**(facts | changes))


def of_xml(text: bytes) -> Element:
    """A document of our own."""
    return fromstring(text)  # noqa: S314 - made by ourselves


def spark(element: Element) -> Any:
    """JSON of XML by the Spark convention, written from its description: lists by repeated children."""
    children = list(element)
    if not children:
        return element.text
    if len({child.tag for child in children}) == 1 and children[0].tag + "s" in {
        element.tag, element.tag.replace("service_requests", "requests"),
    }:  # fmt: skip
        return [spark(child) for child in children]
    return {child.tag: spark(child) for child in children}


def words(value: Any) -> Any:
    """JSON values as XML shows them."""
    if isinstance(value, dict):
        return {name: words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [words(inner) for inner in value]
    return None if value is None else json.dumps(value) if isinstance(value, bool) else str(value)


def both(document: Document) -> Any:
    """The JSON, after the XML has been found to say the same."""
    xml, content = to_xml(document), json.loads(to_json(document))
    assert xml.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    root = of_xml(xml)
    assert root.tag == document.name
    assert spark(root) == words(content)
    return content


def test_the_service_list_has_the_names_of_the_standard(country: Country) -> None:
    services = both(documents.services(country, batch=False, language="en"))
    assert [service["service_code"] for service in services] == ["utilities", "water"]
    for service in services:
        assert set(service) == SERVICE
        assert service["metadata"] is True
        assert service["type"] == "realtime"
    assert services[1]["group"] == "Utilities"
    assert {s["type"] for s in both(documents.services(country, batch=True, language="fa"))} == {"batch"}


def test_a_definition_asks_for_the_national_id(country: Country) -> None:
    definition = both(documents.definition(country, "water", "fa"))
    assert list(definition) == ["service_code", "attributes"]
    for attribute in definition["attributes"]:
        assert set(attribute) - {"values"} == ATTRIBUTE
        assert attribute["datatype"] in DATATYPES
        assert all(set(value) == {"key", "name"} for value in attribute.get("values", []))
    orders = [attribute["order"] for attribute in definition["attributes"]]
    assert orders == list(range(1, len(orders) + 1))
    assert [a["code"] for a in definition["attributes"] if a["required"]] == ["national_id"]


@pytest.mark.parametrize("code", ["nothing", "old"])
def test_an_unknown_service_is_not_found(country: Country, code: str) -> None:
    with pytest.raises(BadRequest) as raised:
        documents.definition(country, code, "en")
    assert raised.value.status == 404


def test_a_request_has_the_names_and_formats_of_the_standard(country: Country) -> None:
    (request,) = both(documents.requests([shown()], country, "en"))
    assert set(request) == REQUEST
    assert request["requested_datetime"] == "2026-11-24T07:00:00Z"
    assert request["updated_datetime"] == "2026-11-24T08:00:00Z"
    assert request["status"] == "open"
    assert request["service_request_id"] == "1234567890"
    assert isinstance(request["lat"], float)


def test_a_request_without_words_of_its_own_is_told_by_kind_service_and_place(country: Country) -> None:
    (request,) = both(documents.requests([shown(description=None)], country, "en"))
    assert request["description"] == "Complaint / Water / Tehran"


def test_several_requests_and_none_are_a_list(country: Country) -> None:
    assert len(json.loads(to_json(documents.requests([shown(), shown()], country, "fa")))) == 2
    assert json.loads(to_json(documents.requests([], country, "fa"))) == []
    assert of_xml(to_xml(documents.requests([], country, "fa"))).tag == "service_requests"


def test_a_new_request_gets_its_id_or_a_token_and_never_both() -> None:
    (made,) = both(documents.created("1234567890", "t", None, "en"))
    assert set(made) == {"service_request_id", "service_notice", "account_id"}
    (waiting,) = both(documents.created(None, "t", None, "en"))
    assert set(waiting) == {"token", "service_notice", "account_id"}
    assert both(documents.of_token("1234567890", "t")) == [{"service_request_id": "1234567890", "token": "t"}]


def test_an_error_is_a_list_of_code_and_description() -> None:
    assert both(documents.errors(403, "Invalid")) == [{"code": 403, "description": "Invalid"}]


def test_discovery_names_the_endpoint_and_its_formats() -> None:
    content = json.loads(to_json(documents.discovery("https://a.example/v2", "1", "en")))
    assert set(content) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = content["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    root = of_xml(to_xml(documents.discovery("https://a.example/v2", "1", "en")))
    assert [format.text for format in root.iter("format")] == ["text/xml", "application/json"]


@given(st.text())
def test_whatever_citizens_write_is_well_formed_in_both_formats(text: str) -> None:
    text = "".join(c for c in text if not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    document = Document("service_requests", [{"description": text}])
    assert json.loads(to_json(document)) == [{"description": text}]
    of_xml(to_xml(document))


def test_the_example_request_of_the_standard_is_read() -> None:
    pairs = [
        ("api_key", "xyz"), ("jurisdiction_id", "city.gov"), ("service_code", "001"), ("lat", "37.76524078"),
        ("long", "-122.4212043"), ("address_string", "1234 5th street"), ("email", "smit333@sfgov.edu"),
        ("device_id", "tt222111"), ("account_id", "123456"), ("first_name", "john"), ("last_name", "smith"),
        ("phone", "111111111"), ("description", "A large sinkhole is destroying the street"),
        ("media_url", "http://farm3.static.flickr.com/2002/2212426634_5ed477a060.jpg"),
        ("attribute[WHISPAWN]", "123456"), ("attribute[WHISDORN]", "COISL001"),
    ]  # fmt: skip
    with pytest.raises(BadRequest, match="identifier_missing"):
        read_form(pairs)
    form = read_form([*pairs, ("attribute[national_id]", "۰۰۱۲۳۴۵۶۷۹")])
    assert form["national_id"] == "0012345679"
    assert form["lat"] == "37.76524078"
    assert not {"first_name", "last_name", "device_id", "api_key", "WHISPAWN"} & form.keys()


@pytest.mark.parametrize(
    ("left_out", "code"),
    [("service_code", "service_code_missing"), ("address_string", "location_missing"),
     ("attribute[national_id]", "identifier_missing")],
)  # fmt: skip
def test_what_is_required_and_missing_is_named(left_out: str, code: str) -> None:
    with pytest.raises(BadRequest, match=code):
        read_form([(name, value) for name, value in FORM if name != left_out])


def test_an_empty_argument_counts_as_not_sent_and_half_a_place_is_none() -> None:
    assert "description" not in read_form([*FORM, ("description", "  ")])
    with pytest.raises(BadRequest, match="location_missing"):
        read_form([*(pair for pair in FORM if pair[0] != "address_string"), ("lat", "1")])


def test_a_list_spans_ninety_days_at_most() -> None:
    day = timedelta(days=1)
    assert read_range(None, None, NOW).start == NOW - 90 * day
    assert read_range(NOW - 400 * day, None, NOW).end == NOW - 310 * day
    assert read_range(None, NOW - day, NOW).start == NOW - 91 * day
    with pytest.raises(BadRequest, match="range_too_long"):
        read_range(NOW - 91 * day, NOW, NOW)


def test_open_and_closed_share_all_states_between_them() -> None:
    assert wanted_states("open") | wanted_states("closed") == frozenset(Status)
    assert not wanted_states("open") & wanted_states("closed")
    assert wanted_states(None) == wanted_states("open, closed") == frozenset(Status)
    assert all(status_word(status) == "closed" for status in wanted_states("closed"))
    with pytest.raises(BadRequest):
        wanted_states("done")


def test_comma_delimited_arguments_and_moments() -> None:
    assert listed("a, b,,c ") == ["a", "b", "c"]
    assert w3(NOW.astimezone(UTC)) == "2026-11-24T07:00:00Z"
