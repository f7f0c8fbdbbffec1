"""Every way through the menu, by real calls on a whole line: what is heard, and what the bridge holds.

All citizens phone first, several at once; each test then looks at one call: at what the citizen heard
(known by ear), at the bridge's account of it, at the case and its sound.
"""

from __future__ import annotations

import asyncio
import audioop
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from casebridge.calls.schemas import Call
from casebridge.cases.schemas import CaseDetail
from ivr import prompts
from ivr.message_audio import spoken_seconds
from line111.call.conversation import Outcome
from line111.call.hearing import RATE, Samples
from persian.identifiers import sample_identifier
from tests.pbx.line_sounds import LIKE, likeness, share_in_order, voice_like
from tests.pbx.whole_line import Phoned, WholeLine, make_line

__all__ = ["make_line"]
pytestmark = [pytest.mark.pbx, pytest.mark.timeout(420)]

MOST = 0.75
"""Share of the pieces of a sound a caller hears though a busy machine sends some packets late."""
AT_ONCE = 8
"""Citizens on the line at the same time."""
ID = sample_identifier("national_id", 21)
FOREIGN = sample_identifier("foreign_resident", 21)
WAITING = tuple(sample_identifier("national_id", number) for number in (31, 32, 33))
"""Who asks only to be called: one citizen would wait once, however often they ask."""
LEGAL = sample_identifier("legal_person", 21)
WRONG = "1234567890"
PROVINCES = ("23", "09", "10", "07", "06", "03", "02", "04", "08", "11")
"""As the default menu reads them out, eight a page."""
KINDS = {
    "1": "complaint", "2": "request", "3": "report", "4": "idea",
    "5": "criticism", "6": "appreciation", "7": "sentiment",
}  # fmt: skip
HANGING_UP = "say wait:0.3 hangup"
WITHHELD, MOBILE = "anonymous", "mobile"
SHORT = "100"
"""Number of a switchboard, which nobody can call back."""


@dataclass(frozen=True)
class Citizen:
    """What somebody does on the line."""

    script: str
    number: str = ""
    """"" is a land line in Tehran of this citizen's own."""
    seconds: float = 4.0
    """Length of the message."""


CITIZENS = {
    "persian": Citizen(f"1 1 {ID} 1 say # 1 1 1"),
    "english": Citizen(f"hear:system/language_en !9 1 2 {ID} 1 say # 1 1 3"),
    "foreign resident": Citizen(f"1 2 *{FOREIGN} 1 {HANGING_UP}"),
    "legal person": Citizen(f"1 2 {LEGAL} 1 {HANGING_UP}"),
    "wrong three times": Citizen(f"1 2 {WRONG} {WRONG} {WRONG} wait:60 hangup"),
    "right at last": Citizen(f"1 2 {WRONG} {WRONG} {ID} 1 {HANGING_UP}"),
    "another number": Citizen(f"1 2 {ID} 2 03136667788# {HANGING_UP}"),
    "number withheld": Citizen(f"1 2 {ID} 09121234567# 3 {HANGING_UP}", WITHHELD),
    "no number at all": Citizen(f"1 2 {ID} hear:menu/province wait 9 2 {HANGING_UP}", SHORT),
    "mobile": Citizen(f"1 2 {ID} 1 2 {HANGING_UP}", MOBILE),
    "listens": Citizen(f"1 2 {ID} 1 say # 2 wait 1 2"),
    "records again": Citizen(f"1 2 {ID} 1 say # 3 say # 1 2"),
    "goes on": Citizen(f"1 2 {ID} 1 say # 4 say # 1 2"),
    "falls silent": Citizen(f"1 2 {ID} 1 say wait:5 1 2"),
    "speaks too shortly": Citizen(f"1 2 {ID} 1 {HANGING_UP}", seconds=1.5),
    "hangs up unidentified": Citizen("1 2 wait hangup"),
    "agent, then message": Citizen(f"2 {ID} 1 1 say # 1 2"),
    "agent, then silence": Citizen(f"2 {ID} wait:60 hangup"),
    "guidance": Citizen(f"4 {WAITING[0]} 2 1 1"),
    "callback only": Citizen(f"5 {WAITING[1]} 1 3"),
    "says nothing": Citizen("wait:70 hangup"),
    "wrong keys": Citizen("8 8 8 wait hangup"),
    "star": Citizen("wait:2 !* * 1 wait hangup"),
    "zero": Citizen(f"0 {WAITING[2]} 2 1 3"),
    "code again": Citizen(f"1 2 {ID} 1 say # 1 hear:code/repeat_intro !* 2"),
} | {f"kind {key}": Citizen(f"1 {key} {ID} 1 {HANGING_UP}") for key in "34567"}


