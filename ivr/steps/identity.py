"""National identifier: no service without a valid one (article 5-3). Three tries, then a clear goodbye.

Ten digits are a national ID, eleven a legal person's; `*` first, then twelve digits, a foreign
resident's code. Ten valid digits are taken at once. Should they be the beginning of a legal person's
eleven (such numbers begin as `legal_prefixes` says), the eleventh is caught while the caller is
thanked; otherwise a key pressed then belongs to the next question.
"""

from __future__ import annotations

from ivr import prompts
from ivr.call import Call
from ivr.identifying import FIRST_KEYS, LEGAL_PREFIXES, identified, keys_missing, lengthened
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import NodeName, Parameters, Tries


class Settings(Parameters):
    """`failed`: where a caller without a valid identifier is led."""

    tries: Tries = 3
    legal_prefixes: tuple[str, ...] = LEGAL_PREFIXES
    next: NodeName
    failed: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """Identify the caller once; a second time on the same call is not asked for."""
    if call.identity is None:
        call.identity = await ask_identity(call, settings.tries, settings.legal_prefixes)
    if call.identity is None:
        return settings.failed
    call.keep()
    reached(KillPoint.IDENTITY_KNOWN)
    return settings.next


async def ask_identity(
    call: Call, tries: int, legal_prefixes: tuple[str, ...] = LEGAL_PREFIXES
) -> tuple[str, str] | None:
    """(kind, identifier), or None after so many tries. Raises GoTo where the caller wants an agent."""
    first = [prompts.IDENTITY_ASK, prompts.IDENTITY_LEGAL_OR_FOREIGN]
    said, tried, repeats = first, 0, 0
    while tried < tries:
        keyed = await _keyed(call, said)
        if keyed == "*" and repeats < tries:
            repeats += 1
            said = first
            continue
        if keyed == "0":
            call.ask_for_agent()
        if found := identified(keyed):
            return await _thanked(call, found, legal_prefixes)
        tried += 1
        call.typed = ""
        again = prompts.IDENTITY_LAST_TRY if tried == tries - 1 else prompts.IDENTITY_ASK_AGAIN
        said = [prompts.IDENTITY_WRONG if keyed else prompts.NO_CHOICE, again]
    return None


async def _keyed(call: Call, said: list[str]) -> str:
    keyed = await call.ask(said, FIRST_KEYS, secret=True)
    more, seconds = keys_missing(keyed)
    return keyed + await call.ask([], more, seconds=seconds, secret=True) if more else keyed


async def _thanked(call: Call, found: tuple[str, str], legal_prefixes: tuple[str, ...]) -> tuple[str, str]:
    await call.tell(prompts.IDENTITY_THANKS)
    longer = lengthened(found, call.typed[:1], legal_prefixes)
    if longer is None:
        return found
    call.typed = call.typed[1:]
    return longer
