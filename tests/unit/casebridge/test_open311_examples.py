"""The standard's example responses as whole documents: GeoReport v2, "Example response" of each method."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from xml.etree.ElementTree import canonicalize

import pytest

from casebridge.cases.schemas import Kind, Level, Status
from casebridge.country.schemas import Subject
from casebridge.country.snapshot import Country
from casebridge.open311 import documents
from casebridge.open311.documents import Shown
from casebridge.open311.rendering import Document, to_json, to_xml

CANS: Final = (
    "Garbage or recycling cans that have been left out for more than 24 hours after collection. "
    "Violators will be cited."
)
NOTICE: Final = (
    "The City will inspect and require the responsible party to correct within 24 hours and/or issue a "
    "Correction Notice or Notice of Violation of the Public Works Code"
)
SERVICE: Final = {
    "service_code": "001", "service_name": "Cans left out 24x7", "description": CANS, "metadata": True,
    "type": "realtime", "keywords": "lorem, ipsum, dolor", "group": "sanitation",
}  # fmt: skip
ATTRIBUTE: Final = {
    "variable": True, "code": "WHISHETN", "datatype": "singlevaluelist", "required": True,
    "datatype_description": None, "order": 1, "description": "What is the ticket/tag/DL number?",
    "values": [{"key": 123, "name": "Ford"}, {"key": 124, "name": "Chrysler"}],
}  # fmt: skip
REQUEST: Final = {
    "service_request_id": "638344", "status": "closed", "status_notes": "Duplicate request.",
    "service_name": "Sidewalk and Curb Issues", "service_code": "006", "description": None,
    "agency_responsible": None, "service_notice": None, "requested_datetime": "2010-04-14T06:37:38-08:00",
    "updated_datetime": "2010-04-14T06:37:38-08:00", "expected_datetime": "2010-04-15T06:37:38-08:00",
    "address": "8TH AVE and JUDAH ST", "address_id": "545483", "zipcode": "94122", "lat": 37.762221815,
    "long": -122.4651145, "media_url": "http://city.gov.s3.amazonaws.com/requests/media/638344.jpg",
}  # fmt: skip
CREATED: Final = {"service_request_id": "293944", "service_notice": NOTICE, "account_id": None}
TOKEN: Final = {"service_request_id": "638344", "token": "12345"}
ERROR: Final = {
    "code": 403,
    "description": "Invalid api_key received -- can't proceed with create_request.",
}
EXAMPLES: Final = {
    "services": (
        Document("services", [SERVICE]),
        f"""<services><service>
          <service_code>001</service_code><service_name>Cans left out 24x7</service_name>
          <description>{CANS}</description><metadata>true</metadata><type>realtime</type>
          <keywords>lorem, ipsum, dolor</keywords><group>sanitation</group>
        </service></services>""",
    ),
    "definition": (
        Document("service_definition", {"service_code": "DMV66", "attributes": [ATTRIBUTE]}),
        """<service_definition><service_code>DMV66</service_code><attributes><attribute>
          <variable>true</variable><code>WHISHETN</code><datatype>singlevaluelist</datatype>
          <required>true</required><datatype_description></datatype_description><order>1</order>
          <description>What is the ticket/tag/DL number?</description>
          <values><value><key>123</key><name>Ford</name></value>
            <value><key>124</key><name>Chrysler</name></value></values>
        </attribute></attributes></service_definition>""",
    ),
    "requests": (
        Document("service_requests", [REQUEST]),
        """<service_requests><request>
          <service_request_id>638344</service_request_id><status>closed</status>
          <status_notes>Duplicate request.</status_notes>
          <service_name>Sidewalk and Curb Issues</service_name><service_code>006</service_code>
          <description></description><agency_responsible></agency_responsible>
          <service_notice></service_notice>
          <requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>
          <updated_datetime>2010-04-14T06:37:38-08:00</updated_datetime>
          <expected_datetime>2010-04-15T06:37:38-08:00</expected_datetime>
          <address>8TH AVE and JUDAH ST</address><address_id>545483</address_id><zipcode>94122</zipcode>
          <lat>37.762221815</lat><long>-122.4651145</long>
          <media_url>http://city.gov.s3.amazonaws.com/requests/media/638344.jpg</media_url>
        </request></service_requests>""",
    ),
    "created": (
        Document("service_requests", [CREATED]),
        f"""<service_requests><request><service_request_id>293944</service_request_id>
          <service_notice>{NOTICE}</service_notice><account_id/></request></service_requests>""",
    ),
    "token": (
        Document("service_requests", [TOKEN]),
        """<service_requests><request><service_request_id>638344</service_request_id>
          <token>12345</token></request></service_requests>""",
    ),
    "errors": (
        Document("errors", [ERROR]),
        f"""<errors><error><code>403</code><description>{ERROR["description"]}</description></error></errors>""",
    ),
}
"""Each as JSON and as XML. Codes and ids are texts: the standard's own JSON writes some as numbers, and loses
the zeros of `001`."""


@pytest.fixture
def city() -> Country:
    """The country of the examples."""
    named = {"sanitation": "sanitation", "001": "Cans left out 24x7", "006": "Sidewalk and Curb Issues"}
    made = [
        Subject.model_construct(
            code=code, parent="sanitation" if code == "001" else None, name_fa="F", name_en=name,
            level=Level.COUNTY, active=True,
        )
        for code, name in named.items()
    ]  # fmt: skip
    return Country("1", {}, {}, {subject.code: subject for subject in made}, ())


def moment(text: Any) -> datetime:
    """A moment of the examples."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_written_whole_as_the_standard_writes_it(name: str) -> None:
    document, expected = EXAMPLES[name]
    ours = canonicalize(to_xml(document).decode(), strip_text=True)
    assert ours == canonicalize(expected, strip_text=True)
    assert json.loads(to_json(document)) == document.content


