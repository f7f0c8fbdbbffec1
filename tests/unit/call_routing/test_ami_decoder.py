"""The framing of AMI, by bytes alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from call_routing.ami.decoder import Decoder
from call_routing.ami.errors import FramingLost

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1, max_size=40)


@given(
    st.lists(st.lists(TEXT, min_size=1, max_size=4), min_size=1, max_size=5),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_messages_are_the_same_however_the_bytes_are_cut(messages: list[list[str]], cuts: list[int]) -> None:
    wanted = ["\r\n".join(lines) for lines in messages]
    stream = GREETING + b"".join(text.encode() + b"\r\n\r\n" for text in wanted)
    decoder, got, place, turn = Decoder(), [], 0, 0
    while place < len(stream):
        step = cuts[turn % len(cuts)]
        got += decoder.feed(stream[place : place + step])
        place, turn = place + step, turn + 1
    assert got == wanted
    assert decoder.version == "11.0.0"


def test_persian_name_cut_in_the_middle_of_a_letter_arrives_whole() -> None:
    decoder = Decoder()
    decoder.feed(GREETING)
    message = "Event: Newchannel\r\nCallerIDName: مریم\r\n\r\n".encode()
    cut = message.index("ی".encode()) + 1
    assert decoder.feed(message[:cut]) == []
    assert decoder.feed(message[cut:]) == ["Event: Newchannel\r\nCallerIDName: مریم"]


def test_bytes_that_are_no_utf8_cost_their_letter_and_not_the_event() -> None:
    decoder = Decoder()
    assert decoder.feed(GREETING + b"Event: Hangup\r\nX: \xff\r\n\r\n") == ["Event: Hangup\r\nX: �"]


@pytest.mark.parametrize(
    "first", [b"HTTP/1.1 200 OK\r\n", b"SSH-2.0", b"\r\n", b"Asterisk Call Manager/" + b"1" * 300]
)
def test_another_server_is_told_at_once(first: bytes) -> None:
    with pytest.raises(FramingLost):
        Decoder().feed(first)


def test_a_message_without_an_end_does_not_fill_the_memory() -> None:
    decoder = Decoder(most_bytes=1000)
    decoder.feed(GREETING)
    for _ in range(10):
        decoder.feed(b"x" * 100)
    with pytest.raises(FramingLost):
        decoder.feed(b"x")


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_no_bytes_raise_anything_but_framing_lost(chunks: list[bytes]) -> None:
    decoder = Decoder()
    decoder.feed(GREETING)
    for chunk in chunks:
        decoder.feed(chunk)