@dataclass
class Calls:
    """All calls of this module."""

    line: WholeLine
    phoned: dict[str, Phoned | BaseException]

    def __getitem__(self, name: str) -> Phoned:
        one = self.phoned[name]
        if isinstance(one, BaseException):
            raise one
        return one

    def account(self, name: str) -> Call:
        """The bridge's account of a call."""
        call_id = self[name].call_id
        assert call_id is not None
        return self.line.call(call_id)

    def played(self, name: str) -> list[str]:
        """Names of all prompts the line played in a call, by its own account."""
        return [prompt for entry in self.account(name).journal for prompt in entry["heard"]]

    def case(self, name: str) -> CaseDetail:
        """The case that came of a call."""
        intake = self.account(name).intake_id
        assert intake is not None, (self[name].report, self.account(name))
        (code,) = {row["tracking_code"] for row in self._rows if row["id"] == str(intake)}
        return self.line.case(code)

    def has_case(self, name: str) -> bool:
        """Whether anything in the bridge came of it."""
        call_id = self[name].call_id
        return self.account(name).intake_id is not None or any(
            self.line.details(case).call_id == call_id for case in self.line.cases()
        )

    @property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.line.get("/cases", limit="200")["items"]
        return rows


async def _phone_all(line: WholeLine, citizens: dict[str, Citizen], first: int = 0) -> dict[str, Any]:
    places = asyncio.Semaphore(AT_ONCE)
    numbers = {name: name for name in (WITHHELD, SHORT)}

    async def one(place: int, name: str, citizen: Citizen) -> Phoned:
        number = (
            f"+98912123{first + place:04d}" if citizen.number == MOBILE else f"+98218855{first + place:04d}"
        )
        async with places:
            return await line.phoning(
                citizen.script,
                number=numbers.get(citizen.number, number),
                message=voice_like(name, citizen.seconds),
                named=True,
                seconds=90,
            )

    calls = [one(place, name, citizen) for place, (name, citizen) in enumerate(citizens.items())]
    return dict(zip(citizens, await asyncio.gather(*calls, return_exceptions=True), strict=True))


@pytest.fixture(scope="module")
def calls(make_line: Callable[..., WholeLine]) -> Calls:
    """Everybody phones, then the line is left to settle."""
    line = make_line(ivr={"message_silence_seconds": 2})
    phoned = asyncio.run(_phone_all(line, CITIZENS))
    line.settled()
    return Calls(line, phoned)


def samples(sound: bytes) -> Samples:
    return np.frombuffer(audioop.alaw2lin(sound, 2), np.int16)


@pytest.mark.parametrize(("name", "language", "kind", "wished"), [
    ("persian", "fa", "complaint", "asap"), ("english", "en", "request", "tomorrow"),
])  # fmt: skip
def test_call_becomes_a_case_with_its_sound_and_a_callback(
    calls: Calls, name: str, language: str, kind: str, wished: str
) -> None:
    phoned, case, account = calls[name], calls.case(name), calls.account(name)
    assert phoned.report.outcome is Outcome.REGULAR
    assert (case.language, case.kind, case.status, case.channel) == (language, kind, "registered", "phone")
    assert case.province == "23"
    assert case.ended_by == "confirmed"
    assert case.identifier_masked is not None
    assert ID not in case.model_dump_json()
    applicant = calls.line.applicant(case)
    assert (applicant.identifier_kind, applicant.identifier) == ("national_id", ID)
    assert applicant.contact_number == applicant.caller_number
    (callback,) = case.callbacks
    assert (callback.state, callback.wished) == ("waiting", wished)
    sound = calls.line.audio(case)
    assert phoned.is_whole(sound)
    assert len(sound) >= len(phoned.message)
    assert account.outcome == "case"
    assert phoned.heard[-1] == prompts.GOODBYE
    assert language in phoned.languages


@pytest.mark.parametrize("name", ["persian", "english", "goes on", "agent, then message", "guidance", "zero"])
def test_code_heard_is_the_journals_and_the_bridges_told_twice(calls: Calls, name: str) -> None:
    code = calls.case(name).tracking_code
    assert code is not None
    assert calls[name].code == code
    assert _codes_in_journal(calls.account(name)) == [code, code]
    assert calls.account(name).code_told


def _codes_in_journal(call: Call) -> list[str]:
    told = [entry["heard"] for entry in call.journal if entry["step"] in ("code", "callback_code")]
    digits = ["".join(name.removeprefix("digits/") for name in heard if "digits/" in name) for heard in told]
    return [code for code in digits if code]


