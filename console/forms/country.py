"""Forms of the country: read as a table of one row, so that a form and an import are judged alike."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from casebridge.bridge import Bridge
from casebridge.country import editing
from casebridge.country.schemas import RowError, Sheet
from casebridge.country.sheets import SHAPES, read_lines, words_of
from console.pages import language_of

LONGEST: Final = 400
"""Characters of a field that are looked at."""
_TICKED: Final = frozenset({"capital", "special_governorate", "active", "night_shift", "leads", "remove"})


async def save_form(
    request: Request, bridge: Bridge, actor: str, sheet: Sheet, address: str | None
) -> tuple[list[RowError], dict[str, str]]:
    """Writes what a form says.

    Returns:
        What is wrong with it, in the visitor's language (nothing: it was written), and what was typed.
    """
    form = await request.form()
    columns = SHAPES[sheet].columns
    typed = {name: value[:LONGEST] for name in columns if isinstance(value := form.get(name, ""), str)}
    typed |= {name: "yes" if typed.get(name) else "no" for name in columns if name in _TICKED}
    lines, wrong = read_lines(sheet, [list(typed), list(typed.values())])
    if not wrong:
        async with bridge.database.writing() as session:
            wrong = (await editing.save(session, sheet, lines, actor, address=address)).errors
    speech = language_of(request)
    shown = {name: typed[name] for name in typed if name not in _TICKED}
    return [words_of(error, speech.code) for error in wrong], shown
