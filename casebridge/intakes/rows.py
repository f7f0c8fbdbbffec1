"""The rows a record becomes. Plain data in, plain data out; nothing is written here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import FromClause

from casebridge.applicants.identity import ClosedIdentity
from casebridge.applicants.models import Applicant
from casebridge.audit.models import AuditLine
from casebridge.callbacks.rules import Office, due_at
from casebridge.cases.beginning import first_columns, level_of
from casebridge.cases.schemas import Channel
from casebridge.events import service as events
from casebridge.events.models import OutboxRow
from casebridge.intakes.reading import Prepared
from casebridge.intakes.rules import Quarantine
from casebridge.intakes.schemas import ApplicantWord, CallReport, Intake, Wished
from casebridge.recordings.schemas import RecordingState
from casebridge.referrals.rules import Map, first_owner, in_force

log = structlog.get_logger("casebridge.intakes")
ACTOR = "service:ivr"
Rows = dict[FromClause, list[dict[str, Any]]]
"""Rows to insert, by table."""


def new_callback(
    callback_id: UUID,
    case_id: UUID,
    wished: Wished,
    asked_at: datetime,
    office: Office,
    queue: str = "general",
) -> dict[str, Any]:
    """A row of a callback that begins to wait."""
    return {
        "id": callback_id,
        "case_id": case_id,
        "state": "waiting",
        "queue": queue,
        "wished": wished.value,
        "wished_at": asked_at,
        "arrived_at": asked_at,
        "due_at": due_at(wished, asked_at, office),
        "attempts": 0,
    }


def line_row(row: dict[str, Any]) -> dict[str, Any]:
    """The outbox row that puts a callback into the index."""
    arrived, due = (int(row[name].timestamp() * 1000) for name in ("arrived_at", "due_at"))
    return events.line_change(row["id"], arrived, due, row["queue"])


def applicant_row(who: ClosedIdentity, at: datetime, applicants: dict[bytes, UUID], rows: Rows) -> UUID:
    """The applicant's id; one who phones for the first time gets a row, and is known in `applicants`."""
    applicant_id = applicants.get(who.lookup)
    if applicant_id is None:
        applicant_id = applicants[who.lookup] = who.new_id
        rows[Applicant.__table__].append(who.row(at))
    return applicant_id


def case_row(
    record: Intake, prepared: Prepared, applicant_id: UUID, quarantine: Quarantine | None, land: Map | None
) -> dict[str, Any]:
    """A row of the case an intake opens; a quarantined code is kept as the told one, never as its own."""
    first = first_owner(record.kind.value, record.province, heard=False)
    return {
        **first_columns(
            record.record_id,
            kind=record.kind,
            channel=Channel.PHONE,
            language=record.language,
            level=level_of(province=record.province),
            province=record.province,
            owner_unit=in_force(first, land) if land else first,
            applicant_id=applicant_id,
            numbers=prepared.identity.numbers if prepared.identity else None,
            key_number=prepared.key_number,
            origin=record.origin,
            opened_at=prepared.moment(record.created_at),
            registered_at=prepared.accepted_at,
        ),
        "tracking_code": None if quarantine else record.tracking_code,
        "told_code": record.tracking_code if quarantine else None,
        "quarantine": quarantine.value if quarantine else None,
        "node": record.node,
        "call_id": record.call_id,
        "ended_by": record.ended_by,
    }


def recording_row(record: Intake | ApplicantWord, prepared: Prepared, case_id: UUID) -> dict[str, Any]:
    """A row of a recording whose sound is still to come. Only for a record that announces one."""
    recording = record.recording
    if recording is None:
        raise AssertionError("asked for the row of no recording")
    return {
        "id": recording.recording_id,
        "case_id": case_id,
        "state": RecordingState.EXPECTED.value,
        "speaker": recording.speaker,
        "encoding": recording.encoding,
        "rate": recording.rate,
        "channels": recording.channels,
        "bytes": recording.bytes,
        "duration_ms": recording.duration_ms,
        "sha256": recording.sha256,
        "language": record.language.value,
        "created_at": prepared.moment(record.created_at),
    }


def call_row(record: CallReport, prepared: Prepared) -> dict[str, Any]:
    """A row of what happened in a call, the caller's number encrypted."""
    return {
        "id": record.record_id,
        "call_id": record.call_id,
        "node": record.node,
        "language": record.language.value,
        "caller": prepared.caller,
        "key_number": prepared.key_number,
        "started_at": record.started_at,
        "answered_at": record.answered_at,
        "ended_at": record.ended_at,
        "outcome": record.outcome,
        "intake_id": record.intake_id,
        "code_told": record.code_told,
        "journal": [step.model_dump(mode="json") for step in record.journal],
    }


def history_row(case_id: UUID, at: datetime, action: str, **detail: Any) -> dict[str, Any]:
    """A line of a case's history, told by the line itself."""
    return {"case_id": case_id, "at": at, "action": action, "actor": ACTOR, "detail": detail}


def audit_row(
    at: datetime, action: str, subject_kind: str, subject_id: UUID, **detail: Any
) -> dict[str, Any]:
    """A line of the audit trail, told by the line itself."""
    return {
        "at": at,
        "actor": ACTOR,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": str(subject_id),
        "detail": detail,
    }


def alarm(
    record: Intake,
    quarantine: Quarantine,
    prepared: Prepared,
    rows: Rows,
) -> None:
    """Somebody must look into it: log, audit trail and event stream all say so."""
    log.error(
        "told_code_quarantined", reason=quarantine.value, record_id=str(record.record_id), node=record.node
    )
    told = {"reason": quarantine.value, "node": record.node}
    rows[AuditLine.__table__].append(
        audit_row(prepared.accepted_at, "code_quarantined", "case", record.record_id, **told)
    )
    rows[OutboxRow.__table__].append(
        events.event("alarm.code_quarantined", case_id=record.record_id, reason=quarantine.value)
    )