def test_star_has_the_code_told_again(calls: Calls) -> None:
    played = calls.played("code again")
    assert played.count(prompts.CODE_TOLD_INTRO) + played.count(prompts.CODE_REPEAT_INTRO) >= 3
    assert len({code for code in calls["code again"].codes if len(code) == 10}) == 1
    assert calls["code again"].code == calls.case("code again").tracking_code


def test_no_code_is_ever_told_to_two_callers(calls: Calls) -> None:
    told = [one.code for one in calls.phoned.values() if isinstance(one, Phoned) and one.codes]
    assert len(told) == len(set(told)) >= 9
    calls.line.check_promise()


@pytest.mark.parametrize("key", "34567")
def test_each_key_of_the_list_opens_its_kind_of_case(calls: Calls, key: str) -> None:
    case = calls.case(f"kind {key}")
    assert case.kind == KINDS[key]
    assert case.ended_by == "hangup"  # after 4 s of speech: a case though the caller is gone
    assert calls[f"kind {key}"].is_whole(calls.line.audio(case))


@pytest.mark.parametrize(("name", "kind", "identifier"), [
    ("foreign resident", "foreign_resident", FOREIGN), ("legal person", "legal_person", LEGAL),
    ("right at last", "national_id", ID),
])  # fmt: skip
def test_whoever_is_identified_by_law_has_a_case(calls: Calls, name: str, kind: str, identifier: str) -> None:
    applicant = calls.line.applicant(calls.case(name))
    assert (applicant.identifier_kind, applicant.identifier) == (kind, identifier)


def test_three_wrong_identifiers_end_in_a_clear_goodbye_and_no_case(calls: Calls) -> None:
    heard = calls["wrong three times"].heard
    assert calls.played("wrong three times").count(prompts.IDENTITY_WRONG) == 2
    assert prompts.IDENTITY_LAST_TRY in heard
    assert heard[-1] == prompts.IDENTITY_GOODBYE
    assert not calls.has_case("wrong three times")


@pytest.mark.parametrize(("name", "offered", "contact", "province"), [
    ("another number", True, "+983136667788", "03"),
    ("number withheld", False, "+989121234567", "10"),
    ("no number at all", False, None, "11"),
    ("mobile", True, "caller", "09"),
])  # fmt: skip
def test_contact_number_and_province_are_known_or_asked(
    calls: Calls, name: str, offered: bool, contact: str | None, province: str
) -> None:
    case, heard = calls.case(name), calls[name].heard
    applicant = calls.line.applicant(case)
    assert applicant.contact_number == (applicant.caller_number if contact == "caller" else contact)
    assert (prompts.CONTACT_OFFER_CALLER_ID in heard) is offered
    asked = prompts.MENU_PROVINCE in heard
    if asked:
        assert case.province == province
        assert PROVINCES.index(province) in (1, 2, 9)
    else:
        assert case.province is not None
    assert asked is (name != "another number")


def test_numbers_a_caller_keyed_stand_in_no_journal(calls: Calls) -> None:
    for name, number in {"another number": "3136667788", "number withheld": "9121234567"}.items():
        journal = calls.account(name).journal
        pressed = "".join(entry["pressed"] or "" for entry in journal)
        heard = "".join(
            prompt.removeprefix("digits/")
            for entry in journal
            for prompt in entry["heard"]
            if "digits/" in prompt
        )
        assert prompts.CONTACT_READ_BACK in [prompt for entry in journal for prompt in entry["heard"]]
        assert number not in pressed
        assert number not in heard


def test_caller_hears_the_own_message_before_confirming(calls: Calls) -> None:
    phoned = calls["listens"]
    heard = audioop.lin2alaw(phoned.report.heard.tobytes(), 2)
    assert share_in_order(heard, phoned.message) >= MOST


def test_recording_again_replaces_the_message(calls: Calls) -> None:
    sound = calls.line.audio(calls.case("records again"))
    assert 3.5 <= spoken_seconds(sound) <= 5
    assert calls["records again"].is_whole(sound)


def test_going_on_adds_to_the_message(calls: Calls) -> None:
    phoned = calls["goes on"]
    sound = calls.line.audio(calls.case("goes on"))
    assert len(sound) >= 2 * len(phoned.message)
    half = len(sound) // 2
    assert likeness(sound[:half], phoned.message[: 3 * RATE]) > LIKE
    assert likeness(sound[half:], phoned.message[RATE:]) > LIKE


def test_silence_ends_the_message_and_confirms_it(calls: Calls) -> None:
    phoned = calls["falls silent"]
    assert prompts.MENU_CONFIRM_MESSAGE in phoned.heard
    assert phoned.is_whole(calls.line.audio(calls.case("falls silent")))


