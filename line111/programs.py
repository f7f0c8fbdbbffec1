"""The programs of a node as a table: what each is for, how it starts, what it needs, how to ask it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from line111 import probes
from line111.ports import Port
from line111.settings import Settings


class UnknownProgram(Exception):
    """A name that is no program of ours; the text lists those that are."""


@dataclass(frozen=True)
class Program:
    """One program that `line111 up` starts and watches."""

    name: str
    what: str
    """Its duty in plain words."""
    command: Callable[[Settings], list[str]]
    where: Callable[[Settings], str]
    """The address a person or another program reaches it at."""
    probe: Callable[[Settings], str]
    """Asks it whether it is well; raises `NotWell`."""
    ports: Callable[[Settings], list[Port]]
    own_user: bool = False
    """It drops its rights itself, so it is started as the user who starts everything."""
    stop_seconds: Callable[[Settings], int] = lambda _settings: 15
    """How long it may take to end in peace before it is killed."""
    stop_group: bool = True
    """Whether its children get the signal to stop directly too."""
    patience: float = 4.0
    """How many times `hung_seconds` it may be silent before it is ended as hanging."""


def _module(name: str) -> Callable[[Settings], list[str]]:
    return lambda _settings: [sys.executable, "-P", "-m", name]


def _redis_command(settings: Settings) -> list[str]:
    return [shutil.which("redis-server") or "redis-server", str(settings.run_dir / "redis.conf")]


def _sip_ports(settings: Settings) -> list[Port]:
    sip = settings.sip
    tls = [Port(sip.tls_port)] if sip.tls_certificate else []
    own = [Port(settings.asterisk.ami_port), Port(settings.asterisk.http_port)]
    return [Port(sip.port), Port(sip.port, "udp"), *tls, *own]


PROGRAMS: tuple[Program, ...] = (
    Program(
        "redis",
        "callback index, events, job queues",
        _redis_command,
        lambda s: f"127.0.0.1:{s.redis.port}",
        probes.redis_server,
        lambda s: [Port(s.redis.port)],
    ),
    Program(
        "bridge",
        "cases, and the screens of agents and officials",
        _module("line111.serve_bridge"),
        lambda s: f"http://{s.bridge.bind}:{s.bridge.port}/",
        lambda s: probes.web(f"http://{_local(s.bridge.bind)}:{s.bridge.port}/ready"),
        lambda s: [Port(s.bridge.port)],
        stop_seconds=lambda _: 20,
    ),
    Program(
        "ivr",
        "the conversation with the caller",
        _module("ivr"),
        lambda s: f"agi://{s.ivr.bind}:{s.ivr.port}",
        lambda s: probes.web(f"http://127.0.0.1:{s.ivr.metrics_port}/health"),
        lambda s: [Port(s.ivr.port), Port(s.ivr.metrics_port)],
        stop_seconds=lambda s: int(s.ivr.drain_seconds) + 15,
        patience=1.0,  # callers wait for it
    ),
    Program(
        "asterisk",
        "answers the telephone",
        _module("asterisk_conf.launch"),
        lambda s: f"sip:{s.number}@{s.sip.bind}:{s.sip.port}",
        probes.asterisk,
        _sip_ports,
        own_user=True,
        stop_seconds=lambda _: 30,
        stop_group=False,
    ),
    Program(
        "call_routing",
        "who is on the line, by Asterisk's manager interface",
        _module("call_routing"),
        lambda s: f"metrics at 127.0.0.1:{s.call_routing.metrics_port}",
        lambda s: probes.web(f"http://127.0.0.1:{s.call_routing.metrics_port}/health"),
        lambda s: [Port(s.call_routing.metrics_port)],
    ),
    Program(
        "transcription",
        "recordings become text",
        _module("transcription"),
        lambda s: f"metrics at 127.0.0.1:{s.transcription.metrics_port}",
        lambda s: probes.web(f"http://127.0.0.1:{s.transcription.metrics_port}/health"),
        lambda s: [Port(s.transcription.metrics_port)],
        stop_seconds=lambda _: 30,
        stop_group=False,
    ),
)
"""In the order they start; they stop in the opposite order, so that none loses what it stands on."""


def chosen(settings: Settings, only: Iterable[str] = (), without: Iterable[str] = ()) -> list[Program]:
    """The programs this node runs, in starting order.

    Args:
        only: if any are named, these alone.
        without: not these. Our own Redis is left out too where `redis.url` names another.

    Raises:
        UnknownProgram: a name in neither list.
    """
    only, left_out = set(only), set(without)
    known = {program.name for program in PROGRAMS}
    if unknown := sorted((only | left_out) - known):
        raise UnknownProgram(f"no program {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    if settings.redis.url:
        left_out.add("redis")
    return [
        program for program in PROGRAMS if program.name not in left_out and (not only or program.name in only)
    ]


def named(name: str) -> Program:
    """The program of this name. Raises UnknownProgram."""
    for program in PROGRAMS:
        if program.name == name:
            return program
    raise UnknownProgram(f"no program {name}; there are: {', '.join(each.name for each in PROGRAMS)}")


def _local(bind: str) -> str:
    """Where to ask a program that listens on every address."""
    return "127.0.0.1" if bind in ("0.0.0.0", "::", "") else bind  # noqa: S104 - compared, not bound
