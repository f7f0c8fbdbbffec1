"""What became of a case: code and identifier, then status, answer, and the applicant's word on it."""

from __future__ import annotations

from ivr import prompts
from ivr.answer_sound import answer_sound
from ivr.call import Call
from ivr.kill_points import DecisionPoint, reached
from ivr.line import BridgeAway, Followed
from ivr.steps.decision import Asked, ask_decision
from ivr.steps.identity import ask_identity
from ivr.steps.parameters import NodeName, Parameters, Tries
from persian.spoken import date_prompts
from persian.tracking_code import LENGTH, InvalidTrackingCode, check_tracking_code


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
            await _tell(call, found)
            await _answer(call, code, identity, found)
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
    if found.reply is None:
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
