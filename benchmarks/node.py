"""A node of the product for a benchmark: its own programs, started as `line111 up` would, in a folder
of its own on ports of its own. Every process is ended by its id."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.transcription_line import end, free_ports
from line111.node_files import write_redis_configuration
from line111.probes import NotWell
from line111.programs import named
from line111.secrets import ensure_secrets
from line111.settings import PROJECT, Settings

READY_SECONDS = 60
RTP_PORTS = 1500
"""Enough for the calls at once of a benchmark, two a call."""
_LOW, _HIGH = 10_000, 32_000
"""Below the ports the kernel hands out itself."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Node:
    """Programs of one node.

    Args:
        home: an empty folder with a short path.
        parts: settings that differ from the defaults, by section.
    """

    def __init__(self, home: Path, **parts: Any) -> None:
        self.settings = _settings(home, parts)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for folder in ("log", "run", "models", "redis", "db"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        ensure_secrets(self.settings)

    def start(self, name: str) -> None:
        """Start a program of the product and wait until it is well. Raises TimeoutError."""
        program = named(name)
        if name == "redis":
            write_redis_configuration(self.settings)
        with (self.settings.log_dir / f"{name}.log").open("ab") as log:
            self.processes[name] = process = subprocess.Popen(
                program.command(self.settings), env=self.environment(), cwd="/", stdout=log, stderr=log
            )
        until = time.monotonic() + READY_SECONDS
        while True:
            try:
                program.probe(self.settings)
            except NotWell as fault:
                if process.poll() is not None or time.monotonic() > until:
                    raise TimeoutError(f"{name}: {fault}\n{self.log(name)[-2000:]}") from fault
                time.sleep(0.1)
            else:
                return

    def environment(self) -> dict[str, str]:
        """Variables that give a process this node's settings."""
        values = self.settings.model_dump(mode="json")
        made = {
            f"LINE111_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
        }
        return {**os.environ, **made, "PYTHONPATH": str(PROJECT), "LINE111_CONFIG": os.devnull}

    def cpu_seconds(self, *names: str) -> float:
        """Processor seconds used so far by these programs (none named: by all)."""
        return sum(cpu_seconds(self.processes[name].pid) for name in names or self.processes)

    def log(self, name: str) -> str:
        """What a program has said."""
        return (self.settings.log_dir / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """End all programs, the last started first."""
        for process in reversed(self.processes.values()):
            end(process)
        self.processes.clear()


@contextmanager
def running_node(*programs: str, **parts: Any) -> Iterator[Node]:
    """A node with these programs up and well."""
    home = Path(tempfile.mkdtemp(prefix="l111-", dir="/tmp"))
    home.chmod(0o755)
    node = Node(home, **parts)
    try:
        for name in programs:
            node.start(name)
        yield node
    finally:
        node.stop()
        shutil.rmtree(home, ignore_errors=True)


def free_udp_ports(count: int) -> int:
    """First of so many consecutive UDP ports that nobody has just now; it is even, as RTP's are."""
    while True:
        first = random.randrange(_LOW, _HIGH - count, 2)
        with contextlib.ExitStack() as sockets, contextlib.suppress(OSError):
            for port in range(first, first + count):
                taken = sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                taken.bind(("", port))
            return first


def allow_many_files() -> None:
    """Raise the soft limit of open files of this process and its children."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def cpu_seconds(pid: int) -> float:
    """Processor seconds a process has used, in itself and in the system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _settings(home: Path, parts: dict[str, Any]) -> Settings:
    sip, ami, http, ivr, ivr_metrics, bridge, redis, speech, routing = free_ports(9)
    allow_many_files()
    rtp = free_udp_ports(RTP_PORTS)
    ports: dict[str, dict[str, Any]] = {
        "sip": {"port": sip, "rtp_first": rtp, "rtp_last": rtp + RTP_PORTS - 1},
        "asterisk": {"ami_port": ami, "http_port": http},
        "ivr": {"port": ivr, "hosts": [f"127.0.0.1:{ivr}"], "metrics_port": ivr_metrics},
        "bridge": {"port": bridge, "url": f"http://127.0.0.1:{bridge}"},
        "redis": {"port": redis},
        "transcription": {"metrics_port": speech},
        "call_routing": {"metrics_port": routing},
    }
    merged = {name: {**part, **parts.get(name, {})} for name, part in ports.items()}
    root = os.environ.get("LINE111_ASTERISK__ROOT") or _root_of_the_project()
    if root:
        merged["asterisk"]["root"] = root
    return Settings(**{"home": home, "node": "bench", **parts, **merged})


def _root_of_the_project() -> str | None:
    root = PROJECT / "var" / "asterisk-root"
    return str(root) if root.is_dir() else None
