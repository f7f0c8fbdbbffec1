"""Asterisk's own small world: a private mount namespace whose root holds only what it needs.

The root is put together on a tmpfs that this process alone sees: the installation's `/usr` and
`/etc` read-only, a handful of devices, this node's folders at their usual absolute paths, the rooms
the emergency script imports read-only. Secrets, database and the rest of the machine are not there.
When the process ends, however it ends, the kernel takes the mounts away (mount_namespaces(7)).
"""

from __future__ import annotations

import ctypes
import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from asterisk_conf.account import Account
from asterisk_conf.emergency_site import emergency_site
from line111.settings import PROJECT, Settings

ROOMS = ("agi_scripts", "ivr", "persian", "line111")
"""Rooms the emergency script may import."""
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_CLONE_NEWNS = 0x00020000  # sched.h
_SYSTEM_FOLDERS = ("usr", "etc", "bin", "sbin", "lib", "lib64")
_ROOT_NAME = "A.ROOT-SERVERS.NET"


class NeedsRoot(Exception):
    """A root file system of one's own can be entered by root alone; the text says what to do."""


def enter(settings: Settings, root: Path) -> None:
    """Move this process into Asterisk's root. There is no way back, also not for its children.

    Args:
        root: the installation's file system; it is only read, and may serve several nodes at once.

    Raises:
        NeedsRoot: started by another user.
        CalledProcessError: a mount failed; mount(8) has said why on standard error.
    """
    if os.geteuid() != 0:
        raise NeedsRoot(
            "this Asterisk lives in a root file system of its own; "
            "only root can start it (it drops its rights)"
        )
    _new_mount_namespace()
    new = settings.asterisk_dir.absolute() / "root"
    new.mkdir(exist_ok=True)
    names = _name_files(settings)
    _shell(_mounts(settings, root, new, names))
    os.chroot(new)
    os.chdir("/")


def own_words_for_names(hosts: str, hostname: str) -> str:
    """Text of /etc/hosts: this machine's, with the two names the RTP engine looks up in every call.

    Without them each call would wait for a name server that may not answer, for seconds.
    """
    known = {name for line in hosts.splitlines() for name in line.partition("#")[0].split()[1:]}
    missing = [name for name in ("localhost", hostname, _ROOT_NAME) if name not in known]
    return "\n".join([hosts.rstrip(), *(f"127.0.0.1 {name}" for name in missing), ""]).lstrip("\n")


def quick_resolver(resolv: str) -> str:
    """Text of /etc/resolv.conf: this machine's, with short patience (seconds, resolv.conf(5))."""
    kept = [line for line in resolv.splitlines() if not line.startswith("options")]
    return "\n".join([*kept, "options timeout:1 attempts:1", ""])


def _name_files(settings: Settings) -> dict[str, Path]:
    """Written at each start: the machine's name and name servers may have changed."""
    folder = settings.asterisk_dir.absolute() / "etc"
    texts = {
        "hosts": own_words_for_names(_read("/etc/hosts"), socket.gethostname()),
        "resolv.conf": quick_resolver(_read("/etc/resolv.conf")),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    return {name: folder / name for name in texts}


def _mounts(settings: Settings, root: Path, new: Path, names: dict[str, Path]) -> Iterator[list[str]]:
    """Commands that put the new root together, in order."""
    # A tmpfs, so that mount points need no place in the installation or on disk.
    yield ["mount", "-t", "tmpfs", "-o", "mode=755,size=64m,nosuid,nodev", "asterisk", str(new)]
    for name in _SYSTEM_FOLDERS:
        yield from _system_folder(root / name, new / name)
    for name, source in names.items():
        if (root / "etc" / name).exists():
            yield from _bind(source, new / "etc" / name, make=False)
    yield ["mkdir", "-p", *(str(new / name) for name in ("dev/shm", "proc", "run", "var", "tmp"))]
    yield ["chmod", "1777", str(new / "tmp"), str(new / "dev/shm")]
    for name in DEVICES:
        yield ["touch", str(new / "dev" / name)]
        yield ["mount", "--bind", f"/dev/{name}", str(new / "dev" / name)]
    # Other users' processes are not shown; a container that allows no new /proc lends us its own.
    proc = shlex.quote(str(new / "proc"))
    own = f"mount -t proc -o nosuid,nodev,noexec,hidepid=2 proc {proc} 2>/dev/null"
    yield ["/bin/sh", "-c", f"{own} || mount --rbind /proc {proc}"]
    for folder in (settings.asterisk_dir, settings.calls_dir, settings.spool_dir):
        yield from _bind(folder.absolute(), _inside(new, folder), writable=True)
    for folder in (settings.asterisk_dir / "etc", settings.asterisk_dir / "agi-bin", settings.sounds_dir):
        yield from _bind(folder.absolute(), _inside(new, folder))
    for folder in (emergency_site(settings), *(PROJECT / room for room in ROOMS)):
        yield from _bind(folder, _inside(new, folder))


def _system_folder(source: Path, target: Path) -> Iterator[list[str]]:
    """`/bin` and its like are links into `/usr` nowadays; real folders are bound."""
    if source.is_symlink():
        yield ["ln", "-s", str(source.readlink()), str(target)]
    elif source.is_dir():
        yield from _bind(source, target)


def _bind(source: Path, target: Path, *, writable: bool = False, make: bool = True) -> Iterator[list[str]]:
    if make:
        yield ["mkdir", "-p", str(target)]
    # Two steps: the kernel takes the flags of a bind mount only from a remount (mount(8)).
    yield ["mount", "--bind", str(source), str(target)]
    flags = "nosuid,nodev,noexec" if writable else "nosuid,nodev,ro"
    yield ["mount", "-o", f"remount,bind,{flags}", str(target)]


def _inside(new: Path, path: Path) -> Path:
    return new / path.absolute().relative_to("/")


def _shell(commands: Iterator[list[str]]) -> None:
    """Run all in one shell that stops at the first failure: forty processes started from here cost more."""
    script = "\n".join(["set -eu", *(shlex.join(command) for command in commands)])
    subprocess.run(["/bin/sh"], input=script, text=True, check=True)


def _new_mount_namespace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNS) != 0:
        number = ctypes.get_errno()
        raise NeedsRoot(f"a mount namespace of its own was refused: {os.strerror(number)}")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def drop_rights(account: Account) -> list[str]:
    """What stands before a command so that it runs as this account, and can never gain anything.

    `--pdeathsig keep`: whoever started us asked the kernel to be told when it ends, and a change of
    user would otherwise forget it (prctl(2)).
    """
    groups = ["--groups", ",".join(map(str, account.groups))] if account.groups else ["--clear-groups"]
    return [
        "/usr/bin/setpriv", "--reuid", str(account.uid), "--regid", str(account.gid), *groups,
        "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs",
        "--pdeathsig", "keep", "--",
    ]  # fmt: skip
