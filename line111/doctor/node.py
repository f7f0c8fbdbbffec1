"""What set-up made: users, folders, secrets, certificate."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from line111.accounts import is_root, service_user, user_exists, why_not_dropped
from line111.doctor.finding import Finding, fault, warning, well
from line111.folders import folder_faults
from line111.secrets import RANDOM
from line111.settings import Settings

_SETUP = "run `line111 setup` (as root, where owners are to be set)"
_PUBLIC = {"sealing_public"}
_DAYS_BEFORE = 21


def users(settings: Settings) -> Finding:
    """The two unprivileged users."""
    wanted = (settings.service_user, settings.asterisk.user)
    missing = [name for name in wanted if not user_exists(name)]
    if missing and is_root():
        return fault(f"missing: {', '.join(missing)}", "run `line111 setup` as root")
    if missing:
        return warning(f"missing: {', '.join(missing)}", "fine for trying it out; as root: `line111 setup`")
    return well(" and ".join(wanted))


def rights_dropped(settings: Settings) -> Finding:
    """Whether the services run without root's rights."""
    if reason := why_not_dropped(settings):
        mend = "keep the project where that user may read it (below /opt), set up as root"
        return warning(f"services run as the starting user: {reason}", mend)
    return well(f"services run as {service_user(settings)}")


def folders(settings: Settings) -> Finding:
    """The folders below home, their owners and modes."""
    if not settings.home.is_dir():
        return fault(f"{settings.home} is missing", _SETUP)
    wrong = list(folder_faults(settings))
    if wrong:
        return fault(
            "; ".join(wrong[:4]) + (f"; and {len(wrong) - 4} more" if len(wrong) > 4 else ""), _SETUP
        )
    return well(f"as they should be below {settings.home}")


def secrets(settings: Settings) -> Finding:
    """All there, and readable by their owner alone."""
    folder = settings.secrets_dir
    # A node that only takes calls has the public half alone: it seals identities, and opens none.
    wanted = [*RANDOM, "sealing_public"]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if not list(folder.glob("data_key.*")):
        missing.append("data_key.1")
    if missing:
        mend = f"{_SETUP}; where recordings exist already, restore data keys from the backup instead"
        return fault(f"missing: {', '.join(missing)}", mend)
    open_ones = [path.name for path in folder.iterdir() if _too_open(path)]
    if open_ones:
        names = " ".join(str(folder / name) for name in open_ones)
        return fault(
            f"others may read: {', '.join(open_ones)}",
            f"chmod 600 {names}; then rotate them (docs/operations.md)",
        )
    empty = [path.name for path in folder.iterdir() if path.is_file() and path.stat().st_size == 0]
    if empty:
        return fault(
            f"empty: {', '.join(empty)}",
            "restore them from the backup, or remove them and run `line111 setup`",
        )
    return well(f"{len(list(folder.iterdir()))} there, closed to others")


def _too_open(path: Path) -> bool:
    return path.name not in _PUBLIC and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def certificate(settings: Settings) -> Finding:
    """The certificate SIP over TLS is offered with."""
    path = settings.sip.tls_certificate
    if path is None:
        return well("SIP over TLS is not used")
    ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    days = (ends - datetime.now(UTC)).days
    words = f"{path} is valid until {ends:%Y-%m-%d} ({days} days)"
    if days < 0:
        return fault(
            f"{path} ended on {ends:%Y-%m-%d}: trunks refuse calls",
            "put a new certificate there and restart asterisk",
        )
    if days < _DAYS_BEFORE:
        return warning(words, "renew it now; then `line111 restart asterisk`")
    return well(words)
