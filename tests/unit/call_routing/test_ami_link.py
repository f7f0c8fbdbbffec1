"""The faults of the library below, each against a manager interface that provokes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from call_routing.ami import ActionRefused, ActionTimedOut, AmiUnavailable, Tempo, UnsafeValue

Action = dict[str, str]
Eventually = Callable[..., Awaitable[None]]


async def test_an_originate_that_was_not_answered_is_not_sent_again_after_a_reconnect(
    fake: Any, make_link: Any, respond: Any, eventually: Eventually
) -> None:
    async def answer(asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        if action["Action"] == "Originate":
            asterisk.drop()
        else:
            respond(writer, action)

    fake.answer = answer
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    with pytest.raises(AmiUnavailable) as caught:
        await linked.link.ask("Originate", Channel="Local/1@out")
    assert caught.value.sent  # it may have been carried out; only a look at Asterisk can tell
    await eventually(lambda: linked.rereads == 2)
    fake.writers[-1].write(b"Event: FullyBooted\r\n\r\n")  # panoramisk sends again on this event
    await asyncio.sleep(0.3)
    assert fake.names == ["Originate"]


async def test_a_link_that_went_dead_without_a_word_is_noticed(
    fake: Any, make_link: Any, respond: Any, eventually: Eventually
) -> None:
    dead = False

    async def answer(_asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        if not dead:
            respond(writer, action)

    fake.answer = answer
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    dead = True
    await eventually(lambda: not linked.link.up, seconds=3)
    dead = False
    await linked.link.wait_until_up(5)
    assert linked.link.reconnects == 1


async def test_an_action_without_an_answer_ends_in_its_time_and_leaves_nothing_behind(
    fake: Any, make_link: Any, respond: Any
) -> None:
    kept: list[tuple[asyncio.StreamWriter, Action]] = []

    async def answer(_asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        if action["Action"] == "Status":
            kept.append((writer, action))
        else:
            respond(writer, action, Note=action["Action"])

    fake.answer = answer
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    with pytest.raises(ActionTimedOut):
        await linked.link.ask("Status", within=0.1)
    respond(*kept[0], Note="too late")
    assert (await linked.link.ask("CoreStatus")).note == "CoreStatus"
    assert len(linked.link.protocol.responses) <= 1  # a ping may be on its way


@pytest.mark.parametrize(
    "fields",
    [
        {"Exten": "1\r\nAction: Command\r\nCommand: core stop now"},
        {"Exten": "1\nAction: Command"},
        {"Exten": "1\rAction: Command"},
        {"Variable": ["a=1", "b=2\r\n\r\nAction: Command"]},
        {"Exten\r\nAction": "Command"},
        {"Exten: 1\n": "x"},
        {"Exten": "1\0"},
    ],
)
async def test_a_value_never_becomes_a_command_of_its_own(
    fake: Any, make_link: Any, fields: dict[str, Any]
) -> None:
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    with pytest.raises(UnsafeValue):
        await linked.link.ask("Originate", **fields)
    with pytest.raises(UnsafeValue):  # nor by the way panoramisk itself offers
        linked.link.send_action({"Action": "Originate", **fields})
    await linked.link.ask("CoreStatus")
    assert fake.names == ["CoreStatus"]


async def test_a_refused_action_says_why_also_where_a_list_was_asked_for(
    fake: Any, make_link: Any, respond: Any
) -> None:
    async def answer(_asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        refused = action["Action"] == "QueueStatus"
        respond(writer, action, "Error" if refused else "Success", Message="Permission denied")

    fake.answer = answer
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    with pytest.raises(ActionRefused, match="Permission denied"):
        await linked.link.ask_list("QueueStatus")


async def test_a_list_is_its_events_without_those_of_others(fake: Any, make_link: Any, respond: Any) -> None:
    async def answer(_asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        if action["Action"] != "CoreShowChannels":
            respond(writer, action)
        else:
            respond(writer, action, EventList="start")
            mark = f"ActionID: {action['ActionID']}\r\n"
            writer.write(f"Event: CoreShowChannel\r\n{mark}Channel: A\r\n\r\n".encode())
            writer.write(b"Event: Newchannel\r\nChannel: stranger\r\n\r\n")
            writer.write(f"Event: CoreShowChannel\r\n{mark}Channel: B\r\n\r\n".encode())
            writer.write(f"Event: Done\r\n{mark}EventList: Complete\r\n\r\n".encode())

    fake.answer = answer
    linked = make_link(fake.port)
    await linked.link.wait_until_up(5)
    assert [one.channel for one in await linked.link.ask_list("CoreShowChannels")] == ["A", "B"]


async def test_tries_to_reach_a_dead_asterisk_grow_rare(make_link: Any, fake: Any) -> None:
    async def answer(asterisk: Any, _action: Action, _writer: asyncio.StreamWriter) -> None:
        asterisk.drop()

    fake.answer = answer
    make_link(fake.port, Tempo(first_retry=0.1, most_retry=10.0))
    await asyncio.sleep(2.5)
    times = fake.connected_at
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert 3 <= len(gaps) <= 6
    assert gaps[-1] > 2 * gaps[0]


async def test_a_connection_that_opens_and_closes_does_not_stop_the_tries(
    make_link: Any, fake: Any, eventually: Eventually
) -> None:
    tries = 0

    async def slam(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.transport.abort()

    port = fake.port
    await fake.stop()
    slammer = await asyncio.start_server(slam, "127.0.0.1", port)
    linked = make_link(port)
    await eventually(lambda: tries >= 3)
    slammer.close()
    await fake.start(port)
    await linked.link.wait_until_up(5)


async def test_one_who_is_no_asterisk_is_left_and_the_right_one_found_later(
    make_link: Any, fake: Any, eventually: Eventually
) -> None:
    fake.greeting = b"220 mail.example ESMTP\r\n"
    linked = make_link(fake.port)
    await eventually(lambda: len(fake.connected_at) >= 3)
    assert not linked.link.up
    fake.greeting = b"Asterisk Call Manager/11.0.0\r\n"
    await linked.link.wait_until_up(5)


async def test_a_greeting_that_never_comes_does_not_hold_the_link_for_ever(
    make_link: Any, fake: Any, eventually: Eventually
) -> None:
    async def answer(*_args: Any) -> None:
        """Says nothing, for ever."""

    fake.answer = answer
    linked = make_link(fake.port, Tempo(login=0.2, first_retry=0.05, most_retry=0.1))
    await eventually(lambda: len(fake.connected_at) >= 2)
    fake.answer = None
    await linked.link.wait_until_up(5)


async def test_a_refused_login_is_named_and_tried_again(
    make_link: Any, fake: Any, respond: Any, eventually: Eventually
) -> None:
    async def answer(_asterisk: Any, action: Action, writer: asyncio.StreamWriter) -> None:
        respond(writer, action, "Error", Message="Authentication failed")

    fake.answer = answer
    linked = make_link(fake.port)
    await eventually(lambda: linked.link.refused == "Authentication failed")
    fake.answer = None
    await linked.link.wait_until_up(5)
    assert linked.link.refused is None


async def test_an_event_that_cannot_be_handled_costs_neither_the_link_nor_the_next_event(
    make_link: Any, fake: Any, eventually: Eventually
) -> None:
    seen: list[str] = []

    def take(event: Any) -> None:
        seen.append(event.channel)
        raise KeyError("whatever")

    linked = make_link(fake.port)
    linked.link.on_event("New*", take)
    await linked.link.wait_until_up(5)
    for name in ("A", "B"):
        fake.writers[-1].write(f"Event: Newchannel\r\nChannel: {name}\r\n\r\n".encode())
    await eventually(lambda: seen == ["A", "B"])
    assert linked.link.reconnects == 0


async def test_without_a_link_an_action_is_refused_at_once_and_known_not_to_be_sent(
    make_link: Any, fake: Any
) -> None:
    port = fake.port
    await fake.stop()
    linked = make_link(port)
    with pytest.raises(AmiUnavailable) as caught:
        await linked.link.ask("CoreStatus")
    assert not caught.value.sent
    with pytest.raises(AmiUnavailable):
        await linked.link.wait_until_up(0.1)
