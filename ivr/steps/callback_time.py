"""When the applicant wishes to be called back: only what is true is offered, and the real day is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ivr import prompts
from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.records import Record
from ivr.steps.parameters import NodeName, Parameters
from persian.spoken import date_prompts, time_prompts

_ASAP, _AFTERNOON, _TOMORROW = prompts.CALLBACK_TIMES
_KEYS: Final = {"1": _ASAP, "2": _AFTERNOON, "3": _TOMORROW}
"""A key means the same at any hour; one that would promise what can't be is not offered."""
_DAY: Final = timedelta(days=1)


class Settings(Parameters):
    """Nothing to set but the way on."""

    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """For a matter without a message: the callback is part of the intake made next."""
    call.wished = await ask_time(call)
    call.keep()
    reached(KillPoint.CALLBACK_CHOSEN)
    return settings.next


async def ask_time(call: Call) -> str:
    """As soon as possible, today in the afternoon or the next working day; the first where none is chosen."""
    times, moment = call.line.callback_times, call.line.now()
    said, keys = [prompts.MENU_CALLBACK_TIME], dict(_KEYS)
    if times.has_afternoon(moment):
        said.append(prompts.MENU_CALLBACK_AFTERNOON)
    else:
        del keys["2"]
    day = times.next_day(moment)
    if day - times.today(moment) == _DAY:
        said.append(prompts.MENU_CALLBACK_TOMORROW)
    else:
        said += [prompts.MENU_CALLBACK_DAY, *date_prompts(call.language, day)]
    return keys[await call.choose(said, keys, "1")]


async def tell_time(call: Call, record: Record, wished: str) -> None:
    """Tell that a durable wish is registered and when the callback comes, as the bridge will reckon it."""
    joined = call.line.joined_callback(record["record_id"])
    said = prompts.CALLBACK_ALREADY_OPEN if joined else prompts.CALLBACK_REGISTERED
    await call.tell(said, *_words(call, wished, datetime.fromisoformat(record["created_at"])))


def _words(call: Call, wished: str, asked_at: datetime) -> list[str]:
    if wished == _ASAP:
        return [prompts.callback(_ASAP)]
    times = call.line.callback_times
    day, today = times.day(wished, asked_at), times.today(call.line.now())
    if wished == _AFTERNOON and day == today:
        return [prompts.callback(_AFTERNOON)]
    hour = time_prompts(call.language, times.due_at(wished, asked_at))
    if day - today == _DAY:
        return [prompts.callback(_TOMORROW), prompts.CALLBACK_FROM_TIME, *hour]
    said = [prompts.CALLBACK_ON_DAY, *date_prompts(call.language, day)]
    return [*said, prompts.CALLBACK_FROM_TIME, *hour]
