"""What could keep this node's Asterisk from starting or from being reached, in plain words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from asterisk_conf.account import NoSuchAccount, asterisk_account
from asterisk_conf.installation import NoAsterisk, find_installation
from asterisk_conf.render import rendered
from asterisk_conf.running import NotRunning, beside_asterisk, console, process_id
from asterisk_conf.values import UnsafeValue, node_values
from line111.settings import Settings


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    words: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Look at everything there is to see without starting or changing anything."""
    yield _program(settings)
    yield _user(settings)
    yield _configuration(settings)
    if settings.sip.tls_certificate:
        yield _certificate(settings)
    yield _last_start(settings)
    process = _process(settings)
    yield process
    if process.well:
        yield _emergency_script(settings)


def _program(settings: Settings) -> Finding:
    try:
        found = find_installation(settings)
    except NoAsterisk as fault:
        return Finding("program", False, str(fault))
    version = ".".join(map(str, found.version))
    where = f"in {found.root}" if found.root else "of this machine"
    holes = "" if found.safe else "; known holes are mended from 22.10.1 on (CVE-2026-57191)"
    return Finding("program", found.safe, f"Asterisk {version} {where}{holes}")


def _user(settings: Settings) -> Finding:
    try:
        account = asterisk_account(settings)
    except NoSuchAccount as fault:
        return Finding("user", False, str(fault))
    return Finding("user", True, f"runs as user id {account.uid}, group id {account.gid}")


def _configuration(settings: Settings) -> Finding:
    try:
        files = rendered(node_values(settings))
    except (UnsafeValue, FileNotFoundError) as fault:
        return Finding("configuration", False, str(fault))
    return Finding("configuration", True, f"{len(files)} files can be rendered")


def _certificate(settings: Settings) -> Finding:
    file = settings.sip.tls_certificate
    assert file is not None  # noqa: S101 - asked before
    try:
        text = file.read_text()
    except OSError as error:
        return Finding("TLS certificate", False, f"{file}: {error.strerror}")
    missing = [part for part in ("CERTIFICATE-----", "PRIVATE KEY-----") if f"-----END {part}" not in
               text.replace("RSA ", "").replace("EC ", "")]  # fmt: skip
    if missing:
        return Finding("TLS certificate", False, f"{file} must hold certificate and key in PEM form")
    return Finding("TLS certificate", True, f"{file} holds certificate and key")


def _last_start(settings: Settings) -> Finding:
    """Errors Asterisk wrote since its last start."""
    file = settings.asterisk_dir / "log" / "asterisk.json"
    try:
        lines = [
            json.loads(line) for line in file.read_text(errors="replace").splitlines() if line[:1] == "{"
        ]
    except (OSError, ValueError):
        return Finding("log", True, "nothing is written yet")
    said = [line["logmsg"] for line in lines]
    started = [
        number for number, message in enumerate(said) if "modules will be loaded" in message["message"]
    ]
    errors = [
        each["message"].strip() for each in said[started[-1] if started else 0 :] if each["level"] == "ERROR"
    ]
    if errors:
        return Finding("log", False, f"{len(errors)} errors since the last start; the last: {errors[-1]}")
    return Finding("log", True, "no errors since the last start")


def _process(settings: Settings) -> Finding:
    try:
        number = process_id(settings)
        calls = console(settings, "core show channels count").strip().splitlines()
    except (NotRunning, NoAsterisk, NoSuchAccount) as fault:
        return Finding("process", False, str(fault))
    return Finding("process", True, f"process {number}: {calls[0] if calls else 'answers'}")


def _emergency_script(settings: Settings) -> Finding:
    """Started as Asterisk would, up to reading its arguments: all it imports must be there for it."""
    script = settings.asterisk_dir.absolute() / "agi-bin" / "emergency"
    done = subprocess.run(
        beside_asterisk(settings, str(script), "--help"),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=30,
        cwd="/",
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no words"]
        return Finding("emergency script", False, f"cannot start: {said[-1]}")
    return Finding("emergency script", True, "starts, and finds all it needs")
