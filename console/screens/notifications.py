"""Messages to applicants and units: what became of each, sending dead ones again, their wording."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from casebridge.notifications import listing, mending
from casebridge.notifications.listing import MessageFilter
from casebridge.notifications.schemas import Audience, State, WordingChange
from casebridge.notifications.texts import wording
from casebridge.notifications.texts.segments import measure
from casebridge.notifications.texts.templates import LANGUAGES, PLACES, UnknownTemplate
from casebridge.paging import MAX_CURSOR
from casebridge.people.access import address_of
from casebridge.people.service import Principal
from casebridge.problems import Problem
from console.forms.outcomes import Notices, done, notice
from console.forms.tokens import check_form
from console.language import N_
from console.pages import render
from console.visitor import BridgeParts, MessageMender, MessageReader
from persian.digits import only_digits

router = APIRouter()
PAGE: Final = 50
NOTICES: Final[Notices] = {
    "resent": (N_("On its way again."), "green"),
    "worded": (N_("The next message says it so."), "green"),
    "places": (N_("A place in braces is not among those a message fills."), "red"),
    "empty": (N_("Every text needs words."), "red"),
}
Said = Annotated[str, Query(max_length=16)]


@router.get("/notifications")
async def messages_page(
    request: Request,
    bridge: BridgeParts,
    person: MessageReader,
    state: Annotated[str, Query(max_length=16)] = "",
    audience: Annotated[str, Query(max_length=16)] = "",
    template: Annotated[str, Query(max_length=32)] = "",
    case: Annotated[str, Query(max_length=40)] = "",
    said: Said = "",
    cursor: Annotated[str | None, Query(max_length=MAX_CURSOR)] = None,
) -> Response:
    """The outbox, newest first; receivers are masked, texts are for those who may read cases."""
    asked = {
        "state": state if state in set(State) else "",
        "audience": audience if audience in set(Audience) else "",
        "template": template if template.isidentifier() else "",
        "case": only_digits(case)[:10],
    }
    wanted = MessageFilter(
        state=asked["state"] or None,
        audience=asked["audience"] or None,
        template=asked["template"] or None,
        tracking_code=asked["case"] or None,
    )
    async with bridge.database.reading() as session:
        page = await listing.list_messages(
            session, bridge.cursors, wanted, cursor=cursor, limit=PAGE, with_text=_reads(person)
        )
        counts = await listing.counts(session)
    return render(
        request,
        "notifications.html",
        page=page,
        counts=counts,
        asked=asked,
        states=list(State),
        audiences=list(Audience),
        may_mend="notifications:write" in person.scopes,
        **notice(request, NOTICES, said),
    )


@router.get("/notifications/templates")
async def templates_page(
    request: Request, bridge: BridgeParts, person: MessageReader, said: Said = ""
) -> Response:
    """Every template in both languages, with what a text message of it costs."""
    async with bridge.database.reading() as session:
        worded = await wording.all_wordings(session)
    shown = [(text, measure(text.sms), own) for text, own in worded]
    return render(
        request,
        "notification_templates.html",
        templates=shown,
        languages=LANGUAGES,
        places=sorted(PLACES),
        may_mend="notifications:write" in person.scopes,
        **notice(request, NOTICES, said),
    )


@router.post("/notifications/templates/{audience}/{name}/{language}", dependencies=[Depends(check_form)])
async def word(
    bridge: BridgeParts,
    person: MessageMender,
    audience: str,
    name: str,
    language: str,
    sms: Annotated[str, Form(max_length=1000)] = "",
    subject: Annotated[str, Form(max_length=200)] = "",
    email: Annotated[str, Form(max_length=4000)] = "",
    reset: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """The centre's own words, or back to those that came with the system."""
    try:
        async with bridge.database.writing() as session:
            if reset:
                await mending.reset_wording(session, audience, name, language, person.actor)
            else:
                texts = {"sms": sms, "subject": subject, "email": email}
                plain = {field: text.replace("\r\n", "\n").strip() for field, text in texts.items()}
                change = WordingChange(**plain)
                await mending.set_wording(session, audience, name, language, change, person.actor)
    except UnknownTemplate:
        raise Problem("not_found") from None
    except Problem:
        return done(bridge, "/notifications/templates", "places")
    except ValueError:
        return done(bridge, "/notifications/templates", "empty")
    return done(bridge, "/notifications/templates", "worded")


@router.get("/notifications/{message_id}")
async def message_page(
    request: Request, bridge: BridgeParts, person: MessageReader, message_id: UUID, said: Said = ""
) -> Response:
    """One message with all that was tried."""
    async with bridge.database.reading() as session:
        message = await listing.get_message(session, message_id, with_text=_reads(person))
    return render(
        request,
        "notification.html",
        message=message,
        may_resend="notifications:write" in person.scopes and message.state in mending.RESENDABLE,
        **notice(request, NOTICES, said),
    )


@router.post("/notifications/resend", dependencies=[Depends(check_form)])
async def resend_dead(request: Request, bridge: BridgeParts, person: MessageMender) -> Response:
    """All dead letters go out again."""
    async with bridge.database.writing() as session:
        await mending.resend_dead(session, person.actor, address=address_of(request))
    return done(bridge, "/notifications", "resent")


@router.post("/notifications/{message_id}/resend", dependencies=[Depends(check_form)])
async def resend(request: Request, bridge: BridgeParts, person: MessageMender, message_id: UUID) -> Response:
    """One message goes out again."""
    async with bridge.database.writing() as session:
        await mending.resend(session, message_id, person.actor, address=address_of(request))
    return done(bridge, f"/notifications/{message_id}", "resent")


def _reads(person: Principal) -> bool:
    """Texts say what citizens are told: operators keep the machines and do not read them."""
    return "cases:read" in person.scopes
