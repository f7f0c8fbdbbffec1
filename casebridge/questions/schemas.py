"""What travels about questions to applicants."""

from __future__ import annotations

from typing import Literal

from casebridge.cases.schemas import Language
from casebridge.wire import Id, Instant, Wire

RepliedBy = Literal["phone", "sms", "unit"]


class QuestionLine(Wire):
    """A question as a case shows it, with the reply where there is one."""

    id: Id
    at: Instant
    unit_code: str
    actor: str
    text: str
    language: Language
    replied_at: Instant | None
    replied_by: RepliedBy | None
    reply_text: str | None
    reply_recording_id: Id | None
