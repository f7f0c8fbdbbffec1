"""Changes of the outside SAMAD that can't be read or applied: none stops others, none is forgotten."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from casebridge import rotation
from casebridge.links import aside, service
from casebridge.links.deliverer import count_by_state
from casebridge.links.models import ChangeAside, LinkedCase, PullPlace
from casebridge.links.receiving import take_change
from casebridge.links.samad.interface import Unreadable
from casebridge.links.samad.outside import OutsideSamad
from casebridge.links.samad.pulling import Puller
from casebridge.links.schemas import AsideState, SamadChange
from line111.clock import now
from line111.settings import Settings
from tests.integration.casebridge.links.test_screen import browser

LONG = "0012345679"


@pytest.fixture
async def linked(on_sqlite: Any, run_bridge: Any, outside: Any, linked_outside: Any) -> Any:
    """A bridge whose own asking for changes rests: the tests ask."""
    settings: Settings = on_sqlite()
    linked_outside(settings, outside, pull_seconds=3600)
    async with run_bridge(settings) as api:
        yield api


@pytest.fixture
async def case(linked: Any, a_case: Any, deliveries: Any, eventually: Any) -> Any:
    """A case that is S-1 over there."""
    made = await a_case(linked)
    await eventually(lambda: deliveries(linked, "delivered"), "the case to be there")
    return made


def puller_of(api: Any) -> Puller:
    bridge = api.bridge
    return Puller(
        bridge.database, bridge.keys, bridge.neighbours.samad, bridge.settings.links,
        bridge.link_metrics, bridge.relay.wake,
    )  # fmt: skip


async def aside_now(api: Any, state: AsideState = AsideState.ASIDE) -> Any:
    async with api.bridge.database.reading() as session:
        return await aside.list_aside(session, api.bridge.keys, state)


async def place_of(api: Any) -> Any:
    async with api.bridge.database.reading() as session:
        return await session.scalar(select(PullPlace.place))


async def test_an_unreadable_change_is_set_aside_whole_and_those_behind_it_are_applied_once(
    linked: Any, case: Any, outside: Any, case_now: Any
) -> None:
    strange = {"changeId": "c2", "state": {"not": "a word"}, "person": {"nationalCode": LONG}}
    outside.changes += [
        {"changeId": "c1", "trackingNumber": "S-1", "state": "OPEN"},
        strange,
        "no change at all",
        {"changeId": "c3", "trackingNumber": "S-1", "response": {"text": "done"}},
    ]
    puller = puller_of(linked)
    assert await puller.pull_once()
    assert await place_of(linked) == "4"
    assert (await case_now(linked, case.id)).status == "answered"
    shown = await aside_now(linked)
    assert [(one.change_id, one.reason, one.detail) for one in shown] == [
        ("c2", "unreadable", "reference"), (None, "unreadable", "id, reference"),
    ]  # fmt: skip
    assert LONG not in shown[0].content
    async with linked.bridge.database.writing() as session:  # lost its place: everything comes again
        await session.execute(update(PullPlace).values(place="0"))
        row = (await session.scalars(select(ChangeAside).order_by(ChangeAside.id))).first()
        assert LONG.encode() not in row.content
        assert json.loads(linked.bridge.keys.decrypt(row.content, f"change:{row.id}")) == strange
    await puller.pull_once()
    assert len(await aside_now(linked)) == 2


async def test_half_a_character_and_more_fields_than_fit_a_page_are_kept_too(linked: Any) -> None:
    item = {"half": "\ud83d", "much": "x" * 9000, "nul": "\x00"}
    async with linked.bridge.database.writing() as session:
        await aside.take(session, linked.bridge.keys, Unreadable(item, "id"))
    (one,) = await aside_now(linked)
    assert len(one.content) == aside.LONGEST_SHOWN
    async with browser(linked, "operator") as http:
        assert "half" in (await http.get("/links")).text


async def test_where_they_name_no_next_place_the_last_readable_id_is_it(linked: Any, outside: Any) -> None:
    mapping = linked.bridge.neighbours.mapping
    mapping = mapping.model_copy(update={"changes": mapping.changes.model_copy(update={"next": None})})
    outside.changes += [{"changeId": "1", "trackingNumber": "S-9"}, {"changeId": "2"}, {"nothing": True}]
    samad = OutsideSamad(mapping, "a secret both know")
    try:
        assert (await samad.news("0")).place == "2"
        assert (await samad.news("3")).place == "3"
    finally:
        await samad.close()


async def test_a_change_we_stumble_over_stops_none_of_those_behind_it(
    linked: Any, case: Any, outside: Any, case_now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stumbles(session: Any, change: SamadChange, **more: Any) -> str:
        if change.id == "c1":
            raise RuntimeError("an error of ours")
        return await take_change(session, change, **more)

    monkeypatch.setattr("casebridge.links.receiving.take_change", stumbles)
    outside.changes += [
        {"changeId": "c1", "trackingNumber": "S-1", "comment": "x"},
        {"changeId": "c2", "trackingNumber": "S-1", "state": "OPEN"},
    ]
    await puller_of(linked).pull_once()
    assert (await case_now(linked, case.id)).status == "in_hand"
    (one,) = await aside_now(linked)
    assert (one.change_id, one.reason, one.detail) == ("c1", "failed", "RuntimeError")


async def test_what_was_refused_is_on_the_screen_and_looked_at_again_fits_or_goes_for_good(
    linked: Any, case: Any, outside: Any, case_now: Any
) -> None:
    outside.changes += [
        {"changeId": "c1", "trackingNumber": "S-1", "state": "CLOSED"},
        {"changeId": "c2", "trackingNumber": "S-77", "state": "OPEN"},
        {"changeId": "c3", "trackingNumber": "S-1", "state": "STRANGE"},
        {"changeId": "c4"},
    ]
    await puller_of(linked).pull_once()
    async with browser(linked, "operator") as http:
        page = (await http.get("/links")).text
        token = re.search(r'name="form_token" value="([^"]+)"', page).group(1)  # type: ignore[union-attr]
        for name in ("c1", "c2", "c3", "c4"):
            assert page.count(f'<td class="latin">{name}</td>') == 1
        found = {one.change_id: one for one in await aside_now(linked)}
        assert {name: one.reason for name, one in found.items()} == {
            "c1": "refused", "c2": "unknown_case", "c3": "refused", "c4": "unreadable",
        }  # fmt: skip
        assert found["c1"].case_id == case.id
        assert list(found)[-1] == "c2", "of cases that are not ours there may be very many"
        assert (await count_by_state(linked.bridge.database))["aside"] == 3

        async def settle(one: Any, deed: str) -> str:
            answer = await http.post(f"/links/changes/{one.id}/{deed}", data={"form_token": token})
            return str(answer.headers["location"].rpartition("said=")[2])

        assert await settle(found["c4"], "again") == "still"
        async with linked.bridge.database.writing() as session:
            await session.merge(
                LinkedCase(target="samad", case_id=case.id, direction="out", reference="S-77", at=now())
            )
        assert await settle(found["c2"], "again") == "fits"
        assert (await case_now(linked, case.id)).status == "in_hand"
        assert await settle(found["c3"], "drop") == "for_good"
        assert await settle(found["c3"], "drop") == "changed"
        left = sorted(one.change_id for one in await aside_now(linked))
        assert left == ["c1", "c4"]
        assert "c3" in (await http.get("/links?state=dropped")).text
        assert [one.change_id for one in await aside_now(linked, AsideState.DROPPED)] == ["c3"]
    async with browser(linked, "supervisor") as http:
        seen = await http.get("/links")
        assert seen.status_code == 200
        assert "/again" not in seen.text


async def test_told_again_so_that_it_fits_it_is_set_aside_no_more(
    linked: Any, case: Any, outside: Any
) -> None:
    outside.changes += [{"changeId": "c1"}, {"changeId": "c2", "trackingNumber": "S-5", "state": "OPEN"}]
    puller = puller_of(linked)
    await puller.pull_once()
    assert len(await aside_now(linked)) == 2
    outside.changes += [
        {"changeId": "c1", "trackingNumber": "S-1", "state": "OPEN"},
        {"changeId": "c2", "trackingNumber": "S-1", "state": "OPEN"},
    ]
    await puller.pull_once()
    assert await aside_now(linked) == []


async def test_what_nobody_has_decided_about_is_never_forgotten_if_it_may_be_ours(
    linked: Any, case: Any, outside: Any
) -> None:
    outside.changes += [
        {"changeId": "c1"},
        {"changeId": "c2"},
        {"changeId": "c3", "trackingNumber": "S-77", "state": "OPEN"},
    ]
    await puller_of(linked).pull_once()
    async with linked.bridge.database.writing() as session:
        first, *_ = await aside.list_aside(session, linked.bridge.keys, AsideState.ASIDE)
        await aside.drop(session, first.id, "person:t")
        long_ago = now() - service.KEPT - timedelta(days=1)
        await session.execute(update(ChangeAside).values(at=long_ago))
        await session.execute(update(ChangeAside).where(ChangeAside.id == first.id).values(ended_at=long_ago))
        await service.forget_old(session)
    assert [one.change_id for one in await aside_now(linked)] == ["c2"]
    assert await aside_now(linked, AsideState.DROPPED) == []


async def test_a_newer_key_takes_what_is_set_aside_with_it(linked: Any, outside: Any) -> None:
    outside.changes.append({"changeId": "c1", "person": LONG})
    await puller_of(linked).pull_once()
    bridge = linked.bridge
    rotation.add_key(linked.settings)
    assert (await rotation.rotate(bridge.database, bridge.keys, bridge.store))["link_changes_aside"] == 1
    assert await rotation.remaining(bridge.database, bridge.keys) == 0
    assert [one.change_id for one in await aside_now(linked)] == ["c1"]
