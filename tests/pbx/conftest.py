"""A real Asterisk for tests, and callers that phone it with SIPp.

Each has a home, ports and a user's rights of its own, so tests run side by side.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from asterisk_conf.installation import NoAsterisk, find_installation, install_root
from asterisk_conf.running import console
from line111.accounts import make_accounts
from line111.secrets import ensure_secrets
from line111.settings import PROJECT, Settings

SCENARIOS = Path(__file__).parent / "scenarios"
TRUNK = "127.0.0.2"
"""Where a citizen's calls come from: the address the default settings take for the trunk."""
LOW, HIGH = 15_000, 32_000  # below the ports the kernel hands out for outgoing connections
RTP_PORTS = 200
READY_SECONDS = 60


def free_port() -> int:
    """A port free for UDP and TCP on every address."""
    while True:
        port = random.randrange(LOW, HIGH)
        if _is_free(port):
            return port


def free_rtp_ports() -> tuple[int, int]:
    """First and last of a range of UDP ports none of which is taken."""
    while True:
        first = random.randrange(LOW, HIGH - RTP_PORTS, 2)
        if all(_is_free(port, kinds=(socket.SOCK_DGRAM,)) for port in range(first, first + RTP_PORTS)):
            return first, first + RTP_PORTS - 1


def _is_free(port: int, kinds: tuple[int, ...] = (socket.SOCK_DGRAM, socket.SOCK_STREAM)) -> bool:
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True


@dataclass
class Caller:
    """What a SIPp run came to."""

    code: int
    """0: the scenario went as written."""
    said: str
    """SIPp's screen and errors, for a failing test."""
    milliseconds: list[float]
    """Response times the scenario measures, such as INVITE to 200."""


@dataclass
class Pbx:
    """An Asterisk on a node of its own. `settings.ivr.port` is a free port where an ivr may listen."""

    settings: Settings
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that give another process the same settings."""
        values = self.settings.model_dump(mode="json")
        made = {
            f"LINE111_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
            for name, value in values.items()
        }
        return {**os.environ, **made, "PYTHONPATH": str(PROJECT)}

    def start(self) -> None:
        """Start Asterisk and wait until it answers."""
        log = (self.settings.log_dir / "asterisk.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "asterisk_conf.launch"],
                env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.wait_until_ready(self.process)

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Until Asterisk has loaded everything; fails the test where `process` ends before."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"Asterisk did not start:\n{self.log()[-4000:]}")
            time.sleep(0.1)

    def stop(self) -> int:
        """SIGTERM (core stop now), and wait; returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, and wait."""
        return self._end(signal.SIGKILL)

    def cli(self, command: str) -> str:
        """What Asterisk's console answers."""
        return console(self.settings, command)

    def log(self) -> str:
        """What Asterisk said on standard output and error since the beginning."""
        file = self.settings.log_dir / "asterisk.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def call(
        self,
        scenario: str | Path,
        number: str = "111",
        source: str = TRUNK,
        calls: int = 1,
        timeout: float = 40,
        arguments: tuple[str, ...] = (),
        **keys: str,
    ) -> Caller:
        """Phone this Asterisk with SIPp and wait for the end.

        Args:
            scenario: name of a file in `scenarios/` without `.xml`, or a path.
            source: address the caller phones from.
            timeout: seconds until SIPp gives up.
            keys: what the scenario names in brackets, such as `[caller]`.
        """
        process = self.phone(scenario, number, source, calls, timeout, arguments, **keys)
        said, _ = process.communicate(timeout=timeout + 10)
        folder = Path(process.args[-1])  # type: ignore[index]
        try:
            errors = "".join(file.read_text(errors="replace") for file in folder.glob("*errors*"))
            return Caller(process.returncode, said.decode(errors="replace") + errors, _measured(folder))
        finally:
            shutil.rmtree(folder)

    def phone(
        self,
        scenario: str | Path,
        number: str = "111",
        source: str = TRUNK,
        calls: int = 1,
        timeout: float = 40,
        arguments: tuple[str, ...] = (),
        **keys: str,
    ) -> subprocess.Popen[bytes]:
        """As `call`, without waiting. Who calls this waits for the process."""
        folder = tempfile.mkdtemp(prefix="sipp-")
        file = scenario if isinstance(scenario, Path) else SCENARIOS / f"{scenario}.xml"
        values = {"caller": "09121234567", "name": "citizen", "codecs": "8 0 101", **keys}
        command = ["sipp", "-sf", str(file), "-i", source, "-mi", source, "-p", str(free_port())]
        command += ["-mp", str(free_rtp_ports()[0]), "-m", str(calls), "-s", number]
        command += ["-nostdin", "-timeout", f"{timeout}s", "-timeout_error", "-trace_err"]
        command += ["-trace_rtt", "-rtt_freq", "1"]
        for name, value in values.items():
            command += ["-key", name, value]
        command += [*arguments, f"{self.settings.sip.bind}:{self.settings.sip.port}"]
        started = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.args = [*command, folder]
        return started

    def _is_ready(self) -> bool:
        address = (self.settings.asterisk.ami_host, self.settings.asterisk.ami_port)
        try:
            with socket.create_connection(address, timeout=1) as link:
                if not link.recv(100).startswith(b"Asterisk"):
                    return False
        except OSError:
            return False
        return "fully booted" in self.cli("core waitfullybooted")

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        process, self.process = self.process, None
        process.send_signal(number)
        try:
            return process.wait(30)
        finally:
            process.kill()
            process.wait()


