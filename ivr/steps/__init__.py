"""The steps a menu is made of: one file each, found by the name a menu file uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ivr.call import Call
from ivr.steps import (
    agent_unavailable,
    callback_offer,
    callback_time,
    code,
    contact,
    follow_up,
    goodbye,
    identity,
    kind,
    language,
    menu,
    message,
    province,
    resume,
    set_kind,
    set_language,
)
from ivr.steps.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Step:
    """A step: the settings a menu gives it, and what it does (returns the next node, None: the end)."""

    parameters: type[Parameters]
    run: Callable[[Call, Any], Awaitable[str | None]]


STEPS: Final[Mapping[str, Step]] = {
    module.__name__.rpartition(".")[2]: Step(module.Settings, module.run)
    for module in (
        agent_unavailable,
        callback_offer,
        callback_time,
        code,
        contact,
        follow_up,
        goodbye,
        identity,
        kind,
        language,
        menu,
        message,
        province,
        resume,
        set_kind,
        set_language,
    )
}
