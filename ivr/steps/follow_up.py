"""What became of a case: code and identifier, then status, answer and question, and the applicant's word.

Who wants an agent from then on wants one about this case: they are called back about it, and neither asked
who they are again nor given another case.
"""

from __future__ import annotations

from ivr import prompts, records
from ivr.answer_sound import answer_sound, question_sound
from ivr.call import Call, GoTo
from ivr.disk_work import to_its_end
from ivr.kill_points import DecisionPoint, reached
from ivr.line import BridgeAway, Followed
from ivr.steps.callback_time import ask_time, tell_time
from ivr.steps.decision import Asked, ask_decision, ask_reply
from ivr.steps.identity import ask_identity
from ivr.steps.parameters import NodeName, Parameters, Tries
from persian.spoken import date_prompts
from persian.tracking_code import LENGTH, InvalidTrackingCode, check_tracking_code

_YES, _NO = "1", "2"


class Settings(Parameters):
    """`tries`: for the code, for the identifier, and for both together."""

    tries: Tries = 3
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Both must fit; which of them was wrong is not told."""
    said = [prompts.FOLLOWUP_ASK_CODE]
    for _ in range(settings.tries):
        code = await _ask_code(call, settings.tries, said)
        identity = await ask_identity(call, settings.tries) if code else None
        if code is None or identity is None:
            raise call.given_up()
        try:
            found = await call.line.follow_up(code, *identity)
        except BridgeAway:
            await call.tell(prompts.TRY_AGAIN_LATER)
            return settings.next
        if found is not None:
            reached(DecisionPoint.ANSWER_FOUND)
            call.outcome = "followed_up"
            try:
                await _tell(call, found)
                await _answer(call, code, identity, found)
                await _question(call, code, identity, found)
            except GoTo:
                await _call_back(call, found)
            return settings.next
        call.typed = ""
        said = [prompts.FOLLOWUP_NOT_FOUND, prompts.FOLLOWUP_ASK_CODE]
    await call.tell(prompts.FOLLOWUP_NOT_FOUND)
    return settings.next


async def _ask_code(call: Call, tries: int, said: list[str]) -> str | None:
    for _ in range(tries):
        keyed = await call.ask(said, LENGTH, secret=True)
        if keyed == "0":
            call.ask_for_agent()
        try:
            return check_tracking_code(keyed)
        except InvalidTrackingCode:
            call.typed = ""
            problem = [] if keyed == "*" else [prompts.FOLLOWUP_WRONG_CODE if keyed else prompts.NO_CHOICE]
            said = [*problem, prompts.FOLLOWUP_ASK_CODE]
    return None


async def _tell(call: Call, found: Followed) -> None:
    await call.tell(
        prompts.FOLLOWUP_KIND_IS,
        prompts.kind(found.kind),
        prompts.FOLLOWUP_OPENED_ON,
        *date_prompts(call.language, found.opened_at),
        prompts.FOLLOWUP_STATUS_IS,
        prompts.status(found.status),
    )
    if found.callback_waiting:
        await call.tell(prompts.FOLLOWUP_CALLBACK_WAITING)
    if found.reply is None and found.question is None:
        await call.tell(prompts.FOLLOWUP_NO_REPLY)


async def _answer(call: Call, code: str, identity: tuple[str, str], found: Followed) -> None:
    """Play the answer; where it is still to be decided about, ask. The keys before it mean nothing."""
    reply = found.reply
    if reply is None:
        return
    call.typed = ""
    async with answer_sound(call, code, identity, reply) as sound:

        async def hear() -> None:
            if sound is None:
                await call.tell(prompts.FOLLOWUP_LAST_REPLY_AT, *date_prompts(call.language, reply.at))
                return
            await call.tell(prompts.FOLLOWUP_LAST_REPLY)
            if not call.typed:
                await call.listen_to(sound)

        await hear()
        if found.to_be_decided and reply.answer_id is not None:
            await ask_decision(call, Asked(code, identity, reply.answer_id), hear)


async def _question(call: Call, code: str, identity: tuple[str, str], found: Followed) -> None:
    """Read out what is asked, and take the spoken reply. The keys before it mean nothing."""
    question = found.question
    if question is None:
        return
    call.typed = ""
    async with question_sound(call, question) as sound:

        async def hear() -> None:
            if sound is None:
                await call.tell(prompts.FOLLOWUP_QUESTION_UNHEARD)
                return
            await call.tell(prompts.FOLLOWUP_QUESTION)
            if not call.typed:
                await call.listen_to(sound)

        await hear()
        await ask_reply(call, Asked(code, identity, question.id), hear)


async def _call_back(call: Call, found: Followed) -> None:
    """No agent is there: offer a callback about the case in hand, unless one is waited for already."""
    call.agent_tried = True
    call.typed = ""
    await call.tell(prompts.AGENT_UNAVAILABLE)
    if found.callback_waiting:
        await call.tell(prompts.FOLLOWUP_CALLBACK_WAITING)
        return
    if await call.choose([prompts.MENU_CALLBACK_OFFER], {_YES, _NO}, _NO) == _NO:
        return
    wished = await ask_time(call)
    wish = records.callback_wish(
        node=call.line.node, call_id=call.call_id, intake_id=str(found.case_id), wished=wished
    )
    await to_its_end(call.line.spool.put, wish)
    call.line.wake_forwarder()
    await tell_time(call, wish, wished)
