"""Writing records: several in one transaction, each whole, each once.

All that must be known is read first (a few queries for the whole batch), then every table gets one
insert. What the unique keys refuse, because another bridge was quicker, is tried again one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import FromClause, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.applicants.models import Applicant
from casebridge.audit.models import AuditLine
from casebridge.callbacks.models import CallbackRow
from casebridge.callbacks.rules import Office, office
from casebridge.calls.models import CallRow
from casebridge.cases.models import Case, HistoryLine
from casebridge.deadlines.memory import FirstDeadlines
from casebridge.deadlines.terms import in_force
from casebridge.events import service as events
from casebridge.events.models import OutboxRow
from casebridge.intakes.callbacks import Wish, read_waiting, take_wish, write_changes
from casebridge.intakes.decisions import hear
from casebridge.intakes.known import Known, what_is_known
from casebridge.intakes.models import AcceptedRecord
from casebridge.intakes.reading import Prepared
from casebridge.intakes.rows import (
    Rows,
    alarm,
    applicant_row,
    audit_row,
    call_row,
    case_row,
    history_row,
    recording_row,
)
from casebridge.intakes.rules import judge_code
from casebridge.intakes.schemas import (
    ApplicantWord,
    CallbackWish,
    Intake,
    Record,
    RecordReceipt,
)
from casebridge.notifications.models import Notification
from casebridge.notifications.rows import message_row
from casebridge.notifications.texts.wording import WordingMemory
from casebridge.problems import Problem
from casebridge.recordings.models import RecordingRow
from casebridge.tracking_codes.permutation import CodePermutation
from casebridge.tracking_codes.rules import Block
from casebridge.tracking_codes.service import block_of

_ORDER: tuple[FromClause, ...] = (
    Applicant.__table__,
    Case.__table__,
    Notification.__table__,
    RecordingRow.__table__,
    CallbackRow.__table__,
    CallRow.__table__,
    HistoryLine.__table__,
    AuditLine.__table__,
    OutboxRow.__table__,
    AcceptedRecord.__table__,
)
"""Tables in the order of their foreign keys."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record's receipt, and whether it was new."""

    receipt: RecordReceipt
    created: bool


class Blocks:
    """Leased blocks remembered: they never change, so each is read once."""

    def __init__(self) -> None:
        self._blocks: dict[int, Block] = {}

    async def of(self, session: AsyncSession, number: int) -> Block | None:
        """The block of a number."""
        for block in reversed(self._blocks.values()):
            if block.first <= number <= block.last:
                return block
        found = await block_of(session, number)
        if found is not None:
            if len(self._blocks) > 500:
                self._blocks.clear()
            self._blocks[found.first] = found
        return found


