"""Files a node's programs are started from, rendered into `<home>/run` at each start."""

from __future__ import annotations

import configparser
import hashlib
import io
import os
import resource
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from line111.accounts import is_root, service_user
from line111.programs import Program
from line111.secrets import read_secret
from line111.settings import Settings

DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM")
"""Put before a command: the kernel sends SIGTERM when the process that started it is gone (prctl(2))."""
_SOCKET_LIMIT = 100
"""Bytes a Unix socket's path may have with room to spare (unix(7): 108 with the closing zero)."""
_DESCRIPTORS = 65_536
"""Open files a program may have: each call takes a dozen of Asterisk's."""
_START_RETRIES = 5
"""Supervisor's own tries, 1 to 5 s apart; after them `supervision` starts again, for ever."""


def control_socket(settings: Settings) -> Path:
    """Supervisor's socket: in `<home>/run`, or where that path is too long, in the temporary folder."""
    path = settings.run_dir.absolute() / "supervisor.sock"
    if len(os.fsencode(path)) <= _SOCKET_LIMIT:
        return path
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"line111-{os.geteuid()}-{mark}" / "supervisor.sock"


def write_private(path: Path, text: str, owner: str | None = None) -> None:
    """Put a file in place whole, readable by its owner alone (0600)."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if owner:
        shutil.chown(part, owner, owner)
    part.replace(path)


def redis_configuration(settings: Settings) -> str:
    """Our own Redis: loopback only, with a password, every write on disk within a second.

    `noeviction`: a full Redis must refuse, never forget a waiting callback or job.
    """
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {settings.redis.port}",
            "protected-mode yes",
            f"requirepass {read_secret(settings, 'redis_password')}",
            f'dir "{settings.home / "redis"}"',
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            "daemonize no",
            "set-proc-title no",  # or the environment, by which we know it again, is overwritten
            'logfile ""',
            "",
        )
    )


def write_redis_configuration(settings: Settings) -> None:
    """Put redis.conf in place, for `line111 up` and for the systemd unit alike."""
    user = service_user(settings)
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    (settings.home / "redis").mkdir(exist_ok=True, mode=0o700)
    if user:
        shutil.chown(settings.home / "redis", user, user)
    write_private(settings.run_dir / "redis.conf", redis_configuration(settings), owner=user)


def supervisor_configuration(settings: Settings, programs: Sequence[Program], user: str | None) -> str:
    """supervisord.conf for these programs.

    Args:
        user: whom our services run as; None: as whoever starts (then nothing is dropped).
    """
    config = configparser.RawConfigParser()
    socket = control_socket(settings)
    config["unix_http_server"] = {"file": _literal(socket), "chmod": "0600"}
    config["supervisord"] = {
        "nodaemon": "true",
        "umask": "027",
        "minfds": str(min(_DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1])),
        "directory": _literal(settings.run_dir),
        "pidfile": _literal(settings.run_dir / "supervisord.pid"),
        "logfile": _literal(settings.log_dir / "supervisord.log"),
        "logfile_maxbytes": "10MB",
        "logfile_backups": "3",
        "childlogdir": _literal(settings.log_dir),
        **({"user": "root"} if is_root() else {}),
    }
    factory = "supervisor.rpcinterface:make_main_rpcinterface"
    config["rpcinterface:supervisor"] = {"supervisor.rpcinterface_factory": factory}
    for order, program in enumerate(programs, start=1):
        config[f"program:{program.name}"] = _program(settings, program, order, user)
    written = io.StringIO()
    config.write(written)
    return written.getvalue()


def _program(settings: Settings, program: Program, order: int, user: str | None) -> dict[str, str]:
    command = [*DIES_WITH_PARENT, *program.command(settings)]
    return {
        "command": " ".join(_quoted(part) for part in command),
        "priority": str(order),
        "autostart": "true",
        "autorestart": "true",
        "startsecs": "2",
        "startretries": str(_START_RETRIES),
        "stopsignal": "TERM",
        "stopwaitsecs": str(program.stop_seconds(settings)),
        "stopasgroup": str(program.stop_group).lower(),
        "killasgroup": "true",
        # What our services write, Asterisk may write too; Asterisk sets its own once it is in its root.
        "umask": "022" if program.own_user else "007",
        "redirect_stderr": "true",
        "stdout_logfile": _literal(settings.log_dir / f"{program.name}.log"),
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": "5",
        **({"user": user} if user and not program.own_user else {}),
    }


def _literal(value: object) -> str:
    """Supervisor expands `%(name)s` in values; a percent sign in a path is meant as itself."""
    return str(value).replace("%", "%%")


def _quoted(part: str) -> str:
    """Supervisor splits commands with shlex; a path may hold a space."""
    escaped = _literal(part).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if set(part) - _PLAIN else escaped


_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-=:,+%")


def render(settings: Settings, programs: Sequence[Program]) -> Path:
    """Write redis.conf and supervisord.conf; returns the latter's path.

    Raises:
        FileNotFoundError: a secret is missing (the text names the set-up command).
    """
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    settings.log_dir.mkdir(parents=True, exist_ok=True)
    control_socket(settings).parent.mkdir(mode=0o700, exist_ok=True)
    if any(program.name == "redis" for program in programs):
        write_redis_configuration(settings)
    path = settings.run_dir / "supervisord.conf"
    write_private(path, supervisor_configuration(settings, programs, service_user(settings)))
    return path
