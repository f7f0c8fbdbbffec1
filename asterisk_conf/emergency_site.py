"""The few pure-Python packages the emergency script needs, copied where Asterisk's Python finds them.

They come from this environment, so they are the pinned and hashed ones. PyNaCl is not among them:
it is compiled, and the root has its own (python3-nacl).
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import Distribution, distribution
from pathlib import Path

from line111.settings import Settings

DISTRIBUTIONS = ("pyst2", "six", "python-stdnum", "phonenumbers", "jdatetime", "jalali-core", "uuid6")
"""pyst2 speaks AGI; the others are what `persian` and `ivr` build on."""
_MANIFEST = "manifest.json"
_LEFT_OUT = ("__pycache__", "..")
_COMPILED = (".so", ".pyd", ".pyc")


class NotPurePython(Exception):
    """A package that should run on another Python holds compiled code."""


def emergency_site(settings: Settings) -> Path:
    """Where the packages are put: a `sys.path` entry for Asterisk's Python."""
    return settings.home.absolute() / "emergency-site"


def copy_emergency_site(settings: Settings) -> Path:
    """Copy the packages if their versions are not those there already; whole or not at all.

    Raises:
        PackageNotFoundError: this environment lacks one.
        NotPurePython: one has compiled parts.
    """
    site = emergency_site(settings)
    found = [distribution(name) for name in DISTRIBUTIONS]
    manifest = json.dumps({each.name: each.version for each in found}, indent=2)
    if (site / _MANIFEST).exists() and (site / _MANIFEST).read_text() == manifest:
        return site
    part = site.with_name(f"{site.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for each in found:
        _copy(each, part)
    (part / _MANIFEST).write_text(manifest)
    _let_all_read(part)
    shutil.rmtree(site, ignore_errors=True)
    part.replace(site)
    return site


def _let_all_read(folder: Path) -> None:
    """Whatever the umask of who sets up: another user's Python imports from here."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _copy(package: Distribution, folder: Path) -> None:
    for file in package.files or ():
        if file.suffix in _COMPILED[:2]:
            raise NotPurePython(f"{package.name} has {file}")
        if set(_LEFT_OUT) & set(file.parts) or file.suffix in _COMPILED:
            continue
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), target)
