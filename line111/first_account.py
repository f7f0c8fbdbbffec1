"""`python -m line111.first_account`: the first person who may sign in, made once at set-up.

The password is made here and kept in `<home>/secrets/first_operator`; change it on the screens or with
`line111 bridge create-account`, which also makes the accounts of everybody else.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

from line111.secrets import write_secret
from line111.settings import load_settings

NAME = "operator"
SECRET = "first_operator"  # noqa: S105 - the name of a file, not what is in it


def main() -> None:
    """Make the account, then keep its password. Interrupted in between, the next run makes it anew."""
    settings = load_settings()
    if (settings.secrets_dir / SECRET).exists():
        return
    password = secrets.token_urlsafe(12)
    roles = [word for role in ("operator", "supervisor") for word in ("--role", role)]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "line111", "bridge", "create-account", NAME, *roles],
        env={**os.environ, "LINE111_PASSWORD": password},  # never an argument: those are seen by all
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    write_secret(settings, SECRET, password)


if __name__ == "__main__":
    main()
