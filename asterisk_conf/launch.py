"""Start this node's Asterisk in the foreground: `python -m asterisk_conf.launch`.

The process becomes Asterisk: same process id, so signals and exit code need no go-between. SIGTERM is
`core stop now`; a second one while it stops is of no use. Needs root, or a system Asterisk.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import NoReturn

from asterisk_conf import log_files
from asterisk_conf.account import NoSuchAccount, asterisk_account, prepare_folders
from asterisk_conf.emergency_site import copy_emergency_site
from asterisk_conf.enclosure import NeedsRoot, drop_rights, enter
from asterisk_conf.installation import PROGRAM, NoAsterisk, find_installation
from asterisk_conf.render import render
from asterisk_conf.values import UnsafeValue
from line111.settings import Settings, load_settings

ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
}
"""All that Asterisk and its scripts inherit: nothing of ours, no settings, no secrets."""
MOST_FILES = 65_536
"""Open files at most. More would cost: Asterisk goes through all of them at each fork."""
UMASK = 0o007
"""What Asterisk writes into shared folders, the shared group may write too."""


def program_command(settings: Settings) -> list[str]:
    """Asterisk itself, in the foreground, on this node's configuration."""
    return [PROGRAM, "-f", "-C", str(settings.asterisk_dir.absolute() / "etc" / "asterisk.conf")]


def launch(settings: Settings) -> NoReturn:
    """Render, prepare, enter the root if there is one, give up all rights, become Asterisk.

    Raises:
        NoAsterisk, NeedsRoot, NoSuchAccount, UnsafeValue, FileNotFoundError: said in plain words.
    """
    installation = find_installation(settings)
    account = asterisk_account(settings)
    prepare_folders(settings, account)
    copy_emergency_site(settings)
    render(settings)
    log_files.keep_few(settings)
    if installation.root:
        enter(settings, installation.root)
    os.umask(UMASK)
    _many_files()
    command = program_command(settings)
    if os.geteuid() == 0:
        command = [*drop_rights(account), *command]
    os.execve(command[0], command, ENVIRONMENT)  # noqa: S606 - no shell is the point


def _many_files() -> None:
    """A call takes about eight descriptors; a shell's usual 1024 would be the end of 120 callers."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE,
        (MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES), hard),
    )


def main() -> NoReturn:
    """Entry of the process; a fault that an operator can mend is one line, without a traceback."""
    try:
        launch(load_settings())
    except (NoAsterisk, NeedsRoot, NoSuchAccount, UnsafeValue, FileNotFoundError) as fault:
        print(f"asterisk cannot start: {fault}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
