"""The words for the codes of the bridge, a file a theme, and the colour each is shown in."""

from __future__ import annotations

from typing import Final

from console.words import call, case, country, history, message, people, way

TABLES: Final = {
    "kind": case.KINDS,
    "status": case.STATUSES,
    "channel": case.CHANNELS,
    "level": case.LEVELS,
    "likeness": case.LIKENESS,
    "tab": way.TABS,
    "act": way.ACTS,
    "reason": way.REASONS,
    "closing": way.CLOSINGS,
    "decision": way.DECISIONS,
    "decided_by": way.DECIDED_BY,
    "replied_by": way.REPLIED_BY,
    "delegation": way.DELEGATIONS,
    "flag": way.FLAGS,
    "origin": way.ORIGINS,
    "identifier": people.IDENTIFIERS,
    "language": people.LANGUAGES,
    "speaker": people.SPEAKERS,
    "role": people.ROLES,
    "transcript": call.TRANSCRIPTS,
    "callback": call.CALLBACKS,
    "wish": call.WISHES,
    "outcome": call.OUTCOMES,
    "ending": call.ENDINGS,
    "recording": call.RECORDINGS,
    "step": call.STEPS,
    "message": message.MESSAGES,
    "template": message.TEMPLATES,
    "audience": message.AUDIENCES,
    "medium": message.MEDIA,
    "try": message.TRIES,
    "delivery": message.DELIVERIES,
    "aside": message.ASIDE,
    "audit": history.AUDIT,
    "agency_kind": country.AGENCY_KINDS,
    "reach": country.REACHES,
    "position": country.POSITIONS,
    "sheet": country.SHEETS,
}
"""Every table by the name templates ask for it by."""
COLOURS: Final = {
    "complaint": "red",
    "criticism": "amber",
    "request": "blue",
    "report": "violet",
    "idea": "teal",
    "appreciation": "green",
    "registered": "blue",
    "in_hand": "amber",
    "waiting_applicant": "amber",
    "referred": "violet",
    "answered": "teal",
    "accepted": "green",
    "objected": "red",
    "second_review": "violet",
    "closed": "green",
    "waiting": "amber",
    "claimed": "blue",
    "done": "green",
    "waiting_for_model": "amber",
    "queued": "blue",
    "broken": "red",
    "failed": "red",
    "deadline": "red",
    "sent": "teal",
    "delivered": "green",
    "dead": "red",
    "unreachable": "amber",
}


def word(table: str, code: object) -> str:
    """The English word for a code of the bridge; a code this list lacks is shown as it is."""
    text = str(code)
    return TABLES[table].get(text, text)
