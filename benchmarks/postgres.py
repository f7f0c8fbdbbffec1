"""A PostgreSQL of a benchmark's own, with its durability on."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.transcription_line import free_ports, wait_until

USER = "line111"


@contextmanager
def postgres_server() -> Iterator[str]:
    """A running server; yields `host:port`. Its superuser is `line111`, without a password."""
    folder = Path(tempfile.mkdtemp(prefix="l111p-", dir="/tmp"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    (port,) = free_ports(1)
    data = str(folder / "data")
    made = ["-D", data, "-U", USER, "--auth=trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(postgres_command("initdb", *made), check=True, cwd="/", stdout=subprocess.DEVNULL)
    options = ["-D", data, "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1"]
    with (Path(folder) / "log").open("wb") as log:
        server = subprocess.Popen(postgres_command("postgres", *options), cwd="/", stdout=log, stderr=log)
    ready = postgres_command("pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q")
    try:
        wait_until(lambda: subprocess.run(ready, check=False, cwd="/").returncode == 0, 60)
        yield f"127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown
        server.wait(60)
        shutil.rmtree(folder)


def make_database(server: str, name: str) -> str:
    """A new database; returns its SQLAlchemy URL."""
    host, _, port = server.partition(":")
    create = ["-h", host, "-p", port, "-U", USER, "-d", "postgres", "-qc", f"CREATE DATABASE {name}"]
    subprocess.run(postgres_command("psql", *create), check=True, cwd="/")
    return f"postgresql+asyncpg://{USER}@{server}/{name}"


def postgres_command(program: str, *arguments: str) -> list[str]:
    """A command of the newest PostgreSQL here, which refuses to run as root."""
    folders = [
        path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin")) if (path / program).exists()
    ]
    command = [str(folders[-1] / program) if folders else program, *arguments]
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    return [*drop, *command] if os.geteuid() == 0 else command
