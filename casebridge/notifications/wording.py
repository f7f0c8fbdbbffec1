"""A centre's own wording of templates, laid over those of `templates.toml`."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.notifications.models import Wording
from casebridge.notifications.templates import Template, template


async def own_wording(session: AsyncSession, audience: str, name: str, language: str) -> Template:
    """The template as this centre words it. Raises UnknownTemplate."""
    pattern = template(audience, name, language)
    own = await session.get(Wording, (audience, name, pattern.language))
    if own is None:
        return pattern
    return replace(pattern, sms=own.sms, subject=own.subject, email=own.email)
