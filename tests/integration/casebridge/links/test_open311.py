"""Open311 over HTTP: keys, requests that become cases, tokens, errors in the standard's format."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from sqlalchemy import select

from casebridge.answers import service as answers
from casebridge.cases.models import Case
from casebridge.cases.numbers import open_numbers
from casebridge.links.models import LinkedCase
from casebridge.notifications.rules import Receiver, receivers_of
from casebridge.notifications.schemas import Medium
from casebridge.open311 import service as open311
from casebridge.open311.models import Open311Request
from casebridge.repeats import service as repeats
from line111.settings import LinksSettings
from persian.identifiers import sample_identifier

BASE = "/open311/v2"
IDENTIFIER = sample_identifier("national_id", 11)


async def key_for(api: Any, name: str = "portal") -> str:
    """A key of an application."""
    async with api.http("operator") as http:
        answer = await http.post("/open311-keys", json={"name": name})
    assert answer.status_code == 201
    return str(answer.json()["api_key"])


def of_xml(text: bytes) -> Element:
    """A document of the bridge under test."""
    return fromstring(text)  # noqa: S314 - made by ourselves


async def a_service(http: Any) -> str:
    """A service code of the country."""
    services = (await http.get(f"{BASE}/services.json")).json()
    return str(next(service["service_code"] for service in services if service["group"]))


def form(service_code: str, **changes: Any) -> dict[str, str]:
    """A request as an application sends it."""
    return {
        "service_code": service_code,
        "address_string": "Azadi square",
        "description": "No water since Monday",
        "phone": "09121234567",
        "first_name": "A",
        "attribute[national_id]": IDENTIFIER,
        "attribute[county]": "2301",
    } | changes


async def test_a_request_becomes_a_case_that_can_be_followed(api: Any) -> None:
    key = await key_for(api)
    async with api.http() as http:
        code = await a_service(http)
        made = await http.post(f"{BASE}/requests.json", data=form(code, api_key=key))
        assert made.status_code == 201, made.text
        ((request),) = made.json()
        number = request["service_request_id"]
        async with api.bridge.database.reading() as session:
            case = await session.scalar(select(Case).where(Case.tracking_code == number))
            row = await session.scalar(select(Open311Request))
        assert (case.channel, case.kind, case.subject, case.province) == ("web", "request", code, "23")
        assert case.owner_unit is not None
        assert IDENTIFIER.encode() not in bytes(row.form)
        assert "national_id" not in open311.open_form(api.bridge.keys, row)
        (shown,) = (await http.get(f"{BASE}/requests/{number}.json", params={"api_key": key})).json()
        assert (shown["status"], shown["address"], shown["service_code"]) == ("open", "Azadi square", code)
        async with api.bridge.database.writing() as session:
            await answers.answer(session, case.id, unit=None, actor="person:a", text="mended", language="fa")
            await answers.decide(session, case.id, accepted=True, by="phone")
        xml = await http.get(f"{BASE}/requests.xml", params={"api_key": key, "status": "closed"})
        assert xml.headers["content-type"] == "text/xml; charset=utf-8"
        root = of_xml(xml.content)
        assert root.findtext("request/status_notes") == "mended"
        assert root.findtext("request/service_request_id") == number
        question = {"tracking_code": number, "identifier_kind": "national_id", "identifier": IDENTIFIER}
    async with api.http("ivr") as line:
        followed = await line.post("/follow-ups", json=question)
    assert followed.status_code == 200, "the same case can be followed up by telephone"


async def test_an_applicant_with_an_address_alone_is_told_by_mail(seeded_api: Any) -> None:
    key = await key_for(seeded_api)
    async with seeded_api.http() as http:
        asked = form(await a_service(http), api_key=key, email="citizen@home.example")
        del asked["phone"]
        (made,) = (await http.post(f"{BASE}/requests.json", data=asked)).json()
    async with seeded_api.bridge.database.reading() as session:
        query = select(Case).where(Case.tracking_code == made["service_request_id"])
        reached = open_numbers(seeded_api.bridge.keys, (await session.scalars(query)).one())
    assert receivers_of(reached, list(Medium)) == [Receiver(Medium.EMAIL, "citizen@home.example")]


async def test_a_request_that_was_linked_as_a_repeat_stands_where_its_original_does(api: Any) -> None:
    key = await key_for(api)
    async with api.http() as http:
        code = await a_service(http)
        numbers = []
        for _ in range(2):
            made = await http.post(f"{BASE}/requests.json", data=form(code, api_key=key))
            numbers.append(made.json()[0]["service_request_id"])
        async with api.bridge.database.writing() as session:
            found = await session.scalars(select(Case).where(Case.tracking_code.in_(numbers)))
            cases = {case.tracking_code: case.id for case in found}
            original, repeat = (cases[number] for number in numbers)
            await repeats.link(session, repeat, original, "t")

        async def told(number: str) -> tuple[str, str | None]:
            page = await http.get(f"{BASE}/requests/{number}.json", params={"api_key": key})
            return page.json()[0]["status"], page.json()[0]["status_notes"]

        async def listed(status: str) -> list[str]:
            asked = {"api_key": key, "status": status}
            page = (await http.get(f"{BASE}/requests.json", params=asked)).json()
            return sorted(request["service_request_id"] for request in page)

        assert (await told(numbers[1]))[0] == "open", "its own state says that it is closed"
        assert (await listed("open"), await listed("closed")) == (sorted(numbers), [])
        async with api.bridge.database.writing() as session:
            await answers.answer(session, original, unit=None, actor="t", text="mended", language="fa")
            await answers.decide(session, original, accepted=True, by="phone")
        assert [await told(number) for number in numbers] == [("closed", "mended")] * 2
        assert (await listed("open"), await listed("closed")) == ([], sorted(numbers))


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"api_key": "wrong"}, 403, "api_key"),
        ({"service_code": "nothing"}, 404, "service_code"),
        ({"service_code": ""}, 400, "service_code"),
        ({"jurisdiction_id": "elsewhere.gov"}, 404, "jurisdiction_id"),
        ({"address_string": ""}, 400, "location"),
        ({"attribute[national_id]": ""}, 400, "5-3"),
        ({"attribute[national_id]": "1234567890"}, 400, "national_id"),
        ({"lat": "100", "long": "1"}, 400, "lat"),
        ({"phone": "call me"}, 400, "phone"),
    ],
)
async def test_errors_are_told_in_the_standards_format(
    seeded_api: Any, changes: dict[str, str], status: int, words: str
) -> None:
    api = seeded_api
    key = await key_for(api)
    async with api.http() as http:
        http.headers["Accept-Language"] = "en"
        sent = form(await a_service(http), api_key=key) | changes
        for suffix in ("json", "xml"):
            answer = await http.post(f"{BASE}/requests.{suffix}", data=sent)
            assert answer.status_code == status, answer.text
            if suffix == "json":
                (error,) = answer.json()
            else:
                error = {child.tag: child.text for child in of_xml(answer.content)[0]}
            assert str(error["code"]) == str(status)
            assert words in error["description"]


async def test_other_errors_too_and_nothing_is_read_without_a_key(seeded_api: Any) -> None:
    async with seeded_api.http() as http:
        assert (await http.get(f"{BASE}/requests.json")).status_code == 403
        assert (await http.get(f"{BASE}/requests/1234567890.xml")).status_code == 403
        assert (await http.get(f"{BASE}/services/nothing.json")).status_code == 404
        assert (await http.get(f"{BASE}/services.html")).status_code == 400
        assert (await http.get(f"{BASE}/tokens/nothing.json")).json()[0]["code"] == 404
        other = await http.get(f"{BASE}/services.json", params={"jurisdiction_id": "elsewhere.gov"})
        assert other.status_code == 404
        ours = await http.get(f"{BASE}/services.json", params={"jurisdiction_id": "line111"})
        assert ours.status_code == 200
        not_a_form = await http.post(f"{BASE}/requests.json", json={})
        assert (not_a_form.status_code, not_a_form.json()[0]["code"]) == (400, 400)
        discovery = (await http.get("/open311/discovery.json")).json()
        assert discovery["endpoints"][0]["url"].endswith("/api/v1/open311/v2")


async def test_an_application_sees_what_it_has_made_alone(seeded_api: Any) -> None:
    one, other = await key_for(seeded_api, "one"), await key_for(seeded_api, "other")
    async with seeded_api.http() as http:
        code = await a_service(http)
        numbers = []
        for number in range(3):
            sent = form(code, api_key=one) | {
                "attribute[national_id]": sample_identifier("national_id", number)
            }
            numbers.append(
                (await http.post(f"{BASE}/requests.json", data=sent)).json()[0]["service_request_id"]
            )

        async def listed(**query: Any) -> list[str]:
            found = (await http.get(f"{BASE}/requests.json", params={"api_key": one} | query)).json()
            return [request["service_request_id"] for request in found]

        assert await listed() == numbers[::-1]
        assert await listed(page_size=2) == numbers[:0:-1]
        assert await listed(page_size=2, page=2) == numbers[:1]
        assert await listed(service_request_id=f"{numbers[0]},{numbers[2]}") == [numbers[2], numbers[0]]
        assert await listed(status="closed") == []
        assert await listed(service_code="nothing") == []
        assert await listed(start_date="2020-01-01T00:00:00Z", end_date="2020-02-01T00:00:00Z") == []
        too_long = {"api_key": one, "start_date": "2020-01-01T00:00:00Z", "end_date": "2021-01-01T00:00:00Z"}
        assert (await http.get(f"{BASE}/requests.json", params=too_long)).status_code == 400
        assert await listed(api_key=other) == []
        assert (
            await http.get(f"{BASE}/requests/{numbers[0]}.json", params={"api_key": other})
        ).status_code == 404


async def test_where_all_may_read_nobody_reads_what_anybody_wrote(on_sqlite: Any, run_bridge: Any) -> None:
    settings = on_sqlite()
    settings.links = LinksSettings(open311_public=True)
    async with run_bridge(settings) as api, api.http() as http:
        key = await key_for(api)
        code = await a_service(http)
        sent = form(code, api_key=key, lat="35.69975", long="51.33797", media_url="https://a.example/me.jpg")
        ((made),) = (await http.post(f"{BASE}/requests.json", data=sent)).json()
        number = made["service_request_id"]
        async with api.bridge.database.writing() as session:
            case = await session.scalar(select(Case).where(Case.tracking_code == number))
            await answers.answer(session, case.id, unit=None, actor="p:a", text="Mended for A", language="en")
        for suffix in ("json", "xml"):
            told = (await http.get(f"{BASE}/requests.{suffix}", params={"locale": "en"})).text
            for hidden in ("water since", "Azadi", "Mended for", "me.jpg", "9121234567", IDENTIFIER, number):
                assert hidden not in told, hidden
        (shown,) = (await http.get(f"{BASE}/requests.json", params={"locale": "en"})).json()
        assert shown["description"].startswith("Request / ")
        assert shown["description"].endswith(" / Tehran")
        assert (shown["status_notes"], shown["lat"], shown["long"]) == ("Answered", 35.7, 51.34)
        one = f"{BASE}/requests/{shown['service_request_id']}.json"
        assert (await http.get(one, params={"locale": "en"})).json() == [shown]
        assert (await http.get(f"{BASE}/requests/{number}.json")).status_code == 404, (
            "codes are not tried out"
        )
        own = (await http.get(f"{BASE}/requests/{number}.json", params={"api_key": key})).json()
        assert own[0]["description"].startswith("No water")
        assert (own[0]["status_notes"], own[0]["address"]) == ("Mended for A", "Azadi square")
        assert (await http.get(f"{BASE}/requests.json", params={"api_key": "wrong"})).status_code == 403


async def test_answers_and_messages_are_in_the_language_that_is_asked_for(seeded_api: Any) -> None:
    api = seeded_api
    key = await key_for(api)
    async with api.http() as http:
        code = await a_service(http)

        async def made_in(number: int, header: str, **asked: str) -> tuple[Any, Any]:
            national = {"attribute[national_id]": sample_identifier("national_id", 300 + number)}
            answer = await http.post(
                f"{BASE}/requests.json",
                data=form(code, api_key=key) | national,
                params=asked,
                headers={"Accept-Language": header},
            )
            (made,) = answer.json()
            async with api.bridge.database.reading() as session:
                query = select(Case.language).where(Case.tracking_code == made["service_request_id"])
                return answer, await session.scalar(query)

        for number, (header, asked, language) in enumerate(
            [
                ("", {}, "fa"),
                ("en-GB,en", {}, "en"),
                ("fa", {"locale": "en_US"}, "en"),
                ("en", {"locale": "fa"}, "fa"),
            ]
        ):
            answer, told = await made_in(number, header, **asked)
            assert (answer.headers["Content-Language"], told) == (language, language)
            assert ("Your case is registered" in answer.text) == (language == "en")
        wrong = await http.get(f"{BASE}/services/nothing.json", params={"locale": "en"})
        assert wrong.json()[0]["description"] == "The service_code was not found."
        assert wrong.headers["Content-Language"] == "en"


async def test_a_batch_gives_a_token_that_leads_to_the_case(
    on_sqlite: Any, run_bridge: Any, eventually: Any
) -> None:
    settings = on_sqlite()
    settings.links = LinksSettings(open311_batch=True)
    async with run_bridge(settings) as api, api.http() as http:
        key = await key_for(api)
        code = await a_service(http)
        (made,) = (await http.post(f"{BASE}/requests.json", data=form(code, api_key=key))).json()
        assert "service_request_id" not in made

        async def number() -> Any:
            return (await http.get(f"{BASE}/tokens/{made['token']}.json")).json()[0]["service_request_id"]

        found = await eventually(number, "the case")
        (shown,) = (await http.get(f"{BASE}/requests/{found}.json", params={"api_key": key})).json()
        assert shown["description"].startswith("No water")
        async with api.bridge.database.reading() as session:
            assert await session.scalar(select(LinkedCase)) is None


async def test_a_name_no_database_takes_is_nobodys_name(api: Any) -> None:
    key = await key_for(api)
    async with api.http() as http:
        for path in ("tokens/%00.json", "requests/%00.json"):
            assert (await http.get(f"{BASE}/{path}", params={"api_key": key})).status_code in {400, 404}, path
        listed = await http.get(f"{BASE}/requests.json", params={"api_key": key, "service_code": "a\0b"})
        assert listed.status_code == 200
