"""The applicant's province: from a land line's area code, otherwise chosen from a spoken list."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from ivr import prompts
from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.steps.parameters import NodeName, Parameters
from persian.phones import province_of_phone

_MORE: Final = "9"
_SKIP: Final = "skip"
_PAGE_LIMIT: Final = 12
"""Pages a caller may turn before the question is left open."""


def _all_provinces(codes: tuple[str, ...]) -> tuple[str, ...]:
    wrong = set(codes) ^ set(prompts.PROVINCE_CODES)
    if wrong or len(codes) != len(set(codes)):
        raise ValueError(f"every province once, please: {', '.join(sorted(wrong)) or 'one is there twice'}")
    return codes


class Settings(Parameters):
    """`order`: two-digit codes of all provinces as they are read out, `per_page` at a time."""

    order: Annotated[tuple[str, ...], AfterValidator(_all_provinces)]
    per_page: Annotated[int, Field(ge=2, le=8)] = 8
    next: NodeName


async def run(call: Call, settings: Settings) -> str | None:
    """A caller who chooses none is not turned away: the province stays open."""
    if call.province is None:
        known = (number for number in (call.contact, call.caller) if number is not None)
        call.province = next(filter(None, map(province_of_phone, known)), None)
    if call.province is None:
        call.province = await _ask(call, settings)
    call.keep()
    reached(KillPoint.PROVINCE_KNOWN)
    return settings.next


async def _ask(call: Call, settings: Settings) -> str | None:
    size = settings.per_page
    pages = [settings.order[start : start + size] for start in range(0, len(settings.order), size)]
    said = [prompts.MENU_PROVINCE]
    for turn in range(_PAGE_LIMIT):
        page = pages[turn % len(pages)]
        keys = dict(zip(prompts.LIST_KEYS, page, strict=False))
        for key, code in keys.items():
            said += [prompts.province(code), prompts.press(key)]
        key = await call.choose([*said, prompts.MENU_MORE], {*keys, _MORE}, _SKIP)
        if key == _SKIP:
            return None
        if key != _MORE:
            return keys[key]
        said = []
    return None
