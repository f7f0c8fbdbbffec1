"""A setting cannot become an option, a section, an expression or an argument of Asterisk's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from asterisk_conf.render import rendered
from asterisk_conf.values import UnsafeValue, dialled_forms, node_values


def _registrar(address: str, user: str) -> dict[str, object]:
    return {"sip": {"registrar": address, "registrar_user": user}}


INJECTIONS = (
    "\n[evil]",
    ";x",
    "]",
    "${SHELL(id)}",
    "a,b",
    "`id`",
    "a b",
    "\r\nwrite=all",
    "a)",
    '"',
    "\x00",
    "ن",
)


@pytest.mark.parametrize("value", INJECTIONS)
@pytest.mark.parametrize(
    ("setting", "make"),
    [
        ("node", lambda value: {"node": f"n1{value}"}),
        ("number", lambda value: {"number": f"111{value}"}),
        ("country_timezone", lambda value: {"country_timezone": f"Asia{value}"}),
        ("home", lambda value: {"asterisk_home": value}),
        ("sip.bind", lambda value: {"sip": {"bind": f"127.0.0.1{value}"}}),
        ("sip.trunk_addresses", lambda value: {"sip": {"trunk_addresses": [f"127.0.0.2{value}"]}}),
        ("sip.trunk_contacts", lambda value: {"sip": {"trunk_contacts": [f"sip:192.0.2.1{value}"]}}),
        ("sip.registrar", lambda value: _registrar(f"sip:a.example{value}", "u")),
        ("sip.registrar_user", lambda value: _registrar("sip:a.example", f"u{value}")),
        ("sip.external_address", lambda value: {"sip": {"external_address": f"192.0.2.1{value}"}}),
        ("asterisk.ami_host", lambda value: {"asterisk": {"ami_host": f"127.0.0.1{value}"}}),
        ("ivr.hosts", lambda value: {"ivr": {"hosts": [f"ivr{value}:4573"]}}),
    ],
)  # fmt: skip
def test_value_that_would_change_the_meaning_of_a_line_is_refused_by_name(
    make_settings, setting, make, value
):
    values = make(value)
    home = values.pop("asterisk_home", None)
    settings = make_settings(**values)
    if home is not None:
        settings.home = Path(f"/tmp/n{home}")
    with pytest.raises(UnsafeValue) as refused:
        node_values(settings)
    assert refused.value.setting == setting
    assert value not in str(refused.value) or value in (",", "]", ";x")


@pytest.mark.parametrize("value", ["a\nb", "a;b", "a]b", "a b", "", "a\\b"])
def test_password_that_would_change_the_meaning_of_a_line_is_refused_unseen(make_settings, value):
    settings = make_settings()
    (settings.secrets_dir / "ami_doctor").write_text(f"{value}x" if value else "")
    with pytest.raises(UnsafeValue, match="ami_doctor") as refused:
        node_values(settings)
    assert not value or value not in str(refused.value)


@hypothesis_settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.text(min_size=1, max_size=40))
def test_whatever_the_node_is_called_no_section_is_added(make_settings, name):
    plain = rendered(node_values(make_settings()))["asterisk.conf"]
    settings = make_settings()
    settings.node = name
    try:
        text = rendered(node_values(settings))["asterisk.conf"]
    except UnsafeValue:
        return
    assert len(text.splitlines()) == len(plain.splitlines())


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "ivr.example", "::"])
def test_manager_interface_is_refused_on_anything_but_the_loopback(make_settings, address):
    with pytest.raises(UnsafeValue, match=r"asterisk\.ami_host"):
        node_values(make_settings(asterisk={"ami_host": address}))


def test_home_too_deep_for_a_socket_is_refused_before_asterisk_cuts_its_path(make_settings):
    settings = make_settings()
    settings.home = Path("/tmp") / ("a" * 80)
    with pytest.raises(UnsafeValue, match="home"):
        node_values(settings)


def test_registration_without_its_password_names_the_file_that_is_missing(make_settings):
    settings = make_settings(sip={"registrar": "sip:a.example", "registrar_user": "u"})
    with pytest.raises(FileNotFoundError, match="registrar_password"):
        node_values(settings)


def test_ipv6_addresses_are_bracketed_for_a_port(make_settings):
    assert node_values(make_settings(sip={"bind": "::1"})).sip_bind == "[::1]"


def test_number_is_taken_with_and_without_the_country_code():
    assert dialled_forms("111") == ("111", "+98111", "98111", "0098111")
