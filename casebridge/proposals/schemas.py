"""What travels about proposals."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from casebridge.cases.schemas import Kind
from casebridge.wire import Name, PlainText, Wire

Share = Annotated[float, Field(ge=0, le=1)]


class Reason(Wire):
    """A word that speaks for a proposal, with its share of all that do."""

    word: str
    share: Share


class Alternative(Wire):
    """What else it might be."""

    code: str
    confidence: Share


class Proposed(Wire):
    """A code that is proposed, how sure that is, because of which words, and what else it might be."""

    code: str
    confidence: Share
    reasons: list[Reason]
    alternatives: list[Alternative]


class Proposal(Wire):
    """What a text seems to be about. None: not known. A person confirms it, or does not."""

    has_text: bool
    """False where nothing worth reading was said or written yet."""
    subject: Proposed | None
    kind: Proposed | None
    agency: str | None
    """The agency that leads in the subject."""


class TextQuestion(Wire):
    """A text to be read, as an applicant says or writes it."""

    text: Annotated[PlainText, Field(min_length=1, max_length=20_000)]


class Confirmation(Wire):
    """What a person found right of a proposal; what is left out is not set."""

    kind: Kind | None = None
    subject: Name | None = None
    version: int | None = Field(default=None, ge=0, le=2**31 - 1)
    """The version that was seen; refused with 409 where the case has moved on."""
