"""Who may do what, and that it is written down."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, select, text

from casebridge.audit.models import AuditLine
from casebridge.cases.models import Case
from casebridge.people.models import SignIn, SignInFailures
from casebridge.schema import METADATA
from casebridge.search.service import index_case

CREDENTIALS = {"username": "agent1", "password": "a long password"}


async def audited(api: Any) -> list[tuple[str, str]]:
    """Actors and actions of the trail."""
    async with api.bridge.database.reading() as session:
        return [(line.actor, line.action) for line in await session.scalars(select(AuditLine))]


async def test_a_session_begins_and_really_ends(api: Any) -> None:
    async with api.person("agent") as http:
        cookie = http.cookies["line111_session"]
        assert (await http.get("/session")).json()["roles"] == ["agent"]
        assert (await http.get("/cases")).status_code == 200
        assert (await http.delete("/session")).status_code == 204
    async with api.http() as thief:
        thief.cookies["line111_session"] = cookie
        assert (await thief.get("/cases")).status_code == 401
    trail = await audited(api)
    assert ("person:agent1", "signed_in") in trail
    assert ("person:agent1", "signed_out") in trail


async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(api: Any) -> None:
    async with api.person("agent"), api.http() as http:
        answer = await http.post("/session", json=CREDENTIALS)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        headers = {"Origin": "https://elsewhere.example"}
        assert (await http.post("/session", json=CREDENTIALS, headers=headers)).status_code == 403


async def test_a_change_without_the_forms_token_is_refused(api: Any) -> None:
    async with api.person("agent") as http:
        token = http.headers.pop("X-CSRF-Token")
        for wrong in ("", "x", token[:-1]):
            answer = await http.post("/callbacks/claim", json={"agent": "a"}, headers={"X-CSRF-Token": wrong})
            assert answer.status_code == 403
            assert answer.json()["type"] == "urn:line111:problem:csrf"
        ok = await http.post("/callbacks/claim", json={"agent": "a"}, headers={"X-CSRF-Token": token})
        assert ok.status_code == 204


@pytest.mark.parametrize("name", ["agent1", "nobody"])
async def test_guessing_passwords_is_slowed_down(api: Any, name: str) -> None:
    async with api.person("agent"), api.http() as http:
        wrong = {"username": name, "password": "a wrong password"}
        answers = [(await http.post("/session", json=wrong)).status_code for _ in range(6)]
        assert answers[:5] == [401] * 5
        assert answers[5] == 429
        locked = await http.post("/session", json=CREDENTIALS)
        assert locked.status_code == (429 if name == "agent1" else 201)
    assert (f"person:{name}", "sign_in_failed") in await audited(api)
    async with api.bridge.database.writing() as session:
        await session.execute(delete(SignInFailures))
    async with api.http() as http:
        assert (await http.post("/session", json=CREDENTIALS)).status_code == 201


async def test_passwords_and_tokens_are_stored_as_hashes_only(api: Any) -> None:
    async with api.person("agent") as http:
        cookie = http.cookies["line111_session"]
        async with api.bridge.database.reading() as session:
            rows = [
                *(await session.execute(text("SELECT * FROM accounts"))).all(),
                *(await session.execute(text("SELECT * FROM sessions"))).all(),
                *(await session.execute(text("SELECT * FROM service_tokens"))).all(),
            ]
            assert len((await session.scalars(select(SignIn))).all()) == 1
    everything = repr(rows)
    token = (api.settings.secrets_dir / "token_ivr").read_text()
    for secret in (cookie, CREDENTIALS["password"], token):
        assert secret not in everything
    assert "$argon2id$" in everything


async def test_an_account_made_by_command_costs_a_guesser_what_rfc_9106_advises(
    on_sqlite: Any, run_bridge: Any, node_environment: Any
) -> None:
    settings = on_sqlite()
    command = [sys.executable, "-m", "casebridge", "create-account", "agent1", "--role", "agent"]
    environment = {**node_environment(settings), "LINE111_PASSWORD": CREDENTIALS["password"]}
    await asyncio.to_thread(subprocess.run, command, env=environment, check=True, timeout=60)
    async with run_bridge(settings) as api, api.http() as http:
        async with api.bridge.database.reading() as session:
            (stored,) = (await session.execute(text("SELECT password_hash FROM accounts"))).scalars()
        assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert (await http.post("/session", json=CREDENTIALS)).status_code == 201


async def test_everyone_may_do_their_own_work_only(api: Any) -> None:
    expected = {
        ("GET", "/cases"): {"agent", "official", "supervisor", "operator-token"},
        ("POST", "/callbacks/claim"): {"agent", "call_routing-token"},
        ("GET", "/audit"): {"supervisor", "operator", "operator-token"},
        ("POST", "/tracking-codes/leases"): {"ivr-token"},
        ("POST", "/follow-ups"): {"ivr-token", "operator-token"},
    }
    for role in ("agent", "official", "supervisor", "operator"):
        async with api.person(role) as http:
            await knock(http, expected, role)
    for name in ("ivr", "transcription", "call_routing", "operator"):
        async with api.http(name) as http:
            await knock(http, expected, f"{name}-token")
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        async with api.http() as http:
            for method, path in expected:
                assert (await http.request(method, path, headers=header)).status_code == 401


async def knock(http: httpx.AsyncClient, expected: dict[tuple[str, str], set[str]], who: str) -> None:
    """Tries every door; only those that are expected to may be passed."""
    for (method, path), allowed in expected.items():
        answer = await http.request(method, path, json={} if method == "POST" else None)
        assert (answer.status_code != 403) == (who in allowed), (path, who, answer.text)


async def test_a_look_at_who_the_applicant_is_stands_in_trail_and_history(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0], identifier="0084575948")
    async with api.client() as client:
        await client.post_record(intake)
    async with api.person("agent") as http:
        case = (await http.get(f"/cases/{intake['record_id']}")).json()
        assert case["identifier_masked"] == "•••••••948"
        assert "0084575948" not in str(case)
        shown = (await http.post(f"/cases/{intake['record_id']}/reveal")).json()
        assert shown["identifier"] == "0084575948"
        history = (await http.get(f"/cases/{intake['record_id']}")).json()["history"]
    assert history[-1]["action"] == "identifier_revealed"
    assert ("person:agent1", "identifier_revealed") in await audited(api)


async def test_identifiers_are_nowhere_readable_in_the_database(api: Any) -> None:
    intake = api.citizen.intake((await api.codes())[0], identifier="0084575948")
    async with api.client() as client:
        await client.post_record(intake)
        await client.post_record(api.citizen.report(intake))
        await client.post_record(api.citizen.wish(intake))
    async with api.bridge.database.reading() as session:
        rows = [repr((await session.execute(select(table))).all()) for table in METADATA.sorted_tables]
    for secret in ("0084575948", "9121234567", "2112345678"):
        assert secret not in "".join(rows)


async def test_an_identifier_named_in_a_text_stands_in_that_text_alone(api: Any) -> None:
    """Texts are kept as they were said; nothing that is made of them tells the number once more."""
    intake = api.citizen.intake((await api.codes())[0])
    async with api.client() as client:
        await client.post_record(intake)
    async with api.bridge.database.writing() as session:
        case = await session.get_one(Case, UUID(intake["record_id"]))
        case.text = "کد ملی من 0084575948 است"
        await index_case(session, case.id)
    apart = Case.__table__.c.text
    async with api.bridge.database.reading() as session:
        found = [
            repr(
                (await session.execute(select(*[column for column in table.c if column is not apart]))).all()
            )
            for table in METADATA.sorted_tables
        ]
    assert "0084575948" not in "".join(found)


async def test_every_answer_carries_the_headers_a_browser_must_obey(api: Any) -> None:
    async with api.http() as http:
        answer = await http.get("/cases")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
