"""What a scripted citizen does during a call, as plain data and plain decisions (no I/O here).

`parse_script` reads the small language of `line111 call --digits`; `Citizen` decides, from what was
heard so far and the time, what is done next. The phone and the ear are elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol

KEYS = "0123456789*#"
"""Keys of a telephone that a caller has (RFC 4733 events 0 to 11)."""

LANGUAGE_HELP = """\
Words, separated by spaces, done one after the other:

  1  0499370899  *  5#   press these keys, when the line has been silent for a moment
  !1                     press at once, without waiting for the prompt to end
  say                    wait for the tone, then speak the message (--say or --play)
  wait                   wait for the prompt to end
  wait:2.5               wait 2.5 seconds
  hear:group/name        wait until the line says this prompt (its name in the catalogue of prompts)
  hangup                 hang up now

After the last word the citizen listens until the line hangs up."""


class BadScript(ValueError):
    """The script holds a word that means nothing; the text names it and its place."""


@dataclass(frozen=True)
class Press:
    """Press keys one after the other."""

    keys: str
    at_once: bool = False


@dataclass(frozen=True)
class Say:
    """Speak the message after the tone."""


@dataclass(frozen=True)
class Wait:
    """Wait some seconds; None: until the prompt has ended."""

    seconds: float | None = None


@dataclass(frozen=True)
class Hear:
    """Wait until the line begins to say a prompt; where that never comes, go on when it falls silent."""

    prompt: str


@dataclass(frozen=True)
class HangUp:
    """End the call from this side."""


Step = Press | Say | Wait | Hear | HangUp

_WORDS: dict[str, Step] = {"say": Say(), "wait": Wait(), "hangup": HangUp()}


def parse_script(text: str) -> tuple[Step, ...]:
    """Read a script; see `LANGUAGE_HELP`. Raises BadScript."""
    return tuple(_step(word, place) for place, word in enumerate(text.split(), start=1))


def _step(word: str, place: int) -> Step:
    if word in _WORDS:
        return _WORDS[word]
    if pause := re.fullmatch(r"wait:(\d{1,3}(?:\.\d{1,3})?)", word):
        return Wait(float(pause[1]))
    if prompt := re.fullmatch(r"hear:([a-z0-9_]+/[a-z0-9_]+)", word):
        return Hear(prompt[1])
    keys = word.removeprefix("!")
    if keys and set(keys) <= set(KEYS):
        return Press(keys, at_once=word.startswith("!"))
    raise BadScript(
        f"word {place}, {word!r}, is neither keys nor one of say, wait, wait:SECONDS, hear:PROMPT, hangup"
    )


def mask_keys(keys: str) -> str:
    """Keys as they may be shown: six digits and more may identify a person, so they become dots."""
    return re.sub(r"[0-9]{6,}", lambda found: "•" * len(found[0]), keys)


class Heard(Protocol):
    """What a citizen knows of the line, in seconds of the call's clock; None: not yet."""

    @property
    def first_sound_at(self) -> float | None:
        """Begin of the first sound."""

    @property
    def last_sound_at(self) -> float | None:
        """End of the latest sound so far."""

    @property
    def tone_ended_at(self) -> float | None:
        """End of the latest record tone."""

    def heard_prompt(self, name: str, since: float) -> bool:
        """Whether the line began this prompt since then."""


@dataclass(frozen=True)
class Manners:
    """How a citizen behaves; all in seconds."""

    quiet: float = 0.8
    """The prompt counts as ended after the line was silent this long."""
    patience: float = 6.0
    """Act anyway when nothing was heard for this long."""
    tone_patience: float = 3.0
    """Speak without the tone when the line has been silent this long after a prompt."""
    after_tone: float = 0.3
    """A person takes breath before speaking."""
    key_gap: float = 0.25
    """From one key to the next. The phone holds a key for 180 ms."""
    impatient: bool = False
    """Press every key without waiting for the prompt's end."""


@dataclass(frozen=True)
class PressKey:
    """Do now: press this one key."""

    key: str


