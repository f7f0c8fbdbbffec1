"""A centre's own wording of templates, laid over those of `templates.toml`."""

from __future__ import annotations

import time
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.notifications.models import Wording
from casebridge.notifications.texts.templates import Template, all_templates, template

REMEMBERED_SECONDS = 30.0


async def own_wording(session: AsyncSession, audience: str, name: str, language: str) -> Template:
    """The template as this centre words it. Raises UnknownTemplate."""
    pattern = template(audience, name, language)
    own = await session.get(Wording, (audience, name, pattern.language))
    return pattern if own is None else _worded(pattern, own)


class WordingMemory:
    """Wordings remembered for some seconds, for those who write many messages."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], tuple[float, Template]] = {}

    async def of(self, session: AsyncSession, audience: str, name: str, language: str) -> Template:
        """The template as this centre words it. Raises UnknownTemplate."""
        key = audience, name, language
        until, found = self._known.get(key, (0.0, None))
        if found is None or until < time.monotonic():
            found = await own_wording(session, audience, name, language)
            self._known[key] = time.monotonic() + REMEMBERED_SECONDS, found
        return found


async def all_wordings(session: AsyncSession) -> list[tuple[Template, bool]]:
    """Every template as this centre words it, and whether those are its own words."""
    own = {(row.audience, row.template, row.language): row for row in await session.scalars(select(Wording))}
    found = []
    for pattern in all_templates():
        row = own.get((pattern.audience, pattern.name, pattern.language))
        worded = pattern if row is None else _worded(pattern, row)
        found.append((worded, row is not None))
    return found


def _worded(pattern: Template, row: Wording) -> Template:
    return replace(pattern, sms=row.sms, subject=row.subject, email=row.email)
