"""Every text of the screens is there in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import console

ROOM = Path(console.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def _used() -> set[str]:
    found = extract_from_dir(ROOM, METHODS, OPTIONS, KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


@pytest.mark.parametrize("code", ["fa", "en"])
def test_every_text_of_the_screens_is_in_the_catalogue(code: str) -> None:
    with (ROOM / "locale" / code / "LC_MESSAGES" / "console.po").open("rb") as file:
        messages = read_po(file, locale=code)
    ids = {m.id if isinstance(m.id, str) else m.id[0]: m for m in messages if m.id}
    assert _used() - set(ids) == set(), "not in the catalogue"
    assert set(ids) - _used() == set(), "no longer used"
    for text, message in ids.items():
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(forms), f"no translation of {text!r}"
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) <= set(PLACEHOLDER.findall(text)), text


def test_code_and_templates_hold_no_persian() -> None:
    persian = re.compile(r"[\u0600-\u06ff]")
    for path in [*ROOM.rglob("*.py"), *(ROOM / "templates").rglob("*.html"), *(ROOM / "frontend").rglob("*")]:
        if path.is_file():
            assert not persian.search(path.read_text(encoding="utf-8")), path