@dataclass(frozen=True)
class SpeakNow:
    """Do now: speak the message; `after_tone` says whether the tone was heard."""

    after_tone: bool


@dataclass(frozen=True)
class HangUpNow:
    """Do now: end the call."""


_GIVE_UP = 4.0  # seconds of silence after which a prompt that was waited for will not come

Act = PressKey | SpeakNow | HangUpNow


@dataclass
class Citizen:
    """Walks through a script; ask `decide` every few hundredths of a second.

    Args:
        script: what to do.
        message_seconds: how long the message takes to speak.
        manners: how patient this person is.
    """

    script: tuple[Step, ...]
    message_seconds: float = 0.0
    manners: Manners = field(default_factory=Manners)
    _place: int = 0
    _since: float = 0.0
    """When the last step ended: what was heard before belongs to that step."""
    _busy_until: float = 0.0
    _keys: str = field(default="", repr=False)
    _expects_sound: bool = True
    """Whether the line speaks next (after the message it waits for the caller instead)."""

    @property
    def is_typing(self) -> bool:
        """There are keys of this step still to be pressed."""
        return bool(self._keys)

    @property
    def finished(self) -> bool:
        """All steps are done."""
        return self._place >= len(self.script) and not self._keys

    def is_finished_at(self, now: float) -> bool:
        """All steps are done and the last of them (a message, say) is over."""
        return self.finished and now >= self._busy_until

    def decide(self, now: float, heard: Heard) -> Act | None:
        """What to do at `now`; None: go on listening."""
        if now < self._busy_until:
            return None
        if self._keys:
            return self._press_next(now)
        if self._place >= len(self.script):
            return None
        return self._begin(self.script[self._place], now, heard)

    def _begin(self, step: Step, now: float, heard: Heard) -> Act | None:
        if isinstance(step, Press):
            if step.at_once or self.manners.impatient or self._prompt_ended(now, heard):
                self._place += 1
                self._keys = step.keys
                return self._press_next(now)
        elif isinstance(step, Say):
            return self._say(now, heard)
        elif isinstance(step, Hear):
            if heard.heard_prompt(step.prompt, self._since - 1.0) or self._silent_for(_GIVE_UP, now, heard):
                self._next(now, busy=0.0)
                self._expects_sound = True
        elif isinstance(step, Wait) and step.seconds is None:
            if self._prompt_ended(now, heard):
                self._next(now, busy=0.0)
                self._expects_sound = False  # what was waited for is over; it is the citizen's turn
        elif isinstance(step, Wait):
            if now >= self._since + (step.seconds or 0.0):
                self._next(now, busy=0.0)
        else:
            self._next(now, busy=0.0)
            return HangUpNow()
        return None

    def _press_next(self, now: float) -> Act:
        key, self._keys = self._keys[0], self._keys[1:]
        self._busy_until = now + self.manners.key_gap
        if not self._keys:
            self._since = now
            self._expects_sound = True
        return PressKey(key)

    def _say(self, now: float, heard: Heard) -> Act | None:
        tone = heard.tone_ended_at
        after_tone = tone is not None and tone >= self._since
        if after_tone:
            ready = now >= (tone or 0.0) + self.manners.after_tone
        else:
            ready = self._silent_for(self.manners.tone_patience, now, heard)
        if not ready:
            return None
        self._next(now, busy=self.message_seconds)
        self._expects_sound = False
        return SpeakNow(after_tone)

    def _next(self, now: float, busy: float) -> None:
        self._place += 1
        self._busy_until = self._since = now + busy

    def _prompt_ended(self, now: float, heard: Heard) -> bool:
        if not self._expects_sound:
            return now - self._since >= self.manners.quiet
        return self._silent_for(self.manners.quiet, now, heard)

    def _silent_for(self, seconds: float, now: float, heard: Heard) -> bool:
        last = heard.last_sound_at
        if last is None or last <= self._since:
            return now - self._since >= self.manners.patience
        return now - last >= seconds
