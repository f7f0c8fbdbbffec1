"""Callbacks without a message: all of one applicant are one matter (promise 4)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.cases.models import Case
from casebridge.recordings.models import RecordingRow


async def waits_alone(session: AsyncSession, case: Case) -> UUID | None:
    """The applicant of a case that says no more than "call me"; None where there is a message."""
    spoken = select(RecordingRow.id).where(RecordingRow.case_id == case.id).limit(1)
    if case.text or await session.scalar(spoken) is not None:
        return None
    return case.applicant_id
