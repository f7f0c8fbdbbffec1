"""One scripted call from dialling to goodbye: the phone, the ear and the citizen put together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np

from line111.call.hearing import RATE, Ear, Samples, Sound
from line111.call.phone import Line, NotAnswered, Phone
from line111.call.prompts_heard import PromptEar, PromptHeard, PromptIndex
from line111.call.script import Act, Citizen, Manners, PressKey, SpeakNow, Step, mask_keys

_LOOK = 0.02  # seconds between two looks at the line
_SETTLED = 0.7  # seconds of silence after which a stretch of speech is told


class Outcome(IntEnum):
    """How a call ended; the number is the exit code of `line111 call` (2 is a wrong command line)."""

    REGULAR = 0
    NOT_ANSWERED = 1
    CUT_OFF = 3
    TOO_LONG = 4
    NOTHING_HEARD = 5
    PHONE_UNUSABLE = 6

    @property
    def words(self) -> str:
        """In plain words."""
        return _OUTCOME_WORDS[self]


_OUTCOME_WORDS = {
    Outcome.REGULAR: "the call came to its regular end",
    Outcome.NOT_ANSWERED: "the line did not answer",
    Outcome.CUT_OFF: "the line hung up before the script was done",
    Outcome.TOO_LONG: "the call did not end in time",
    Outcome.NOTHING_HEARD: "the line answered, but nothing was heard",
    Outcome.PHONE_UNUSABLE: "the phone could not be used",
}


@dataclass
class Happened:
    """Something that happened in a call."""

    at: float
    """Seconds since the line answered."""
    did: str
    """prompt (known), heard (unknown speech), pressed, tone, spoke or hung_up."""
    seconds: float | None = None
    keys: str | None = None
    prompt: str | None = None
    language: str | None = None


@dataclass
class CallReport:
    """What came of a call."""

    outcome: Outcome
    reason: str
    """SIP's words for the end of the call, or why there was none."""
    seconds: float = 0.0
    tone_heard: bool = False
    happened: list[Happened] = field(default_factory=list)
    prompts: list[PromptHeard] = field(default_factory=list)
    """The prompts that were heard, where they are known."""
    heard: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)
    said: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)

    def as_json(self) -> dict[str, Any]:
        """For monitoring: no sound, and keys that may identify a person masked."""
        return {
            "outcome": self.outcome.name.lower(),
            "exit_code": int(self.outcome),
            "reason": self.reason,
            "seconds": round(self.seconds, 2),
            "tone_heard": self.tone_heard,
            "happened": [
                {key: value for key, value in asdict(one).items() if value is not None}
                for one in self.happened
            ],
        }


@dataclass(frozen=True)
class Plan:
    """A call to be made."""

    line: Line
    script: tuple[Step, ...]
    message: Samples = field(default_factory=lambda: np.zeros(0, np.int16), repr=False)
    manners: Manners = field(default_factory=Manners)
    timeout: float = 180.0
    """Seconds after which the call is ended from this side."""
    tone_hz: float = 1000.0
    prompts: PromptIndex | None = field(default=None, repr=False)
    """To know what the line says; None: speech is speech."""


Tell = Callable[[Happened], None]


async def phone_the_line(plan: Plan, tell: Tell = lambda _happened: None) -> CallReport:
    """Make the call; `tell` hears of everything as it happens. Raises PhoneUnusable."""
    async with Phone(plan.line, plan.timeout) as phone:
        try:
            answered = await phone.dial()
        except NotAnswered as error:
            return CallReport(Outcome.NOT_ANSWERED, str(error))
        return await _Call(plan, phone, answered, tell).run()


