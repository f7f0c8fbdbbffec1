"""AGI as bytes: what is sent is read back unchanged, what comes is understood however it is cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi.protocol import (
    Environment,
    Hangup,
    LimitExceeded,
    ProtocolError,
    Reply,
    ReplyParser,
    UnsafeWord,
    encode_command,
)


def asterisk_splits(line: bytes) -> list[str]:
    """Asterisk's own splitting of a command line (res_agi.c, parse_args), written from its description."""
    words: list[str] = []
    quoted = escaped = False
    whitespace = True
    for character in line.decode("utf-8", "surrogateescape").removesuffix("\n"):
        if character == '"' and not escaped:
            quoted = not quoted
            if quoted and whitespace:
                words.append("")
                whitespace = False
        elif character in " \t" and not quoted and not escaped:
            whitespace = True
        elif character == "\\" and not escaped:
            escaped = True
            continue
        else:
            if whitespace:
                words.append("")
                whitespace = False
            words[-1] += character
        escaped = False
    return words


def replies(chunk: bytes, **limits: int) -> list[Reply | Hangup]:
    return list(ReplyParser(**limits).feed(chunk))


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=40), max_size=8))
def test_asterisk_reads_back_exactly_the_words_that_were_sent(words):
    line = encode_command("STREAM FILE", *words)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert asterisk_splits(line) == ["STREAM", "FILE", *words]


@given(
    st.text(max_size=10), st.sampled_from("\r\n\0"), st.text(max_size=10), st.sampled_from([0, 1]), st.text()
)
def test_no_word_can_begin_a_second_command(before, evil, after, place, other):
    words = [before + evil + after, other.replace("\n", "").replace("\r", "").replace("\0", "")]
    if place:
        words.reverse()
    with pytest.raises(UnsafeWord):
        encode_command("SET VARIABLE", *words)


@pytest.mark.parametrize("name", ["", "STREAM\nFILE", 'X"', "Y;Z", "GET DATA\0"])
def test_command_names_are_letters_alone(name):
    if name:
        with pytest.raises(UnsafeWord):
            encode_command(name)


def test_command_longer_than_asterisk_reads_is_refused():
    with pytest.raises(LimitExceeded):
        encode_command("VERBOSE", "x" * 2050)
    with pytest.raises(LimitExceeded):
        encode_command("VERBOSE", *["x"] * 130)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"200 result=0", (200, "0", None, None)),
        (b"200 result=49 endpos=12345", (200, "49", None, 12345)),
        (b"200 result=1 (hello world)", (200, "1", "hello world", None)),
        (b"200 result=1 (a) b (c))", (200, "1", "a) b (c)", None)),
        (b"200 result= (timeout)", (200, "", "timeout", None)),
        (b"200 result=*123#", (200, "*123#", None, None)),
        (b"200 result=-1 (hangup) endpos=800", (200, "-1", "hangup", 800)),
        (b"200 result=35 (dtmf) endpos=9600", (200, "35", "dtmf", 9600)),
        (b"200 result=1 ()", (200, "1", "", None)),
        (b"510 Invalid or unknown command", (510, None, None, None)),
        (b"511 Command Not Permitted on a dead channel or intercept routine", (511, None, None, None)),
    ],
)
def test_replies_of_asterisk_are_understood(line, expected):
    (reply,) = replies(line + b"\n")
    assert isinstance(reply, Reply)
    assert (reply.code, reply.result, reply.data, reply.endpos) == expected


def test_usage_of_many_lines_is_one_reply():
    text = b"520-Invalid command syntax.  Proper usage follows:\n Usage: X\n520 End of proper usage.\n"
    (reply,) = replies(text)
    assert reply.code == 520
    assert "Usage: X" in reply.text


def test_variable_with_line_breaks_is_one_reply():
    first, second = replies(b"200 result=1 (one\ntwo)\n200 result=0\n")
    assert first.data == "one\ntwo"
    assert second.result == "0"


def test_hangup_is_noticed_between_and_before_replies():
    assert replies(b"HANGUP\n200 result=-1\n")[0] == Hangup()
    assert replies(b"200 result=0\nHANGUP\n")[1] == Hangup()


@pytest.mark.parametrize("junk", [b"hello\n", b"200\x00\xff\n", b"20 result=0\n", b"\xff\xfe\n", b"2000\n"])
def test_what_is_not_agi_is_refused(junk):
    with pytest.raises(ProtocolError):
        replies(junk)


def test_lines_and_replies_have_limits():
    with pytest.raises(LimitExceeded):
        replies(b"200 result=1 (" + b"x" * 500, max_line=100)
    with pytest.raises(LimitExceeded):
        replies(b"520-x\n" + b"y\n" * 100, max_lines=50)
    with pytest.raises(LimitExceeded):
        Environment(max_lines=3).feed(b"agi_a: 1\n" * 4)
    with pytest.raises(LimitExceeded):
        Environment(max_line=10).feed(b"agi_aaaaaaaaaaaaaaaaaa")


SESSION = (
    b"200 result=0\nHANGUP\n200 result=1 (a\nb)\n520-Invalid\n usage\n520 End\n"
    b"200 result=-1 endpos=5\n511 dead\n200 result= (timeout)\n"
)


@given(st.lists(st.integers(0, len(SESSION)), max_size=20))
def test_replies_do_not_depend_on_how_the_bytes_are_cut(cuts):
    parser = ReplyParser()
    edges = [0, *sorted(cuts), len(SESSION)]
    found = [event for start, end in itertools.pairwise(edges) for event in parser.feed(SESSION[start:end])]
    assert found == replies(SESSION)
    assert len(found) == 7


@given(st.binary(max_size=300))
def test_any_bytes_end_in_replies_or_a_named_error(junk):
    try:
        for event in ReplyParser(max_line=100, max_lines=5).feed(junk):
            assert isinstance(event, Reply | Hangup)
    except ProtocolError:
        pass


@given(st.binary(max_size=300))
def test_any_environment_ends_in_values_or_a_named_error(junk):
    environment = Environment(max_line=100, max_lines=5)
    try:
        rest = environment.feed(junk)
    except ProtocolError:
        return
    assert not rest or environment.complete


def test_environment_gives_back_what_follows_it():
    environment = Environment()
    assert environment.feed(b"agi_network: yes\nagi_callerid: 0912\n") == b""
    assert environment.feed(b"agi_x: a: b\r\n\n200 result=0\nrest") == b"200 result=0\nrest"
    assert environment.complete
    assert environment.values == {"agi_network": "yes", "agi_callerid": "0912", "agi_x": "a: b"}


def test_a_flood_of_empty_lines_takes_no_time():
    assert replies(b"\n" * 300_000) == []
