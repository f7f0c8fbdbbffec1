"""Names of the prompts a call can play. The texts behind them are data of the prompt catalogue.

A prompt id is "group/name"; `<sounds>/<language>/<group>/<name>` is its recording.
"""

from __future__ import annotations

from typing import Final

from persian.spoken import LANGUAGES, PAUSE, required_prompts

WELCOME: Final = "system/welcome"
RECORDING_NOTICE: Final = "system/recording_notice"
LANGUAGE_EN: Final = "system/language_en"
GOODBYE: Final = "system/goodbye"
HUNG_NO_INPUT: Final = "system/hung_no_input"
INVALID_CHOICE: Final = "system/invalid_choice"
NO_CHOICE: Final = "system/no_choice"
TRY_AGAIN_LATER: Final = "system/try_again_later"
DISK_FULL: Final = "system/disk_full"
AGENT_UNAVAILABLE: Final = "system/agent_unavailable"
TECHNICAL_PAUSE: Final = "system/technical_pause"

MENU_MAIN: Final = "menu/main"
MENU_KIND: Final = "menu/kind"
MENU_NO_AGENT: Final = "menu/no_agent"
MENU_CALLBACK_TIME: Final = "menu/callback_time"
"""As soon as possible; then those of the following that are true at the moment of the call."""
MENU_CALLBACK_AFTERNOON: Final = "menu/callback_afternoon"
MENU_CALLBACK_TOMORROW: Final = "menu/callback_tomorrow"
MENU_CALLBACK_DAY: Final = "menu/callback_day"
"""Says that the day named next can be chosen."""
MENU_CALLBACK_OFFER: Final = "menu/callback_offer"
MENU_CONFIRM_MESSAGE: Final = "menu/confirm_message"
MENU_PROVINCE: Final = "menu/province"
"""Says that a list of provinces follows and that the key after each name chooses it."""
MENU_MORE: Final = "menu/more"
"""Says that 9 goes on to the next page of the list."""

IDENTITY_ASK: Final = "identity/ask"
IDENTITY_LEGAL_OR_FOREIGN: Final = "identity/legal_or_foreign"
IDENTITY_ASK_AGAIN: Final = "identity/ask_again"
IDENTITY_WRONG: Final = "identity/wrong"
IDENTITY_LAST_TRY: Final = "identity/last_try"
IDENTITY_THANKS: Final = "identity/thanks"
"""Two or three words: a valid identifier was heard."""
IDENTITY_GOODBYE: Final = "identity/goodbye"

CONTACT_OFFER_CALLER_ID: Final = "contact/offer_caller_id"
CONTACT_ASK: Final = "contact/ask"
CONTACT_WRONG: Final = "contact/wrong"
CONTACT_READ_BACK: Final = "contact/read_back"

RECORD_AFTER_TONE: Final = "message/record_after_tone"
MESSAGE_TOO_SHORT: Final = "message/too_short"
MESSAGE_GO_ON: Final = "message/go_on"
BEEP: Final = "message/beep"

CODE_TOLD_INTRO: Final = "code/told_intro"
CODE_REPEAT_INTRO: Final = "code/repeat_intro"
CODE_KEEP_IT: Final = "code/keep_it"
CODE_LATER: Final = "code/later"
"""Says that the message is kept and will be handled, but no tracking code can be told now."""

FOLLOWUP_ASK_CODE: Final = "followup/ask_code"
FOLLOWUP_WRONG_CODE: Final = "followup/wrong_code"
FOLLOWUP_NOT_FOUND: Final = "followup/not_found"
FOLLOWUP_KIND_IS: Final = "followup/kind_is"
FOLLOWUP_OPENED_ON: Final = "followup/opened_on"
FOLLOWUP_STATUS_IS: Final = "followup/status_is"
FOLLOWUP_NO_REPLY: Final = "followup/no_reply"
FOLLOWUP_LAST_REPLY: Final = "followup/last_reply"
FOLLOWUP_LAST_REPLY_AT: Final = "followup/last_reply_at"
FOLLOWUP_CALLBACK_WAITING: Final = "followup/callback_waiting"
FOLLOWUP_DECIDE: Final = "followup/decide"
"""1 accepts the answer, 2 objects to it, `*` plays it again, 0 asks for an agent."""
FOLLOWUP_DECIDE_LATER: Final = "followup/decide_later"
FOLLOWUP_OBJECTION_REASON: Final = "followup/objection_reason"
FOLLOWUP_ACCEPTED: Final = "followup/accepted"
FOLLOWUP_OBJECTED: Final = "followup/objected"
FOLLOWUP_QUESTION: Final = "followup/question"
FOLLOWUP_QUESTION_UNHEARD: Final = "followup/question_unheard"
"""Says that something is needed which can't be read out now."""
FOLLOWUP_REPLY: Final = "followup/reply"
"""1 replies to the question, `*` plays it again, 0 asks for an agent."""
FOLLOWUP_REPLY_AFTER_TONE: Final = "followup/reply_after_tone"
FOLLOWUP_REPLY_LATER: Final = "followup/reply_later"
FOLLOWUP_REPLIED: Final = "followup/replied"

CALLBACK_REGISTERED: Final = "callback/registered"
CALLBACK_ALREADY_OPEN: Final = "callback/already_open"
CALLBACK_ON_DAY: Final = "callback/on_day"
"""Says that the callback will come on the day named next."""
CALLBACK_FROM_TIME: Final = "callback/from_time"
"""Says that callbacks are made from the time named next."""
CALLBACK_TIMES: Final = ("asap", "afternoon", "tomorrow")
KINDS: Final = (
    "complaint", "request", "report", "guidance", "sentiment", "idea",
    "criticism", "appreciation", "unclassified",
)  # fmt: skip
"""Kinds of case (article 1); `unclassified` where nobody could be asked."""
STATUSES: Final = (
    "registered", "referred", "in_hand", "waiting_applicant", "answered",
    "accepted", "objected", "second_review", "closed",
)  # fmt: skip
PROVINCE_CODES: Final = tuple(f"{code:02d}" for code in range(31))
LIST_KEYS: Final = "12345678"
"""Keys that choose from a page of a spoken list; 9 goes on to the next page."""


def language(asked: str) -> str:
    """The language of a channel as Asterisk tells it; the first where there are no prompts in that one."""
    return asked if asked in LANGUAGES else LANGUAGES[0]


def kind(name: str) -> str:
    """The prompt that names a kind of case."""
    return f"kind/{name}"


def status(name: str) -> str:
    """The prompt that names a case's status."""
    return f"status/{name}"


def callback(name: str) -> str:
    """The prompt that says when the callback will come: one of `CALLBACK_TIMES`."""
    return f"callback/{name}"


def province(code: str) -> str:
    """The prompt that names a province."""
    return f"province/{code}"


def press(key: str) -> str:
    """The prompt "press KEY" that follows an entry of a spoken list."""
    return f"press/{key}"


_FIXED: Final = frozenset(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)
REQUIRED: Final = (
    _FIXED
    | {PAUSE}
    | {kind(name) for name in KINDS}
    | {status(name) for name in STATUSES}
    | {callback(name) for name in CALLBACK_TIMES}
    | {province(code) for code in PROVINCE_CODES}
    | {press(key) for key in LIST_KEYS}
) - {LIST_KEYS}
"""Every prompt the code names itself, in any language."""


def required(language: str) -> frozenset[str]:
    """Every prompt a call in this language can play, numbers and dates included."""
    return REQUIRED | required_prompts(language)


__all__ = ["LANGUAGES", "PAUSE", "REQUIRED", "required"]