def test_the_requests_of_the_example_are_told_whole(city: Country) -> None:
    """But for the zip code, which nobody asks for here, and the description, which never is empty."""
    facts = Shown(
        request_id="638344", status=Status.CLOSED, service_code="006", kind=Kind.COMPLAINT, county=None,
        description=None, answer="Duplicate request.", agency=None,
        requested_at=moment(REQUEST["requested_datetime"]), updated_at=moment(REQUEST["updated_datetime"]),
        expected_at=moment(REQUEST["expected_datetime"]),
        place={
            "address_string": REQUEST["address"], "address_id": REQUEST["address_id"],
            "media_url": REQUEST["media_url"],
        },
        lat=37.762221815, long=-122.4651145,
    )  # fmt: skip
    (told,) = json.loads(to_json(documents.requests([facts], city, "en")))
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert moment(told[name]) == moment(REQUEST[name])
        told[name] = REQUEST[name]
    ours = {"zipcode": None, "description": "Complaint / Sidewalk and Curb Issues"}
    assert told == REQUEST | ours
    assert list(told) == list(REQUEST)


def test_the_services_of_the_example_are_told_whole(city: Country) -> None:
    """Description and keywords are made of the subject tree and of both languages."""
    (told,) = (one for one in json.loads(to_json(documents.services(city, batch=False, language="en")))
               if one["service_code"] == "001")  # fmt: skip
    ours = {"description": "sanitation / Cans left out 24x7", "keywords": "F, Cans left out 24x7"}
    assert told == SERVICE | ours
    assert list(told) == list(SERVICE)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: documents.of_token("638344", "12345"), TOKEN),
        (lambda: documents.errors(403, str(ERROR["description"])), ERROR),
    ],
)
def test_tokens_and_errors_of_the_examples_are_told_whole(
    make: Callable[[], Document], expected: dict[str, Any]
) -> None:
    assert json.loads(to_json(make())) == [expected]


def test_a_new_request_is_answered_as_in_the_example_but_with_our_own_notice() -> None:
    (told,) = json.loads(to_json(documents.created("293944", "t", None, "en")))
    assert told | {"service_notice": NOTICE} == CREATED
    assert list(told) == list(CREATED)
    assert told["service_notice"]
