"""Real parts shared by all tests: Redis, PostgreSQL, a node's home, a running bridge.

Everything has its own folder below /tmp (short, since sockets' paths are limited) and its own free
ports, so that several pytest processes run beside each other.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import redis
from argon2 import PasswordHasher

from casebridge.client import BridgeClient
from casebridge.migrate import upgrade
from casebridge.people import service as people
from line111.secrets import ensure_secrets, read_secret
from line111.settings import (
    BridgeSettings,
    IvrSettings,
    RedisSettings,
    Settings,
    SipSettings,
    TranscriptionSettings,
)
from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parent.parent
POSTGRES_BIN = Path("/usr/lib/postgresql/15/bin")


def free_port() -> int:
    """A TCP port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session", autouse=True)
def _no_configuration_of_this_machine() -> Iterator[None]:
    """Tests use the settings they make, not a `line111.toml` that happens to lie here."""
    before = os.environ.get("LINE111_CONFIG")
    os.environ["LINE111_CONFIG"] = "/nonexistent/line111.toml"
    yield
    if before is None:
        del os.environ["LINE111_CONFIG"]
    else:
        os.environ["LINE111_CONFIG"] = before


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Accounts made by tests have passwords hashed at the least cost: a proper hash takes a quarter of a
    second, and so does each sign-in, which goes by what the stored hash says. `test_people` looks at the
    cost of the product's own."""
    proper = people._hasher
    people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    people._hasher = proper


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder of the test's own with a short name."""
    folder = Path(tempfile.mkdtemp(prefix="l1-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class RedisServer:
    """A Redis of the tests' own. It keeps nothing: a restart comes back empty."""

    def __init__(self, folder: Path, password: str = "", port: int | None = None) -> None:
        self.port = port or free_port()
        self.password = password
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Address for clients."""
        login = f":{self.password}@" if self.password else ""
        return f"redis://{login}127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A blocking client for looking inside."""
        return redis.Redis.from_url(self.url, decode_responses=True)

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = {
            "--port": str(self.port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no",
            "--dir": str(self._folder), "--maxmemory": "64mb", "--requirepass": self.password,
        }  # fmt: skip
        command = ["redis-server", *(part for pair in options.items() for part in pair)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.client().ping(), what="Redis")

    def kill(self) -> None:
        """SIGKILL: what it held is gone."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: it accepts connections and answers nobody."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="session")
def _redis_of_this_process() -> Iterator[RedisServer]:
    folder = Path(tempfile.mkdtemp(prefix="l1r-", dir="/tmp"))
    server = RedisServer(folder)
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_server(_redis_of_this_process: RedisServer) -> Iterator[RedisServer]:
    """An empty Redis; a test may `kill()`, `start()`, `pause()` and `resume()` it."""
    server = _redis_of_this_process
    server.client().flushall()
    yield server
    server.resume()
    if server._process is None or server._process.poll() is not None:
        server.start()


def _as_postgres(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        if os.geteuid() == 0
        else [*command]
    )


@pytest.fixture(scope="session")
def _postgres_cluster() -> Iterator[str]:
    """A cluster of this process's own, with fsync on: durability is part of what is tested."""
    folder = Path(tempfile.mkdtemp(prefix="l1p-", dir="/tmp"))
    port = free_port()
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    data = str(folder / "d")
    initdb = ["-D", data, "-U", "line111", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(_as_postgres(str(POSTGRES_BIN / "initdb"), *initdb), check=True, **quiet)
    options = ["-D", data, "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    options += ["-c", "max_connections=200", "-c", "shared_buffers=32MB"]
    server = subprocess.Popen(_as_postgres(str(POSTGRES_BIN / "postgres"), *options), **quiet)
    ready = _as_postgres(str(POSTGRES_BIN / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q")
    wait_for(lambda: subprocess.run(ready, check=False, cwd="/").returncode == 0, what="PostgreSQL")
    yield f"127.0.0.1:{port}"
    server.send_signal(signal.SIGQUIT)
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(_postgres_cluster: str) -> Iterator[str]:
    """SQLAlchemy URL of a new, empty database in a real PostgreSQL."""
    host, _, port = _postgres_cluster.partition(":")
    name = f"t{uuid4().hex[:12]}"

    def psql(statement: str) -> None:
        command = ["psql", "-h", host, "-p", port, "-U", "line111", "-d", "postgres", "-qc", statement]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    psql(f"CREATE DATABASE {name}")
    yield f"postgresql+asyncpg://line111@{host}:{port}/{name}"
    psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def make_home(redis_server: RedisServer) -> Iterator[Callable[..., Settings]]:
    """Makes homes of nodes: settings with free ports, folders and secrets below a short path."""
    folders: list[Path] = []

    def make(*, database_url: str | None = None, node: str = "n1") -> Settings:
        home = Path(tempfile.mkdtemp(prefix="l1h-", dir="/tmp"))
        folders.append(home)
        port = free_port()
        settings = Settings(
            home=home,
            node=node,
            log_format="text",
            bridge=BridgeSettings(port=port, url=f"http://127.0.0.1:{port}", database_url=database_url),
            redis=RedisSettings(url=redis_server.url),
            ivr=IvrSettings(port=free_port(), metrics_port=free_port()),
            transcription=TranscriptionSettings(metrics_port=free_port()),
            sip=SipSettings(port=free_port(), tls_port=free_port()),
        )
        ensure_secrets(settings)
        for below in (settings.spool_dir, settings.calls_dir, settings.sounds_dir, settings.run_dir):
            below.mkdir(parents=True, exist_ok=True)
        settings.proposals_dir.symlink_to(Settings(home=PROJECT / "var").proposals_dir)
        return settings

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def node_home(make_home: Callable[..., Settings]) -> Settings:
    """Settings of a node on SQLite with free ports, its folders and its secrets."""
    return make_home()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, short_path: Path) -> str:
    """URL of an empty database, once SQLite and once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{short_path / 'b.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


class RunningBridge:
    """A bridge in a process of its own, as in production; it can be killed and started again."""

    def __init__(self, settings: Settings, application: str = "casebridge") -> None:
        self.settings = settings
        self.url = settings.bridge.url
        self._application = application
        self._process: subprocess.Popen[bytes] | None = None
        _prepare(settings)
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        environment = _environment(self.settings)
        log = (self.settings.home / "bridge.log").open("ab")
        command = [sys.executable, "-m", self._application, "serve"]
        self._process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log)
        log.close()
        wait_for(self._answers, 90, "the bridge")

    def kill(self) -> None:
        """SIGKILL in the middle of whatever it does."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and wait."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return (self.settings.home / "bridge.log").read_text(errors="replace")

    def token(self, service: str) -> str:
        """The bearer token of a service."""
        return read_secret(self.settings, f"token_{service}")

    def client(self, service: str = "ivr") -> BridgeClient:
        """A client with a service's token."""
        return BridgeClient(self.url, self.token(service))

    def http(self, service: str | None = None) -> httpx.Client:
        """A plain HTTP client, for what a stranger may send."""
        headers = {"Authorization": f"Bearer {self.token(service)}"} if service else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    def _answers(self) -> bool:
        if self._process and self._process.poll() is not None:
            pytest.fail(f"the bridge ended:\n{self.log[-3000:]}")
        return httpx.get(f"{self.url}/health", timeout=1, trust_env=False).is_success


@cache
def _migrated() -> Path:
    """A database of today's shape, made once: most bridges begin with a copy."""
    folder = Path(tempfile.mkdtemp(prefix="l1m-", dir="/tmp"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(f"sqlite+aiosqlite:///{folder / 'm.sqlite3'}")
    return folder / "m.sqlite3"


def _prepare(settings: Settings) -> None:
    """A database of today's shape; one that is there already keeps what it holds."""
    file = settings.home / "db" / "line111.sqlite3"
    if settings.bridge.database_url or file.exists():
        upgrade(settings.database_url)
    else:
        file.parent.mkdir(exist_ok=True)
        shutil.copy(_migrated(), file)


def _environment(settings: Settings) -> dict[str, str]:
    """A node's settings as variables for a process of its own."""
    environment = {
        **os.environ,
        "LINE111_HOME": str(settings.home),
        "LINE111_NODE": settings.node,
        "LINE111_LOG_FORMAT": settings.log_format,
        "LINE111_BRIDGE__PORT": str(settings.bridge.port),
        "LINE111_BRIDGE__URL": settings.bridge.url,
        "LINE111_BRIDGE__CALLBACK_LEASE_SECONDS": str(settings.bridge.callback_lease_seconds),
        "LINE111_REDIS__URL": settings.redis.url or "",
        "LINE111_IVR__PORT": str(settings.ivr.port),
        "LINE111_IVR__METRICS_PORT": str(settings.ivr.metrics_port),
        "LINE111_TRANSCRIPTION__METRICS_PORT": str(settings.transcription.metrics_port),
        "LINE111_SIP__PORT": str(settings.sip.port),
        "LINE111_LINKS": settings.links.model_dump_json(),
    }
    if settings.bridge.database_url:
        environment["LINE111_BRIDGE__DATABASE_URL"] = settings.bridge.database_url
    return environment


@pytest.fixture
def node_environment() -> Callable[[Settings], dict[str, str]]:
    """Turns settings into the variables of a process that is started for a test."""
    return _environment


@pytest.fixture
def start_bridge() -> Iterator[Callable[..., RunningBridge]]:
    """Starts bridges for settings; they are ended with the test."""
    running: list[RunningBridge] = []

    def start(settings: Settings, application: str = "casebridge") -> RunningBridge:
        running.append(RunningBridge(settings, application))
        return running[-1]

    yield start
    for bridge in running:
        bridge.stop()


@pytest.fixture
def bridge(node_home: Settings, start_bridge: Callable[..., RunningBridge]) -> RunningBridge:
    """A running bridge on SQLite, migrated and empty."""
    return start_bridge(node_home)
