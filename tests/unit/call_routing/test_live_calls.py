"""The calls on the line, from events and lists of channels."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from call_routing.live_calls import LiveCalls

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
TRUNK = "PJSIP/trunk-00000001"


def event(name: str, call_id: str = "1.1", channel: str = TRUNK, **fields: str) -> dict[str, str]:
    return {"Event": name, "Channel": channel, "Uniqueid": call_id, "Linkedid": call_id, **fields}


def made() -> LiveCalls:
    return LiveCalls(lambda: NOW)


def test_a_call_is_live_from_its_channel_to_its_hangup() -> None:
    calls = made()
    assert calls.apply(event("Newchannel", CallerIDNum="09121234567"))
    assert calls.apply(event("Newchannel", "1.2", "PJSIP/trunk-00000002"))
    assert list(calls.calls) == ["1.1", "1.2"]
    assert calls.apply(event("Hangup"))
    assert list(calls.calls) == ["1.2"]
    assert (calls.peak, calls.seen) == (2, 2)


def test_the_board_never_shows_a_whole_number() -> None:
    calls = made()
    calls.apply(event("Newchannel", CallerIDNum="09121234567"))
    calls.apply(event("Newchannel", "1.2", CallerIDNum="<unknown>"))
    shown = [json.loads(call.as_json("n1")) for call in calls.calls.values()]
    assert shown[0]["caller"].endswith("67")
    assert "1234" not in shown[0]["caller"]
    assert shown[1]["caller"] == ""
    assert shown[0]["since"] == "2026-11-24T07:00:00.000Z"


def test_channels_that_a_call_makes_later_are_no_calls_of_their_own() -> None:
    calls = made()
    calls.apply(event("Newchannel"))
    leg = event("Newchannel", "1.9", "PJSIP/agent-00000002") | {"Linkedid": "1.1"}
    assert not calls.apply(leg)
    assert not calls.apply(leg | {"Event": "Hangup"})
    assert not calls.apply(event("Newchannel", "1.7", "Local/1@queue-00000003;1"))
    assert list(calls.calls) == ["1.1"]


def test_language_is_taken_where_it_is_told_and_sane() -> None:
    calls = made()
    calls.apply(event("Newchannel"))
    assert not calls.apply(event("Newstate", Language="<script>"))
    assert calls.apply(event("Newstate", Language="en"))
    assert not calls.apply(event("Newstate", Language="en"))
    assert calls.calls["1.1"].language == "en"


def test_after_a_gap_the_list_of_channels_is_the_truth() -> None:
    calls = made()
    calls.apply(event("Newchannel", "1.1"))
    calls.apply(event("Newchannel", "1.2"))
    calls.begin_reread()
    calls.replace(
        [event("CoreShowChannel", "1.2"), event("CoreShowChannel", "1.3", Duration="00:01:30", Language="fa")]
    )
    assert list(calls.calls) == ["1.2", "1.3"]
    assert calls.calls["1.3"].since == NOW - timedelta(seconds=90)
    assert calls.calls["1.3"].language == "fa"


def test_a_call_that_ends_while_the_list_is_read_does_not_come_back() -> None:
    calls = made()
    calls.apply(event("Newchannel"))
    calls.begin_reread()
    calls.apply(event("Hangup"))
    calls.replace([event("CoreShowChannel")])
    assert calls.calls == {}


def test_a_list_with_odd_entries_is_survived() -> None:
    calls = made()
    calls.begin_reread()
    calls.replace([{}, {"Channel": TRUNK}, event("CoreShowChannel", Duration="long")])
    assert list(calls.calls) == ["1.1"]