class _Call:
    def __init__(self, plan: Plan, phone: Phone, answered: float, tell: Tell) -> None:
        self._plan = plan
        self._phone = phone
        self._answered = answered
        self._tell = tell
        self._prompts: list[PromptHeard] = []
        self._prompt_ear = PromptEar(plan.prompts) if plan.prompts else None
        self._ear = Ear(plan.tone_hz, self._listen_for_prompts)
        self._citizen = Citizen(plan.script, len(plan.message) / RATE, plan.manners)
        self._happened: list[Happened] = []
        self._told = 0
        self._keys: list[str] = []
        self._keys_at = 0.0
        self._hung_up = False

    async def run(self) -> CallReport:
        """Until one side hangs up, or the time is over."""
        now = 0.0
        while self._phone.ended is None and not self._hung_up and now < self._plan.timeout:
            await asyncio.sleep(_LOOK)
            now = time.monotonic() - self._answered
            self._ear.feed(self._phone.newly_heard(), now)
            if act := self._citizen.decide(now, self):
                await self._do(act, now)
            self._tell_settled(now)
        finished = self._citizen.is_finished_at(now)
        in_time = now < self._plan.timeout
        if self._phone.ended is None:
            await self._phone.hang_up()
        self._tell_settled(now + 60)
        return self._report(now, self._outcome(finished, in_time))

    # -- what the citizen knows of the line (script.Heard)

    @property
    def first_sound_at(self) -> float | None:
        """Begin of the first sound."""
        return self._ear.first_sound_at

    @property
    def last_sound_at(self) -> float | None:
        """End of the latest sound so far."""
        return self._ear.last_sound_at

    @property
    def tone_ended_at(self) -> float | None:
        """End of the latest record tone."""
        return self._ear.tone_ended_at

    def heard_prompt(self, name: str, since: float) -> bool:
        """Whether the line began this prompt since then."""
        return any(prompt.id == name and prompt.at >= since for prompt in self._prompts)

    def _listen_for_prompts(self, frame: Samples, at: float) -> None:
        for prompt in self._prompt_ear.feed(frame, at) if self._prompt_ear else ():
            self._prompts.append(prompt)
            self._record(Happened(prompt.at, "prompt", prompt=prompt.id, language=prompt.language))

    async def _do(self, act: Act, now: float) -> None:
        if isinstance(act, PressKey):
            await self._phone.press(act.key)
            self._keys_at = self._keys_at if self._keys else now
            self._keys.append(act.key)
            if not self._citizen.is_typing:
                self._tell_keys()
            return
        self._tell_settled(now + 60)
        if isinstance(act, SpeakNow):
            await self._phone.say(self._plan.message)
            if act.after_tone:
                self._record(Happened(self._ear.tones[-1].start, "tone"))
            self._record(Happened(now, "spoke", seconds=round(len(self._plan.message) / RATE, 2)))
        else:
            self._hung_up = True
            self._record(Happened(now, "hung_up"))

    def _tell_settled(self, now: float) -> None:
        """Tell of the stretches of speech that are over by now."""
        for sound in self._ear.sounds[self._told :]:
            if now - sound.end < _SETTLED:
                break
            self._told += 1
            if self._is_known(sound):
                continue
            self._record(Happened(sound.start, "heard", seconds=round(sound.seconds, 2)))

    def _is_known(self, sound: Sound) -> bool:
        """Whether this stretch is told as what it is: the tone, or prompts."""
        tones = any(
            tone.start <= sound.start + 0.3 and sound.end <= tone.end + 0.1 for tone in self._ear.tones
        )
        return tones or any(
            prompt.at < sound.end and sound.start < prompt.until + 0.1 for prompt in self._prompts
        )

    def _tell_keys(self) -> None:
        keys, self._keys = "".join(self._keys), []
        self._record(Happened(self._keys_at, "pressed", keys=mask_keys(keys)))

    def _record(self, happened: Happened) -> None:
        happened.at = round(happened.at, 2)
        self._happened.append(happened)
        self._tell(happened)

    def _outcome(self, finished: bool, in_time: bool) -> Outcome:
        if self._hung_up:
            return Outcome.REGULAR
        if not self._ear.sounds:
            return Outcome.NOTHING_HEARD
        if not in_time:
            return Outcome.TOO_LONG
        return Outcome.REGULAR if finished else Outcome.CUT_OFF

    def _report(self, seconds: float, outcome: Outcome) -> CallReport:
        return CallReport(
            outcome,
            self._phone.ended or "hung up from this side",
            seconds,
            bool(self._ear.tones),
            sorted(self._happened, key=lambda one: one.at),
            self._prompts,
            self._ear.samples,
            self._phone.all_said(),
        )