@pytest.mark.parametrize("name", ["speaks too shortly", "hangs up unidentified"])
def test_caller_who_said_too_little_leaves_no_case_and_no_sound(calls: Calls, name: str) -> None:
    assert calls.account(name).outcome not in ("case", "callback")
    assert not calls.has_case(name)
    assert not list(calls.line.settings.calls_dir.glob(f"{calls[name].call_id}*/*"))


def test_nothing_of_delivered_calls_stays_on_the_node(calls: Calls) -> None:
    assert not list(calls.line.settings.calls_dir.rglob("*.alaw"))
    assert calls.line.spool.counts() == {"incoming": 0, "uncoded": 0, "rejected": 0}


def test_no_agent_is_said_honestly_and_a_message_is_taken_instead(calls: Calls) -> None:
    heard, case = calls["agent, then message"].heard, calls.case("agent, then message")
    assert heard.index(prompts.AGENT_UNAVAILABLE) < heard.index(prompts.MENU_NO_AGENT)
    assert (case.kind, case.ended_by) == ("request", "agent_unavailable")
    assert calls["agent, then message"].is_whole(calls.line.audio(case))


def test_no_agent_and_no_answer_end_in_a_goodbye(calls: Calls) -> None:
    assert calls["agent, then silence"].heard[-1] == prompts.GOODBYE
    assert not calls.has_case("agent, then silence")


@pytest.mark.parametrize(("name", "kind", "wished"), [
    ("guidance", "guidance", "asap"), ("callback only", "request", "tomorrow"),
    ("zero", "request", "tomorrow"),
])  # fmt: skip
def test_callback_is_registered_without_a_message(calls: Calls, name: str, kind: str, wished: str) -> None:
    case, heard = calls.case(name), calls[name].heard
    assert (case.kind, case.recordings) == (kind, [])
    assert [(one.state, one.wished) for one in case.callbacks] == [("waiting", wished)]
    times = prompts.callback(wished), prompts.CALLBACK_ON_DAY  # the next working day has a date of its own
    assert heard[heard.index(prompts.CALLBACK_REGISTERED) + 1] in times
    assert calls.account(name).outcome == "callback"


def test_silence_gets_two_gentle_repeats_then_an_agent_then_a_goodbye(calls: Calls) -> None:
    heard, played = calls["says nothing"].heard, calls.played("says nothing")
    assert played.count(prompts.MENU_MAIN) == 3
    before_agent = played[: played.index(prompts.IDENTITY_ASK)]
    assert before_agent.count(prompts.NO_CHOICE) == 2
    assert prompts.NO_CHOICE in heard
    assert heard[-1] == prompts.IDENTITY_GOODBYE
    assert not calls.has_case("says nothing")


def test_wrong_keys_get_two_gentle_repeats_then_an_agent(calls: Calls) -> None:
    heard, played = calls["wrong keys"].heard, calls.played("wrong keys")
    assert played.count(prompts.INVALID_CHOICE) == 2
    assert played.count(prompts.MENU_MAIN) == 3
    assert heard.index(prompts.IDENTITY_ASK) > heard.index(prompts.INVALID_CHOICE)


def test_star_repeats_the_question(calls: Calls) -> None:
    played = calls.played("star")
    assert played.count(prompts.MENU_MAIN) == 3
    assert prompts.INVALID_CHOICE not in played
    assert prompts.MENU_KIND in calls["star"].heard


def test_follow_up_reads_kind_date_status_and_callback(calls: Calls) -> None:
    case = calls.case("persian")
    citizens = {
        "asks": Citizen(f"3 {case.tracking_code} {ID}"),
        "asks with another's identity": Citizen(
            f"3 {case.tracking_code} {sample_identifier('national_id', 22)} wait hangup"
        ),
    }
    calls.phoned |= asyncio.run(_phone_all(calls.line, citizens, 500))
    heard = calls["asks"].heard
    order = [
        prompts.FOLLOWUP_KIND_IS, prompts.kind("complaint"), prompts.FOLLOWUP_OPENED_ON,
        prompts.FOLLOWUP_STATUS_IS, prompts.status("registered"), prompts.FOLLOWUP_CALLBACK_WAITING,
        prompts.FOLLOWUP_NO_REPLY, prompts.GOODBYE,
    ]  # fmt: skip
    places = [heard.index(name) for name in order]
    assert places == sorted(places)
    assert places[3] - places[2] >= 3  # day, month and year of the Jalali calendar
    assert calls.account("asks").outcome == "followed_up"
    assert case.tracking_code not in calls.account("asks").model_dump_json()
    other = calls["asks with another's identity"].heard
    assert prompts.FOLLOWUP_NOT_FOUND in other
    assert prompts.FOLLOWUP_KIND_IS not in other
