"""Render what Asterisk reads: templates and a node's settings become `<home>/asterisk/etc`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from asterisk_conf import modules
from asterisk_conf.account import Account, NoSuchAccount, asterisk_account
from asterisk_conf.values import NodeValues, node_values
from line111.secrets import read_secret
from line111.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".j2"
EMERGENCY_FILE = "emergency.json"
EMERGENCY_SCRIPT = "emergency.sh"


def render(settings: Settings, target: Path | None = None) -> list[Path]:
    """Write every configuration file of this node's Asterisk, each whole, and the emergency script.

    Args:
        target: folder for the files; None: `<home>/asterisk/etc`. The emergency script goes into
            `agi-bin` beside it.

    Returns:
        The files written. They hold passwords: owner and Asterisk's group alone can read them.

    Raises:
        UnsafeValue: a setting that could change the meaning of a configuration line.
        FileNotFoundError: a secret or the TLS certificate is missing.
    """
    texts = rendered(node_values(settings))
    script_text = texts.pop(EMERGENCY_SCRIPT)
    texts[EMERGENCY_FILE] = emergency_settings(settings)
    if settings.sip.tls_certificate:
        texts["tls.pem"] = settings.sip.tls_certificate.read_text()
    target = target or settings.asterisk_dir / "etc"
    script = target.parent / "agi-bin" / "emergency"
    for folder in (target, script.parent):
        folder.mkdir(parents=True, exist_ok=True)
    gid = _reading_group(settings)
    written = [_write(target / name, text, 0o640, gid) for name, text in texts.items()]
    return [*written, _write(script, script_text, 0o750, gid)]


def rendered(values: NodeValues) -> dict[str, str]:
    """Text of each file by its name. Raises jinja2.UndefinedError for a name the values lack."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML; values are checked one by one in values.py
    )
    context: dict[str, Any] = {"node": values, "needed": modules.NEEDED, "module_groups": modules.GROUPS}
    return {
        name.removesuffix(_SUFFIX): environment.get_template(name).render(context)
        for name in sorted(environment.list_templates(extensions=["j2"]))
    }


def emergency_settings(settings: Settings) -> str:
    """What the emergency script must know, as JSON: it has no settings of its own to read.

    Times are in seconds; folders are absolute, and the same inside Asterisk's root and outside.
    """
    return json.dumps(
        {
            "node": settings.node,
            "spool_dir": str(settings.spool_dir.absolute()),
            "calls_dir": str(settings.calls_dir.absolute()),
            "sounds_dir": str(settings.sounds_dir.absolute()),
            "sealing_public": read_secret(settings, "sealing_public"),
            "message_max_seconds": settings.ivr.message_max_seconds,
            "message_silence_seconds": settings.ivr.message_silence_seconds,
            "key_timeout_seconds": settings.ivr.key_timeout_seconds,
            "country_timezone": settings.country_timezone,
        },
        ensure_ascii=False,
        indent=2,
    )


def _reading_group(settings: Settings) -> int:
    """Group of Asterisk; our own where the user is not made yet (only looking at the files)."""
    try:
        account: Account = asterisk_account(settings)
    except NoSuchAccount:
        return os.getegid()
    return account.gid


def _write(path: Path, text: str, mode: int, gid: int) -> Path:
    """Whole or not at all: Asterisk may read while we write."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if os.geteuid() == 0:
            os.fchown(descriptor, -1, gid)
        os.fchmod(descriptor, mode)
    part.replace(path)
    return path
