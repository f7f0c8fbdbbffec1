"""Every change the bridge's API can make, each made once by somebody who may: a story of one day."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, update

from casebridge.links.models import Delivery
from casebridge.notifications.models import Notification
from casebridge.notifications.service import notify_unit
from casebridge.referrals import service as referrals
from line111.clock import now, to_text
from persian.identifiers import sample_identifier
from tests.integration.casebridge.conftest import PASSWORD
from tests.integration.casebridge.test_within_sight import DESK, GOVERNOR, official

APPLICANT = sample_identifier("national_id", 71)
AT_THE_DESK = sample_identifier("national_id", 73)
BY_AN_APPLICATION = sample_identifier("national_id", 72)
Asked = tuple[str, Coroutine[Any, Any, httpx.Response]]
"""A route as the specification names it, and the request that has not been sent yet."""
Story = AsyncGenerator[Asked, httpx.Response]


@dataclass
class People:
    """Who takes part, each signed in."""

    node: httpx.AsyncClient
    routing: httpx.AsyncClient
    reader: httpx.AsyncClient
    gateway: httpx.AsyncClient
    keeper: httpx.AsyncClient
    agent: httpx.AsyncClient
    supervisor: httpx.AsyncClient
    operator: httpx.AsyncClient
    clerk: httpx.AsyncClient
    visitor: httpx.AsyncClient
    """Not signed in."""


@contextlib.asynccontextmanager
async def people(api: Any) -> Any:
    """Services by their tokens, people by their passwords; the clerk sits at the desk of a province."""
    await official(api, "clerk", DESK)
    await official(api, "deputy")
    async with contextlib.AsyncExitStack() as stack:
        services = ("ivr", "call_routing", "transcription", "sms_gateway", "operator")
        tokens = [await stack.enter_async_context(api.http(name)) for name in services]
        signed = [
            await stack.enter_async_context(api.person(role, username=name))
            for role, name in (
                ("agent", "agent1"), ("supervisor", "boss"), ("operator", "op"), ("official", "clerk"),
            )
        ]  # fmt: skip
        visitor = await stack.enter_async_context(api.http())
        yield People(*tokens, *signed, visitor)


async def calls(api: Any, who: People) -> Story:
    """What comes of calls: codes, cases, sounds, texts, callbacks."""
    lease = {"node": api.settings.node, "holder": "ivr", "count": 9}
    codes = (yield "POST /tracking-codes/leases", who.node.post("/tracking-codes/leases", json=lease)).json()
    sound = api.citizen.sound(1)
    intake = api.citizen.intake(codes["codes"][0], audio=sound, identifier=APPLICANT)
    yield "POST /intakes", who.node.post("/intakes", json=intake)
    yield "POST /intakes", who.node.post("/intakes", json=api.citizen.wish(intake))
    path = f"/recordings/{intake['recording']['recording_id']}"
    yield "PUT /recordings/{recording_id}/audio", who.node.put(f"{path}/audio", content=sound)
    text = {"language": "fa", "model": None, "status": "done", "detail": None, "segments": [], "text": "آب"}
    yield "PUT /recordings/{recording_id}/transcript", who.reader.put(f"{path}/transcript", json=text)
    await api.told()
    for way in ("release", "finish"):
        taken = yield "POST /callbacks/claim", who.agent.post("/callbacks/claim", json={"agent": "a"})
        callback = f"/callbacks/{taken.json()['id']}"
        yield "POST /callbacks/{callback_id}/renew", who.agent.post(f"{callback}/renew", json={"agent": "a"})
        body = {"agent": "a"} if way == "release" else {"outcome": "reached"}
        yield f"POST /callbacks/{{callback_id}}/{way}", who.agent.post(f"{callback}/{way}", json=body)
        await api.told()
    again = {"case_id": intake["record_id"], "wished": "asap"}
    yield "POST /callbacks", who.agent.post("/callbacks", json=again)


async def way_of_a_case(api: Any, who: People) -> Story:
    """From its registration to its end, and open again."""
    new = {
        "channel": "in_person", "kind": "complaint", "identifier": AT_THE_DESK, "text": "آب قطع است",
        "county": "2301",
    }  # fmt: skip
    made = (yield "POST /cases", who.agent.post("/cases", json=new)).json()
    case = f"/cases/{made['case_id']}"
    yield "PATCH /cases/{case_id}", who.agent.patch(case, json={"subject": "water_cut", "kind": "report"})
    yield "POST /cases/{case_id}/proposal", who.agent.post(f"{case}/proposal", json={"kind": "complaint"})
    yield "POST /cases/{case_id}/reveal", who.agent.post(f"{case}/reveal")
    to_desk = {"to_unit": DESK}
    yield "POST /cases/{case_id}/refer", who.supervisor.post(f"{case}/refer", json=to_desk)
    many = {"case_ids": [made["case_id"]], "act": "take"}
    yield "POST /cartable/bulk", who.clerk.post("/cartable/bulk", json=many)
    yield "POST /cases/{case_id}/refer", who.clerk.post(f"{case}/refer", json={"to_unit": GOVERNOR})
    yield "POST /cases/{case_id}/withdraw", who.clerk.post(f"{case}/withdraw")
    yield "POST /cases/{case_id}/ask", who.clerk.post(f"{case}/ask", json={"text": "کدام خیابان؟"})
    yield "POST /cases/{case_id}/supplied", who.clerk.post(f"{case}/supplied", json={})
    what = {"what": "تانکر فرستاده شد"}
    yield "POST /cases/{case_id}/services", who.clerk.post(f"{case}/services", json=what)
    noted = {"text": "رسیدگی شود", "author": "رئیس‌جمهور", "written_on": "2026-11-24"}
    margin = who.supervisor.post(f"{case}/marginal-notes", json=noted)
    yield "POST /cases/{case_id}/marginal-notes", margin
    yield "POST /cases/{case_id}/voice", who.clerk.post(f"{case}/voice", content=api.citizen.sound(1))
    answer = {"text": "آب وصل شد", "language": "fa"}
    yield "POST /cases/{case_id}/answers", who.clerk.post(f"{case}/answers", json=answer)
    yield "POST /cases/{case_id}/decide", who.agent.post(f"{case}/decide", json={"accepted": True})
    end = {"reason": "other", "note": "نشست برگزار شد"}
    yield "POST /cases/{case_id}/close", who.supervisor.post(f"{case}/close", json=end)
    yield "POST /cases/{case_id}/reopen", who.supervisor.post(f"{case}/reopen", json={"reason": "دوباره"})
    question = {"identifier_kind": "national_id", "identifier": AT_THE_DESK, "kind": "complaint"}
    yield "POST /repeats/questions", who.agent.post("/repeats/questions", json=question)
    second = await who.agent.post("/cases", json=new | {"text": "مدرسه", "seen": [made["case_id"]]})
    repeat = f"/cases/{second.json()['case_id']}"
    await who.agent.patch(repeat, json={"subject": "water_cut", "level": "province"})
    yield "POST /cases/{case_id}/forward", who.agent.post(f"{repeat}/forward", json={})
    link = {"to_case_id": made["case_id"]}
    yield "POST /cases/{case_id}/link", who.agent.post(f"{repeat}/link", json=link)
    yield "POST /cases/{case_id}/unlink", who.agent.post(f"{repeat}/unlink")
    yield "POST /cases/{case_id}/take", who.agent.post(f"{repeat}/take", json={})
    yield "POST /cases/{case_id}/pass", who.supervisor.post(f"{repeat}/pass", json={"centre": "b"})


async def people_and_country(api: Any, who: People) -> Story:
    """Sessions, delegations, the country, the calendar."""
    fresh = who.visitor
    signing = {"username": "clerk", "password": PASSWORD}
    session = yield "POST /session", fresh.post("/session", json=signing)
    fresh.headers["X-CSRF-Token"] = session.json()["csrf_token"]
    yield "DELETE /session", fresh.delete("/session")
    form = {
        "to_username": "deputy", "unit_code": DESK, "from_at": to_text(now()),
        "until_at": to_text(now() + timedelta(days=2)), "actions": ["take"],
    }  # fmt: skip
    given = (yield "POST /delegations", who.clerk.post("/delegations", json=form)).json()
    yield "DELETE /delegations/{delegation_id}", who.clerk.delete(f"/delegations/{given['id']}")
    async with api.bridge.database.writing() as session:
        await notify_unit(session, DESK, "reminder", {}, step="every change")
    told = (await who.clerk.get("/cartable/notices")).json()["items"]
    read = {"notice_ids": [one["id"] for one in told]}
    yield "POST /cartable/notices/read", who.clerk.post("/cartable/notices/read", json=read)
    pieces: dict[str, dict[str, Any]] = {
        "places": {"code": "2399", "kind": "county", "parent": "23", "name_fa": "نو", "name_en": "New"},
        "agencies": {"code": "bank_x", "kind": "bank", "name_fa": "ب", "name_en": "B"},
        "subjects": {
            "code": "nothing_new",
            "parent": "water",
            "name_fa": "ن",
            "name_en": "N",
            "level": "county",
        },
        "duties": {"agency": "bank_x", "subject": "nothing_new"},
        "units": {"code": "county/2301/desk", "night_shift": True},
        "officials": {"username": "deputy", "unit_code": "county/2301/governor", "position": "deputy"},
    }
    for sheet, piece in pieces.items():
        yield f"PUT /country/{sheet}", who.operator.put(f"/country/{sheet}", json=piece)
    gone = who.operator.delete("/country/duties/bank_x/nothing_new")
    yield "DELETE /country/duties/{agency}/{subject}", gone
    table = "code,kind,name_fa,name_en\nbank_y,bank,ی,Y\n"
    yield "POST /country/{sheet}/import", who.operator.post("/country/agencies/import", content=table)
    snow = {"name_fa": "برف", "name_en": "Snow", "off": True}
    yield "PUT /holidays/{day}", who.operator.put("/holidays/2027-02-08", json=snow)
    yield "DELETE /holidays/{day}", who.operator.delete("/holidays/2027-02-08")


async def neighbours(api: Any, who: People) -> Story:
    """Messages, agencies, applications, what could not be delivered."""
    async with api.bridge.database.writing() as session:
        message = await session.scalar(select(Notification.id).limit(1))
        await session.execute(update(Notification).where(Notification.id == message).values(state="dead"))
    yield (
        "POST /notifications/{message_id}/resend",
        who.operator.post(f"/notifications/{message}/resend"),
    )
    wish = {"receiver": "+989120000000", "wants_messages": False}
    yield "PUT /opt-outs", who.operator.put("/opt-outs", json=wish)
    contact = {"email": "desk@agency.example", "language": "fa"}
    yield "PUT /unit-contacts", who.operator.put(f"/unit-contacts?unit_code={DESK}", json=contact)
    stop = {"sender": "+989121234567", "text": "لغو", "reference": "m-1"}
    yield "POST /sms/inbound", who.gateway.post("/sms/inbound", json=stop)
    async with api.bridge.database.reading() as session:
        delivery = await session.scalar(select(Delivery.id).where(Delivery.target == "centre:b").limit(1))
    for deed in ("resend", "drop"):
        async with api.bridge.database.writing() as session:
            await session.execute(update(Delivery).where(Delivery.id == delivery).values(state="dead"))
        path = f"/links/deliveries/{delivery}/{deed}"
        yield f"POST /links/deliveries/{{delivery_id}}/{deed}", who.keeper.post(path)
    agency = "water_company"
    form = {"agency": agency, "name": "office", "url": "http://127.0.0.1:9/samad"}
    made = (yield "POST /webhooks", who.keeper.post("/webhooks", json=form)).json()
    webhook = f"/webhooks/{made['webhook']['id']}"
    yield "POST /webhooks/{webhook_id}/test", who.keeper.post(f"{webhook}/test")
    who.visitor.headers["Authorization"] = f"Bearer {made['token']}"
    for deed, body in (("answers", {"text": "درست شد"}), ("referrals", {"to_unit": DESK})):
        (code,) = await api.codes(1)
        intake = api.citizen.intake(code)
        await who.node.post("/intakes", json=intake)
        case = intake["record_id"]
        async with api.bridge.database.writing() as session:
            await referrals.classify(session, UUID(case), {"subject": "water_cut"}, "t")
            await referrals.refer(session, UUID(case), to_unit=f"agency/{agency}/23", actor="t")
        looked = who.visitor.post(f"/agency/cases/{case}/reveal")
        yield "POST /agency/cases/{case_id}/reveal", looked
        done = who.visitor.post(f"/agency/cases/{case}/{deed}", json=body)
        yield f"POST /agency/cases/{{case_id}}/{deed}", done
    yield "DELETE /webhooks/{webhook_id}", who.keeper.delete(webhook)
    made = (yield "POST /open311-keys", who.keeper.post("/open311-keys", json={"name": "portal"})).json()
    services = (await who.gateway.get("/open311/v2/services.json")).json()
    form = {
        "api_key": made["api_key"], "address_string": "Azadi", "description": "No water",
        "phone": "09121234567",
        "service_code": next(each["service_code"] for each in services if each["group"]),
        "attribute[national_id]": BY_AN_APPLICATION, "attribute[county]": "2301",
    }  # fmt: skip
    told = who.gateway.post("/open311/v2/requests.json", data=form)
    yield "POST /open311/v2/requests.{format}", told
    yield "DELETE /open311-keys/{key_id}", who.keeper.delete(f"/open311-keys/{made['id']}")


STORIES = (calls, way_of_a_case, people_and_country, neighbours)
