"""POST /intakes: the door through which everything a call left behind comes in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from casebridge.bridge import Bridge, get_bridge
from casebridge.intakes.schemas import Record, RecordReceipt
from casebridge.people.access import require
from casebridge.people.service import Principal
from casebridge.problems import documented

router = APIRouter(tags=["intakes"])

_SEALED = "c2VhbGVkIGJ5IHRoZSBub2RlIHdpdGggdGhlIGJyaWRnZSdzIHB1YmxpYyBrZXk="
EXAMPLES: dict[str, Any] = {
    "intake": {
        "summary": "A message left by a caller",
        "value": {
            "format": 1,
            "type": "intake",
            "record_id": "019a0000-0000-7000-8000-000000000001",
            "node": "n1",
            "origin": "ivr",
            "created_at": "2026-11-24T07:00:00.000Z",
            "call_id": "1795500000.1",
            "language": "fa",
            "tracking_code": "1234567890",
            "kind": "complaint",
            "sealed": _SEALED,
            "province": "23",
            "ended_by": "confirmed",
            "recording": {
                "recording_id": "019a0000-0000-7000-8000-000000000002",
                "file": "1795500000.1/message.alaw",
                "bytes": 160000,
                "sha256": "0" * 64,
                "duration_ms": 20000,
                "encoding": "alaw",
                "rate": 8000,
                "channels": 1,
                "speaker": "applicant",
            },
            "callback": {"wished": "asap"},
        },
    },
    "callback_wish": {
        "summary": "A callback wished after the code was told",
        "value": {
            "format": 1,
            "type": "callback_wish",
            "record_id": "019a0000-0000-7000-8000-000000000003",
            "intake_id": "019a0000-0000-7000-8000-000000000001",
            "wished": "afternoon",
            "node": "n1",
            "call_id": "1795500000.1",
            "created_at": "2026-11-24T07:02:00.000Z",
        },
    },
    "decision": {
        "summary": "An answer objected to, with a spoken reason",
        "value": {
            "format": 1,
            "type": "decision",
            "record_id": "019a0000-0000-7000-8000-000000000005",
            "node": "n1",
            "call_id": "1795500900.7",
            "created_at": "2026-11-26T08:12:00.000Z",
            "language": "fa",
            "tracking_code": "1234567890",
            "answer_id": "019a0000-0000-7000-8000-000000000006",
            "sealed": _SEALED,
            "accepted": False,
            "recording": {
                "recording_id": "019a0000-0000-7000-8000-000000000007",
                "file": "1795500900.7-decision/message.alaw",
                "bytes": 80000,
                "sha256": "0" * 64,
                "duration_ms": 10000,
                "encoding": "alaw",
                "rate": 8000,
                "channels": 1,
                "speaker": "applicant",
            },
        },
    },
    "reply": {
        "summary": "A spoken reply to a question",
        "value": {
            "format": 1,
            "type": "reply",
            "record_id": "019a0000-0000-7000-8000-000000000008",
            "node": "n1",
            "call_id": "1795500900.8",
            "created_at": "2026-11-26T08:12:00.000Z",
            "language": "fa",
            "tracking_code": "1234567890",
            "question_id": "019a0000-0000-7000-8000-000000000009",
            "sealed": _SEALED,
            "recording": {
                "recording_id": "019a0000-0000-7000-8000-00000000000a",
                "file": "1795500900.8-decision/message.alaw",
                "bytes": 80000,
                "sha256": "0" * 64,
                "duration_ms": 10000,
                "encoding": "alaw",
                "rate": 8000,
                "channels": 1,
                "speaker": "applicant",
            },
        },
    },
    "call_report": {
        "summary": "What happened in a call",
        "value": {
            "format": 1,
            "type": "call_report",
            "record_id": "019a0000-0000-7000-8000-000000000004",
            "call_id": "1795500000.1",
            "node": "n1",
            "language": "fa",
            "caller_sealed": None,
            "started_at": "2026-11-24T06:58:00.000Z",
            "answered_at": "2026-11-24T06:58:01.000Z",
            "ended_at": "2026-11-24T07:03:00.000Z",
            "outcome": "case",
            "intake_id": "019a0000-0000-7000-8000-000000000001",
            "code_told": True,
            "journal": [{"at_ms": 1200, "step": "main_menu", "heard": ["menu/main"], "pressed": "1"}],
        },
    },
}


@router.post(
    "/intakes",
    status_code=201,
    response_model=RecordReceipt,
    responses={
        **documented(409),
        200: {"model": RecordReceipt, "description": "The same record was accepted before"},
        424: {"description": "A callback wish came before its intake; send the intake, then this again"},
    },
)
async def accept(
    record: Annotated[Record, Body(openapi_examples=EXAMPLES)],
    response: Response,
    bridge: Annotated[Bridge, Depends(get_bridge)],
    _who: Annotated[Principal, Depends(require("intakes:write"))],
) -> RecordReceipt:
    """Accepts a record of the spool, durably and once; the same record gets the same receipt."""
    accepted = await bridge.acceptance.accept(record)
    response.status_code = 201 if accepted.created else 200
    return accepted.receipt
