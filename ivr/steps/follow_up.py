"""What became of a case: tracking code and identifier, then kind, date, status and last reply."""

from __future__ import annotations

from contextlib import suppress

from ivr import prompts
from ivr.call import Call
from ivr.line import BridgeAway, Followed, Reply
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
            await _tell(call, found)
            call.outcome = "followed_up"
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
        return
    if call.typed or not await _read_out(call, found.reply):
        await call.tell(prompts.FOLLOWUP_LAST_REPLY_AT, *date_prompts(call.language, found.reply.at))


async def _read_out(call: Call, reply: Reply) -> bool:
    """Whether the reply could be spoken. Its sound goes in any case, and nothing else of the call's."""
    folder = call.audio.folder
    call.audio.prepare()
    sound = None
    try:
        sound = await call.line.read_out(reply.language, reply.text, folder)
        if sound is None:
            return False
        await call.tell(prompts.FOLLOWUP_LAST_REPLY)
        if not call.typed:
            await call.listen_to(sound)
        return True
    finally:
        if sound is not None:
            sound.with_suffix(".alaw").unlink(missing_ok=True)
        with suppress(OSError):  # a message of this call still waits in it for the bridge
            folder.rmdir()
