"""How neighbours are told: signatures, waits, breaker, safe addresses, the mapping file."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import casebridge.links.samad
from casebridge.links import signing
from casebridge.links.circuit import Circuit, CircuitState
from casebridge.links.rules import (
    Verdict,
    action_of,
    goes_along,
    is_echo,
    is_given_up,
    link_actor,
    retry_after,
    verdict,
    wait_before_next,
)
from casebridge.links.samad.mapping import (
    MappingError,
    body_of,
    load_mapping,
    path_of,
    read_change,
    read_path,
)
from casebridge.webhooks.addresses import UnsafeTarget, check_form, judge, networks, place_of
from casebridge.webhooks.rules import is_theirs

EXAMPLE = Path(casebridge.links.samad.__file__).parent / "example.toml"
NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)


@given(st.binary(max_size=200), st.integers(0, 2**33))
def test_a_signed_body_is_genuine_and_a_changed_one_is_not(body: bytes, at: int) -> None:
    header = signing.sign("secret", body, at)
    assert signing.is_genuine("secret", body, header, at)
    assert not signing.is_genuine("secret", body + b"x", header, at)
    assert not signing.is_genuine("other", body, header, at)


def test_a_message_listened_to_can_not_be_sent_again_after_the_window() -> None:
    header = signing.sign("s", b"{}", 1000)
    assert signing.is_genuine("s", b"{}", header, 1000 + signing.WINDOW_SECONDS)
    assert not signing.is_genuine("s", b"{}", header, 1001 + signing.WINDOW_SECONDS)
    assert not signing.is_genuine("s", b"{}", header, 999 - signing.WINDOW_SECONDS)
    later = header.replace("t=1000", "t=1400")
    assert not signing.is_genuine("s", b"{}", later, 1400)


@pytest.mark.parametrize("header", ["", "t=1,v1=", "v1=00,t=1", "t=x,v1=" + "0" * 64, "t=1,v1=" + "0" * 63])
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert not signing.is_genuine("s", b"", header, 1)


@pytest.mark.parametrize(
    ("status", "means"),
    [(200, Verdict.DELIVERED), (204, Verdict.DELIVERED), (301, Verdict.LATER), (400, Verdict.REFUSED),
     (401, Verdict.LATER), (403, Verdict.LATER), (404, Verdict.REFUSED), (408, Verdict.LATER),
     (409, Verdict.REFUSED), (422, Verdict.REFUSED), (425, Verdict.LATER), (429, Verdict.LATER),
     (500, Verdict.LATER), (503, Verdict.LATER)],
)  # fmt: skip
def test_what_a_status_means(status: int, means: Verdict) -> None:
    assert verdict(status) is means


def test_only_the_statuses_named_as_good_are_good() -> None:
    assert verdict(202, good=frozenset({200, 201})) is Verdict.LATER
    assert verdict(201, good=frozenset({200, 201})) is Verdict.DELIVERED


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_double_up_to_the_longest_with_jitter(attempts: int, chance: float) -> None:
    wait = wait_before_next(attempts, first=2, longest=1800, chance=chance).total_seconds()
    whole = min(2 * 2.0 ** min(attempts - 1, 40), 1800)
    assert whole / 2 - 1e-6 <= wait <= whole + 1e-6


def test_a_delivery_is_given_up_by_its_age() -> None:
    assert not is_given_up(NOW, NOW + timedelta(hours=71), timedelta(hours=72))
    assert is_given_up(NOW, NOW + timedelta(hours=72), timedelta(hours=72))


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), (None, None), ("soon", None), ("99999999", 3600.0), ("٣", None)]
)
def test_how_long_a_neighbour_asks_to_wait(text: str | None, seconds: float | None) -> None:
    assert retry_after(text) == seconds


@pytest.mark.parametrize(
    ("direction", "speaker", "named", "goes"),
    [
        ("out", "applicant", False, True),
        ("out", "both", False, True),
        ("out", "official", True, False),
        ("in", "official", True, True),
        ("in", "official", False, False),
        ("in", "applicant", True, False),
    ],
)
def test_what_citizens_said_goes_with_a_case_and_only_an_answering_voice_comes_back(
    direction: str, speaker: str, named: bool, goes: bool
) -> None:
    assert goes_along(direction, speaker, named=named) is goes


def test_nobody_is_told_what_they_told_us() -> None:
    assert is_echo("centre:b", link_actor("centre:b"))
    assert not is_echo("centre:b", link_actor("centre:c"))
    assert action_of("case.registered", {}) == "registered"
    assert action_of("case.step", {"action": "answered"}) == "answered"


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try() -> None:
    circuit = Circuit(threshold=3, first=10, longest=100)
    for _ in range(2):
        circuit.failed(0, 1)
    assert circuit.places(16, 0) == 16
    circuit.failed(0, 1)
    assert circuit.state(9.9) is CircuitState.OPEN
    assert circuit.places(16, 9.9) == 0
    assert circuit.state(10) is CircuitState.HALF_OPEN
    assert circuit.places(16, 10) == 1
    assert circuit.places(16, 10) == 0, "one trial at a time"
    circuit.failed(10, 1)
    assert circuit.state(29.9) is CircuitState.OPEN, "twice as long as before"
    assert circuit.places(16, 30) == 1
    circuit.succeeded()
    assert circuit.places(16, 30) == 16


def test_failures_that_were_on_their_way_do_not_prolong_an_open_breaker() -> None:
    circuit = Circuit(threshold=1, first=10, longest=100)
    for _ in range(10):
        circuit.failed(0, 1)
    assert circuit.state(10) is CircuitState.HALF_OPEN


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "https://", "https://user:pw@a.example/", "https://a.example/#x", "//a.example",
     "https://a.example:99999/", "https://a exa/", "https://a.example\\@b/", "https://[::1", "javascript:1",
     "https://a.example/" + "x" * 500],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(UnsafeTarget, match="url_invalid"):
        check_form(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
     "224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
     "64:ff9b::7f00:1", "ff02::1", "::"],
)  # fmt: skip
def test_addresses_inside_are_refused_unless_allowed(address: str) -> None:
    with pytest.raises(UnsafeTarget, match="url_private"):
        judge("https", [ipaddress.ip_address(address)], ())
    public = ipaddress.ip_address("93.184.216.34")
    with pytest.raises(UnsafeTarget, match="url_private"):
        judge("https", [public, ipaddress.ip_address(address)], ())
    allowed = networks([address])
    assert str(judge("http", [ipaddress.ip_address(address)], allowed)) == str(ipaddress.ip_address(address))


def test_public_addresses_are_told_over_tls_alone() -> None:
    public = ipaddress.ip_address("93.184.216.34")
    assert judge("https", [public], ()) == public
    with pytest.raises(UnsafeTarget, match="url_plain"):
        judge("http", [public], ())


async def test_other_spellings_of_this_machine_lead_nowhere() -> None:
    for host in ("127.1", "0x7f.1", "2130706433", "localhost", "[::1]", "[::ffff:7f00:1]"):
        with pytest.raises(UnsafeTarget):
            await place_of(f"https://{host}/hook", ())


async def test_the_connection_goes_to_the_judged_address_and_asks_for_the_name() -> None:
    place = await place_of("http://localhost:8080/hook?a=1", networks(["127.0.0.0/8", "::1/128"]))
    assert place.url in {"http://127.0.0.1:8080/hook?a=1", "http://[::1]:8080/hook?a=1"}
    assert (place.host, place.name) == ("localhost:8080", "localhost")


def test_the_example_mapping_puts_our_words_into_theirs() -> None:
    mapping = load_mapping(EXAMPLE)
    values: dict[str, Any] = {
        "case_id": "c1",
        "tracking_code": "1234567890",
        "kind": "complaint",
        "status": "in_hand",
    }
    values |= {"identifier": "0012345679", "text": "words", "province": None}
    body = body_of(mapping, mapping.create, values)
    assert body == {
        "externalId": "c1",
        "externalCode": "1234567890",
        "source": "line111",
        "category": 1,
        "state": "OPEN",
        "person": {"nationalCode": "0012345679"},
        "text": "words",
    }


def test_the_example_mapping_reads_their_words() -> None:
    mapping = load_mapping(EXAMPLE)
    change = {"changeId": 7, "trackingNumber": "A-1", "state": "DONE", "response": {"text": "done"}}
    assert read_change(mapping, change) == {
        "id": "7", "reference": "A-1", "status": "answered", "answer_text": "done",
    }  # fmt: skip
    assert read_change(mapping, {"state": "REOPENED"}) == {"status": "in_hand"}
    assert read_change(mapping, {"state": "NOBODY_KNOWS"}) == {"status": "NOBODY_KNOWS"}
    assert read_change(mapping, "no object") == {}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_reply_of_any_shape_is_read_without_failing(document: Any) -> None:
    for path in ("", "a", "a.b", "0", "a.0.b"):
        read_path(document, path)


def test_placeholders_in_paths_are_quoted() -> None:
    assert path_of("/cases/{reference}/x", {"reference": "a/../b?c"}) == "/cases/a%2F..%2Fb%3Fc/x"
    with pytest.raises(MappingError):
        path_of("/cases/{reference}", {"reference": None})


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"text" = "text"', '"text" = "the_text"', "no such source"),
        ('reference = "data.trackingNumber"', "", "create.reference"),
        ('id = "changeId"', "", "needs id and reference"),
        ("[codes.kind]", "[codes.kind", "line"),
        ('path = "/cases"', 'path = "cases"', "create.path"),
        ("known = [409]", "unknown = [409]", "create.unknown"),
    ],
)
def test_a_wrong_mapping_file_says_what_is_wrong(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    (tmp_path / "m.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(MappingError, match=named):
        load_mapping(tmp_path / "m.toml")


@pytest.mark.parametrize(
    ("owner", "complained", "theirs"),
    [
        ("agency/water/23", None, True),
        ("agency/water/head", "province/23/desk", True),
        ("agency/gas/23", None, False),
        ("province/23/desk", None, False),
        ("agency/water/head", "agency/water/desk", False),
        ("agency/water/head", "agency/water/23", False),
        ("agency/water/23", "province/23/governor", False),
    ],
)
def test_an_agencys_automation_gets_what_is_with_the_agency_and_about_none_of_it(
    owner: str, complained: str | None, theirs: bool
) -> None:
    assert is_theirs("water", owner, complained) is theirs
