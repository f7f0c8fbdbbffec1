"""The form of a unit's contact: where it is told what concerns it."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.requests import Request

from casebridge.bridge import Bridge
from casebridge.country.service import country
from casebridge.notifications import mending
from casebridge.notifications.schemas import Contact
from casebridge.problems import Problem
from console.forms.outcomes import refusal
from persian.digits import to_latin

LONGEST = 300
"""Characters of a field that are looked at."""


async def save_contact_form(
    request: Request, bridge: Bridge, actor: str, unit: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Writes what the form says; without address and number the unit is told in its cartable alone.

    Returns:
        What is wrong with it, in the visitor's language (nothing: it was written), and what was typed.

    Raises Problem `not_found` where there is no such unit.
    """
    form = await request.form()
    given = {name: form.get(name, "") for name in ("email", "phone", "language")}
    typed = {name: value[:LONGEST].strip() for name, value in given.items() if isinstance(value, str)}
    number = "".join(to_latin(typed.get("phone", "")).split())
    read = {"email": typed.get("email") or None, "phone": number or None, "language": typed.get("language")}
    try:
        contact = Contact.model_validate(read)
    except ValidationError as error:
        return (await refusal(request, bridge, error)).told, typed
    async with bridge.database.writing() as session:
        if (await country(session)).unit(unit) is None:
            raise Problem("not_found")
        await mending.set_contact(session, unit, contact, actor)
    return (), typed
