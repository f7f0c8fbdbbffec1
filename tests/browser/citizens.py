"""Callers, as a bridge sees them: what they leave comes in as it does in life."""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from casebridge.tables import new_id
from line111.clock import now, to_text
from line111.sealing import seal
from line111.secrets import read_secret
from persian.identifiers import sample_identifier
from tests.browser.node import Node, run

SAID: Final = tomllib.loads((Path(__file__).parent / "said.toml").read_text(encoding="utf-8"))
SENTENCE: Final = "the street light in front of the school has been broken for three weeks"


@dataclass
class Left:
    """What a citizen left behind."""

    case_id: UUID
    tracking_code: str
    recording_id: UUID | None
    duration_ms: int
    identifier: str


@dataclass
class Citizens:
    """Callers, as the bridge sees them: intakes, audio, call reports, then a worker's transcripts."""

    node: Node
    folder: Path
    _seed: int = 0
    _codes: list[str] = field(default_factory=list)
    _sound: dict[str, tuple[Path, int]] = field(default_factory=dict)

    def leaves(
        self,
        *,
        kind: str = "request",
        language: str = "en",
        province: str | None = "23",
        says: str | None = SENTENCE,
        callback: str | None = None,
        identifier: str | None = None,
        minutes_ago: float = 0,
        report: bool = False,
    ) -> Left:
        """One citizen phones and leaves a message (`says` None: only a callback)."""
        self._seed += 1
        identifier = identifier or sample_identifier("national_id", self._seed)
        matter = {"kind": kind, "language": language, "province": province}
        matter["callback"] = {"wished": callback} if callback else None
        matter["created_at"] = to_text(now() - timedelta(minutes=minutes_ago))
        return run(self._leave(matter, says, identifier, report))

    def transcribe(
        self, left: Left, text: str, *, language: str = "en", status: str = "done", upto: int | None = None
    ) -> list[dict[str, Any]]:
        """A worker hands over a transcript with words spread over the recording; returns the words."""
        words = _words(text, left.duration_ms)[:upto]
        segment = {
            "speaker": "applicant",
            "start_ms": 0,
            "end_ms": left.duration_ms,
            "text": " ".join(word["text"] for word in words),
            "words": words,
        }
        document = {
            "language": language,
            "model": {"name": "handmade", "sha256": "0" * 64} if words else None,
            "status": status,
            "segments": [segment] if words else [],
            "text": segment["text"],
        }
        run(self._put_transcript(left, document))
        return words

    async def _put_transcript(self, left: Left, document: dict[str, Any]) -> None:
        async with self.node.client("transcription") as bridge:
            assert left.recording_id is not None
            await bridge.put_transcript(left.recording_id, document)

    async def _leave(self, matter: dict[str, Any], says: str | None, identifier: str, report: bool) -> Left:
        record_id = new_id()
        sealed = {
            "identifier_kind": "national_id",
            "identifier": identifier,
            "contact_number": f"+98912{1000000 + self._seed}",
            "caller_number": None,
        }
        async with self.node.client() as bridge:
            if not self._codes:
                self._codes = await bridge.lease_codes("n1", "ivr", 100)
            code = self._codes.pop()
            path, duration_ms = self._spoken(says, matter["language"]) if says else (None, 0)
            recording = _announced(path, duration_ms) if path else None
            intake = matter | {
                "format": 1, "type": "intake", "record_id": str(record_id), "node": "n1", "origin": "ivr",
                "call_id": f"1795500000.{self._seed}", "tracking_code": code, "ended_by": "confirmed",
                "sealed": seal(sealed, read_secret(self.node.settings, "sealing_public")),
                "recording": recording,
            }  # fmt: skip
            receipt = await bridge.post_record(intake)
            if path and recording:
                await bridge.put_audio(recording["recording_id"], path, recording["sha256"])
            if report:
                await bridge.post_record(_report(record_id, matter, self._seed))
        recording_id = UUID(recording["recording_id"]) if recording else None
        assert receipt.case_id
        return Left(receipt.case_id, code, recording_id, duration_ms, identifier)

    def _spoken(self, text: str, language: str) -> tuple[Path, int]:
        """The text as a caller's A-law file, by flite or espeak-ng; and its length in milliseconds."""
        if text not in self._sound:
            wav = self.folder / f"{len(self._sound)}.wav"
            alaw = wav.with_suffix(".alaw")
            if language == "en":
                speak = ["flite", "-voice", "rms", "-t", text, "-o", str(wav)]
            else:
                speak = ["espeak-ng", "-v", "fa", "-s", "140", "-w", str(wav), text]
            subprocess.run(speak, check=True)
            convert = ["sox", str(wav), "-r", "8000", "-c", "1", "-t", "al", str(alaw)]
            subprocess.run(convert, check=True, stderr=subprocess.DEVNULL)
            self._sound[text] = alaw, alaw.stat().st_size // 8
        return self._sound[text]


def _announced(path: Path, duration_ms: int) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "recording_id": str(new_id()), "file": f"call/{path.name}", "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "duration_ms": duration_ms, "encoding": "alaw",
        "rate": 8000, "channels": 1, "speaker": "applicant",
    }  # fmt: skip


def _report(intake_id: UUID, matter: dict[str, Any], number: int) -> dict[str, Any]:
    began = matter["created_at"]
    return {
        "format": 1, "type": "call_report", "record_id": str(new_id()), "call_id": f"1795500000.{number}",
        "node": "n1", "language": matter["language"], "caller_sealed": None, "started_at": began,
        "answered_at": began, "ended_at": to_text(datetime.fromisoformat(began) + timedelta(seconds=70)),
        "outcome": "case", "intake_id": str(intake_id), "code_told": True, "journal": SAID["journal"],
    }  # fmt: skip


def _words(text: str, duration_ms: int) -> list[dict[str, Any]]:
    """Words spread over the recording by their length; every seventh one unsure."""
    parts = text.split()
    if not parts:
        return []
    weight = duration_ms / sum(len(part) + 1 for part in parts)
    words, at = [], 0.0
    for index, part in enumerate(parts):
        end = at + weight * (len(part) + 1)
        sure = 0.41 if index % 7 == 5 else 0.97
        words.append({"text": part, "start_ms": round(at), "end_ms": round(end - 20), "confidence": sure})
        at = end
    return words