def _measured(folder: Path) -> list[float]:
    lines = [line for file in folder.glob("*_rtt.csv") for line in file.read_text().splitlines()[1:]]
    return [float(line.split(";")[1]) for line in lines if line.strip()]


@pytest.fixture(scope="session")
def free_ports() -> Callable[[], int]:
    """Gives a port that nobody listens on, UDP or TCP, at each call."""
    return free_port


@pytest.fixture(scope="session")
def asterisk_root() -> Path | None:
    """Root file system of the Asterisk under test; None: the system's own. Made once if missing."""
    named = os.environ.get("LINE111_ASTERISK__ROOT")
    settings = Settings(home=PROJECT / "var")
    settings.asterisk.root = Path(named) if named else None
    with Path(tempfile.gettempdir(), "line111-test-accounts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of a parallel run begin at the same moment
        make_accounts(settings)
    try:
        return find_installation(settings).root
    except NoAsterisk:
        return install_root(settings)


@pytest.fixture(scope="module")
def make_asterisk(asterisk_root: Path | None) -> Iterator[Callable[..., Pbx]]:
    """Makes an Asterisk that is started: `make_asterisk(ivr={"hosts": ["127.0.0.1:1"]})`."""
    made: list[Pbx] = []

    def make(*, start: bool = True, **parts: Any) -> Pbx:
        home = Path(tempfile.mkdtemp(prefix="l111-", dir="/tmp"))  # short: a socket's path has 108 bytes
        home.chmod(0o755)
        pbx = Pbx(_settings(home, asterisk_root, parts))
        pbx.settings.log_dir.mkdir()
        ensure_secrets(pbx.settings)
        made.append(pbx)
        if start:
            pbx.start()
        return pbx

    yield make
    for pbx in made:
        pbx.stop()
        shutil.rmtree(pbx.settings.home)


@pytest.fixture(scope="module")
def asterisk(make_asterisk: Callable[..., Pbx]) -> Pbx:
    """An Asterisk for the tests of a module; its one ivr host is `127.0.0.1:<settings.ivr.port>`."""
    return make_asterisk()


def _settings(home: Path, root: Path | None, parts: dict[str, Any]) -> Settings:
    first, last = free_rtp_ports()
    ivr_port = free_port()
    ports = {
        "sip": {"port": free_port(), "rtp_first": first, "rtp_last": last},
        "asterisk": {"root": root, "ami_port": free_port(), "http_port": free_port()},
        "ivr": {"port": ivr_port, "hosts": [f"127.0.0.1:{ivr_port}"], "metrics_port": free_port()},
    }
    values: dict[str, Any] = {"home": home, "node": "test", **parts}
    for name, part in ports.items():
        values[name] = {**part, **parts.get(name, {})}
    return Settings(**values)
