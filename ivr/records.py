"""The records of the spool, format 1: what a call hands to the bridge.

Standard library alone: this also runs beside Asterisk, in its root. The bridge publishes the same
format as a schema (`casebridge.intakes.schemas`); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from ivr.record_id import new_record_id

FORMAT: Final = 1
RATE: Final = 8000
"""Samples a second of G.711; a sample of A-law is one byte."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A closed recording on disk: all parts of the message in one file of raw A-law."""

    recording_id: str
    file: str
    """Path below `calls_dir`."""
    bytes: int
    sha256: str

    @property
    def duration_ms(self) -> int:
        """Its length in milliseconds."""
        return self.bytes * 1000 // RATE

    def to_record(self) -> Record:
        """As it stands in an intake."""
        return {
            "recording_id": self.recording_id,
            "file": self.file,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "duration_ms": self.duration_ms,
            "encoding": "alaw",
            "rate": RATE,
            "channels": 1,
            "speaker": "applicant",
        }


def moment(at: datetime | None = None) -> str:
    """UTC with milliseconds, ending in Z."""
    at = at or datetime.now(UTC)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def private_part(
    identifier_kind: str, identifier: str, contact_number: str | None, caller_number: str | None
) -> Record:
    """What is sealed for the bridge alone (promise 5)."""
    return {
        "identifier_kind": identifier_kind,
        "identifier": identifier,
        "contact_number": contact_number,
        "caller_number": caller_number,
    }


def intake(
    *,
    node: str,
    origin: str,
    call_id: str,
    language: str,
    tracking_code: str | None,
    kind: str,
    sealed: str,
    province: str | None,
    ended_by: str,
    recording: Recorded | None,
    wished: str | None = None,
) -> Record:
    """A caller's matter.

    Args:
        tracking_code: None only while no code can be had; such an intake waits until there is one.
        ended_by: "confirmed", "hangup", "agent_unavailable" or "rescued".
        wished: a callback chosen together with the matter ("asap", "afternoon", "tomorrow").
    """
    return {
        **_begun("intake", node, call_id),
        "created_at": moment(),
        "origin": origin,
        "language": language,
        "tracking_code": tracking_code,
        "kind": kind,
        "sealed": sealed,
        "province": province,
        "ended_by": ended_by,
        "recording": recording.to_record() if recording else None,
        "callback": {"wished": wished} if wished else None,
    }


def callback_wish(*, node: str, call_id: str, intake_id: str, wished: str) -> Record:
    """A callback the caller wished after the code was told."""
    return {
        **_begun("callback_wish", node, call_id),
        "created_at": moment(),
        "intake_id": intake_id,
        "wished": wished,
    }


def decision(
    *,
    node: str,
    call_id: str,
    language: str,
    tracking_code: str,
    answer_id: str,
    sealed: str,
    accepted: bool,
) -> Record:
    """What an applicant says to an answer; the reason of an objection, if spoken, is added later.

    Args:
        answer_id: the answer they heard; it can't be meant for a later one.
    """
    return {
        **_begun("decision", node, call_id),
        "created_at": moment(),
        "language": language,
        "tracking_code": tracking_code,
        "answer_id": answer_id,
        "sealed": sealed,
        "accepted": accepted,
        "recording": None,
    }


def reply(
    *,
    node: str,
    call_id: str,
    language: str,
    tracking_code: str,
    question_id: str,
    sealed: str,
) -> Record:
    """What an applicant says to a question; what they speak is added when it is recorded.

    Args:
        question_id: the question they heard; it can't be meant for a later one.
    """
    return {
        **_begun("reply", node, call_id),
        "created_at": moment(),
        "language": language,
        "tracking_code": tracking_code,
        "question_id": question_id,
        "sealed": sealed,
        "recording": None,
    }


def call_report(
    *,
    node: str,
    call_id: str,
    language: str,
    caller_sealed: str | None,
    started_at: str,
    outcome: str,
    intake_id: str | None,
    code_told: bool,
    journal: Sequence[Mapping[str, Any]],
) -> Record:
    """What happened in a call, from answer to hang-up.

    That is now, but never before the start: a clock set back meanwhile must not cost the report.
    """
    return {
        **_begun("call_report", node, call_id),
        "language": language,
        "caller_sealed": caller_sealed,
        "started_at": started_at,
        "answered_at": started_at,
        "ended_at": max(started_at, moment()),
        "outcome": outcome,
        "intake_id": intake_id,
        "code_told": code_told,
        "journal": [dict(step) for step in journal],
    }


def _begun(kind: str, node: str, call_id: str) -> Record:
    """What every record says first: what it is, its own name, and of which call on which node it tells."""
    return {
        "format": FORMAT,
        "type": kind,
        "record_id": new_record_id(),
        "node": node,
        "call_id": call_id,
    }
