"""All tables in one place, for migrations and tests."""

from __future__ import annotations

from casebridge.answers import models as answers
from casebridge.applicants import models as applicants
from casebridge.audit import models as audit
from casebridge.callbacks import models as callbacks
from casebridge.calls import models as calls
from casebridge.cartables import models as cartables
from casebridge.cases import models as cases
from casebridge.country import models as country
from casebridge.deadlines import models as deadlines
from casebridge.events import models as events
from casebridge.intakes import models as intakes
from casebridge.links import models as links
from casebridge.links.recordings import models as link_recordings
from casebridge.notifications import models as notifications
from casebridge.open311 import models as open311
from casebridge.people import models as people
from casebridge.questions import models as questions
from casebridge.recordings import models as recordings
from casebridge.referrals import models as referrals
from casebridge.search import models as search
from casebridge.tables import Table
from casebridge.tracking_codes import models as tracking_codes
from casebridge.transcripts import models as transcripts
from casebridge.webhooks import models as webhooks

METADATA = Table.metadata

__all__ = [
    "METADATA",
    "answers",
    "applicants",
    "audit",
    "callbacks",
    "calls",
    "cartables",
    "cases",
    "country",
    "deadlines",
    "events",
    "intakes",
    "link_recordings",
    "links",
    "notifications",
    "open311",
    "people",
    "questions",
    "recordings",
    "referrals",
    "search",
    "tracking_codes",
    "transcripts",
    "webhooks",
]