class BatchWriter:
    """Writes prepared records in the caller's transaction.

    Args:
        codes: The permutation, to tell a code's number.
        zone: The country's time zone, for wished times.
    """

    def __init__(self, codes: CodePermutation, zone: ZoneInfo) -> None:
        self._codes = codes
        self._zone = zone
        self._blocks = Blocks()
        self._wordings = WordingMemory()
        self._deadlines = FirstDeadlines()

    async def write(self, session: AsyncSession, batch: Sequence[Prepared]) -> list[Accepted | Problem]:
        """One answer for each record: its receipt, or the problem that is its own.

        Raises IntegrityError where somebody else wrote the same at the same time.
        """
        known = await what_is_known(session, batch)
        await read_waiting(session, batch, known)
        rows: Rows = defaultdict(list)
        answers: dict[int, Accepted | Problem] = {}
        for index in sorted(range(len(batch)), key=lambda i: _turn(batch[i].record)):
            try:
                answers[index] = await self._one(session, batch[index], known, rows)
            except Problem as problem:
                answers[index] = problem
        for table in _ORDER:
            if rows[table]:
                await session.execute(insert(table), rows[table])  # type: ignore[arg-type]
        await write_changes(session, known)
        return [answers[index] for index in range(len(batch))]

    async def _one(
        self,
        session: AsyncSession,
        prepared: Prepared,
        known: Known,
        rows: Rows,
    ) -> Accepted:
        record = prepared.record
        before = known.records.get(record.record_id)
        if before is not None:
            if before.content_hash != prepared.content_hash:
                raise Problem("other_content")
            return Accepted(_receipt(before, known), created=False)
        entry = AcceptedRecord(
            record_id=record.record_id,
            type=record.type,
            content_hash=prepared.content_hash,
            node=record.node,
            call_id=record.call_id,
            accepted_at=prepared.accepted_at,
            callback_joined=False,
        )
        if isinstance(record, Intake):
            await self._intake(session, record, prepared, known, rows, entry)
        elif isinstance(record, CallbackWish):
            await self._wish(session, record, prepared, known, rows, entry)
        elif isinstance(record, ApplicantWord):
            await hear(session, record, prepared, known, rows, entry)
        else:
            rows[CallRow.__table__].append(call_row(record, prepared))
        known.records[record.record_id] = entry
        rows[AcceptedRecord.__table__].append(_columns(entry))
        return Accepted(_receipt(entry, known), created=True)

    async def _intake(
        self,
        session: AsyncSession,
        record: Intake,
        prepared: Prepared,
        known: Known,
        rows: Rows,
        entry: AcceptedRecord,
    ) -> None:
        identity, case_id = prepared.identity, record.record_id
        if identity is None:
            raise AssertionError("an intake is prepared with its identity")
        if record.recording and record.recording.recording_id in known.recordings:
            raise Problem("other_content", errors=[("recording.recording_id", "duplicate")])
        number = self._codes.number(record.tracking_code)
        quarantine = judge_code(
            number=number,
            block=await self._blocks.of(session, number) if number is not None else None,
            node=record.node,
            taken=record.tracking_code in known.codes,
        )
        applicant_id = applicant_row(identity.applicant, prepared.accepted_at, known.applicants, rows)
        row = case_row(record, prepared, applicant_id, quarantine, known.land)
        row |= await self._deadlines.of(session, row["kind"], row["level"], row["registered_at"])
        rows[Case.__table__].append(row)
        rows[HistoryLine.__table__].append(
            history_row(
                case_id, prepared.accepted_at, "registered", origin=record.origin, ended_by=record.ended_by
            )
        )
        rows[OutboxRow.__table__].append(
            events.event(
                "case.registered",
                case_id=case_id,
                kind=record.kind.value,
                province=record.province,
                owner_unit=row["owner_unit"],
            )
        )
        told = {"node": record.node, "call_id": record.call_id}
        rows[AuditLine.__table__].append(
            audit_row(prepared.accepted_at, "case_registered", "case", case_id, **told)
        )
        entry.case_id = case_id
        known.cases.add(case_id)
        rows[Notification.__table__].append(await self._told(session, record, prepared, quarantine is None))
        if quarantine:
            alarm(record, quarantine, prepared, rows)
        else:
            entry.tracking_code = record.tracking_code
            known.codes.add(record.tracking_code)
        if record.recording:
            entry.recording_id = record.recording.recording_id
            known.recordings.add(record.recording.recording_id)
            rows[RecordingRow.__table__].append(recording_row(record, prepared, case_id))
        if record.callback:
            wish = Wish(
                callback_id=prepared.callback_id,
                case_id=case_id,
                wished=record.callback.wished,
                asked_at=prepared.moment(record.created_at),
                accepted_at=prepared.accepted_at,
                applicant_id=None if record.recording else applicant_id,
            )
            taken = take_wish(wish, await self._office(session), known, rows)
            entry.callback_id, entry.callback_joined = taken.callback_id, taken.joined

    async def _told(
        self, session: AsyncSession, record: Intake, prepared: Prepared, has_code: bool
    ) -> dict[str, Any]:
        """The applicant gets the code in writing too (article 4-5)."""
        return message_row(
            "registered",
            at=prepared.accepted_at,
            key=f"{record.record_id}:registered",
            language=record.language.value,
            values={},
            case_id=record.record_id,
            tracking_code=record.tracking_code if has_code else None,
            own=await self._wordings.of(session, "applicant", "registered", record.language.value),
        )

    async def _wish(
        self,
        session: AsyncSession,
        record: CallbackWish,
        prepared: Prepared,
        known: Known,
        rows: Rows,
        entry: AcceptedRecord,
    ) -> None:
        if record.intake_id not in known.cases:
            raise Problem("intake_first")
        entry.case_id = record.intake_id
        rows[AuditLine.__table__].append(
            audit_row(
                prepared.accepted_at, "callback_wished", "case", entry.case_id, wished=record.wished.value
            )
        )
        entry.callback_id = known.open_callbacks.get(record.intake_id)
        if entry.callback_id is None:
            asked_at = prepared.moment(record.created_at)
            wish = Wish(prepared.callback_id, record.intake_id, record.wished, asked_at, prepared.accepted_at)
            entry.callback_id = take_wish(wish, await self._office(session), known, rows).callback_id

    async def _office(self, session: AsyncSession) -> Office:
        return office(in_force(), self._zone, await self._deadlines.calendar(session))


def _turn(record: Record) -> tuple[int, str]:
    """A wish may stand in one batch with its intake, which goes first; decisions lock cases in order."""
    if isinstance(record, ApplicantWord):
        return 2, record.tracking_code
    return (1 if isinstance(record, CallbackWish) else 0), ""


def _receipt(entry: AcceptedRecord, known: Known) -> RecordReceipt:
    audio = "none" if entry.recording_id is None else "wanted"
    return RecordReceipt(
        record_id=entry.record_id,
        case_id=entry.case_id,
        tracking_code=entry.tracking_code,
        callback_id=entry.callback_id,
        callback_joined=entry.callback_joined,
        audio="held" if entry.recording_id in known.held else audio,
    )


def _columns(entry: AcceptedRecord) -> dict[str, Any]:
    return {column.key: getattr(entry, column.key) for column in AcceptedRecord.__table__.columns}
