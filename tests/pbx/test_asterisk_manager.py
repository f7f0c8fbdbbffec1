"""Asterisk's manager interface: each service can do its work there, and nothing else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import contextmanager

import pytest

from line111.probes import asterisk as probe
from line111.secrets import read_secret

pytestmark = pytest.mark.pbx

Action = Callable[..., dict[str, str]]


@contextmanager
def manager(pbx, user: str, password: str | None = None, address: str | None = None):
    """A link that is logged in; yields a function that sends an action and returns its response."""
    where = (address or pbx.settings.asterisk.ami_host, pbx.settings.asterisk.ami_port)
    with socket.create_connection(where, timeout=10) as link, link.makefile("rwb") as stream:
        stream.readline()

        def act(name: str, *more: str, **fields: str) -> dict[str, str]:
            lines = [f"Action: {name}", *(f"{key}: {value}" for key, value in fields.items()), *more]
            stream.write("".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")
            stream.flush()
            while True:
                block = {}
                while line := stream.readline().decode().strip():
                    key, _, value = line.partition(":")
                    block[key] = value.strip()
                if not block or "Response" in block:
                    return block

        secret = read_secret(pbx.settings, f"ami_{user}") if password is None else password
        yield act, act("Login", Username=user, Secret=secret, Events="off")


def test_doctor_can_ask_asterisk_how_it_is(asterisk):
    assert probe(asterisk.settings).startswith("version 2")


@pytest.mark.parametrize("user", ["call_routing", "doctor"])
@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("Command", {"Command": "core show version"}),
        ("Command", {"Command": "core stop now"}),
        ("GetConfig", {"Filename": "manager.conf"}),
        ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
        ("CreateConfig", {"Filename": "new.conf"}),
        ("ListCategories", {"Filename": "manager.conf"}),
        ("ModuleLoad", {"LoadType": "load", "Module": "app_system.so"}),
        ("Reload", {"Module": "manager"}),
        ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
        ("DialplanExtensionAdd", {"Context": "from-trunk", "Extension": "9", "Application": "NoOp"}),
    ],
)  # fmt: skip
def test_no_service_may_command_configure_or_reload_asterisk(asterisk, user, action, fields):
    with manager(asterisk, user) as (act, _):
        answer = act(action, **fields)
        assert answer["Response"] == "Error"
        assert "ermission" in answer["Message"]


@pytest.mark.parametrize("application", ["System", "TrySystem", "AGI", "EAGI", "Exec", "MixMonitor"])
def test_call_routing_cannot_originate_a_call_into_a_shell(asterisk, application):
    with manager(asterisk, "call_routing") as (act, _):
        answer = act(
            "Originate", Channel="Local/111@from-trunk", Application=application, Data="touch /tmp/x"
        )
    assert answer["Response"] == "Error"
    assert "Forbidden" in answer["Message"]


def test_command_after_a_recording_is_not_run(asterisk):
    """AMI's MixMonitor can name a shell command; without the right `system` it must not run."""
    mark = asterisk.settings.spool_dir / "tmp" / "mark-of-a-command"
    with manager(asterisk, "call_routing") as (act, _):
        placed = act(
            "Originate", Channel="Local/111@from-trunk/n", Application="Wait", Data="4", Async="true"
        )
        assert placed["Response"] == "Success"
        channel = _channel(asterisk)
        recorded = act("MixMonitor", Channel=channel, File="tried.wav", Command=f"/usr/bin/touch {mark}")
        assert recorded["Response"] == "Error"
        act("Hangup", Channel=channel)
    while "0 active channels" not in asterisk.cli("core show channels"):
        time.sleep(0.1)
    time.sleep(0.5)
    assert not mark.exists()


def _channel(pbx) -> str:
    for _ in range(100):
        for line in pbx.cli("core show channels concise").splitlines():
            if "!Wait!" in line:
                return line.partition("!")[0]
        time.sleep(0.05)
    pytest.fail("the originated call did not come up")


def test_doctor_cannot_place_or_end_calls(asterisk):
    with manager(asterisk, "doctor") as (act, _):
        for action in ("Originate", "Hangup", "Redirect", "Setvar", "QueueAdd"):
            assert act(action, Channel="Local/111@from-trunk")["Response"] == "Error"


def test_call_routing_can_see_queues_and_channels(asterisk):
    with manager(asterisk, "call_routing") as (act, _):
        assert act("QueueStatus")["Response"] == "Success"
        assert act("CoreShowChannels")["Response"] == "Success"
        assert act("Ping")["Response"] == "Success"


@pytest.mark.parametrize(
    "function", ["SHELL(id)", "FILE(/etc/passwd)", "ENV(PATH)", "CURL(http://127.0.0.1/)"]
)
def test_functions_that_reach_outside_asterisk_do_not_exist(asterisk, function):
    with manager(asterisk, "call_routing") as (act, _):
        answer = act("Getvar", Variable=function)
        assert answer["Response"] == "Error" or answer["Value"] in ("", "(null)")


def test_wrong_password_is_refused(asterisk):
    with manager(asterisk, "doctor", password="wrong") as (_, login):
        assert login["Response"] == "Error"


def test_manager_and_web_server_listen_on_the_loopback_address_alone(asterisk):
    for port in (asterisk.settings.asterisk.ami_port, asterisk.settings.asterisk.http_port):
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.4", port), timeout=5)
