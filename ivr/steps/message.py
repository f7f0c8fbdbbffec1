"""The message: spoken after a tone, heard again, recorded again, gone on with, confirmed."""

from __future__ import annotations

from typing import Final, Protocol

from ivr import prompts
from ivr.call import Call
from ivr.kill_points import KillPoint, reached
from ivr.message_audio import MessageAudio
from ivr.spool import require_room, require_written
from ivr.steps.parameters import NodeName, Parameters, Tries

_CONFIRM, _LISTEN, _AGAIN, _GO_ON = "1", "2", "3", "4"
_LEAST_SECONDS: Final = 1.0
"""Less speech than this is no message."""
_CHOICES: Final = 30
"""How often a caller may listen, record again and go on before the message is taken as it is."""


class Settings(Parameters):
    """`tries`: recordings without speech before the caller is given up."""

    tries: Tries = 3
    next: NodeName


class Takes(Protocol):
    """Where what is spoken goes: the message of a matter, the reason of an objection."""

    @property
    def audio(self) -> MessageAudio:
        """The audio of the current take."""

    def begin_take(self) -> None:
        """What was spoken so far is not wanted. Raises SpoolFull."""


async def run(call: Call, settings: Settings) -> str | None:
    """Record until confirmed."""
    await record_message(call, settings.tries)
    await confirm(call, call, settings.tries)
    reached(KillPoint.MESSAGE_CONFIRMED)
    return settings.next


async def confirm(call: Call, takes: Takes, tries: int) -> None:
    """Listen, record again, go on; silence at the question confirms, for something has been spoken."""
    for _ in range(_CHOICES):
        keys = {_CONFIRM, _LISTEN, _AGAIN, _GO_ON}
        key = await call.choose([prompts.MENU_CONFIRM_MESSAGE], keys, _CONFIRM)
        if key == _CONFIRM:
            break
        if key == _LISTEN:
            for part in takes.audio.parts():
                await call.listen_to(part.with_suffix(""))
        elif key == _AGAIN:
            takes.begin_take()
            await record_message(call, tries, takes)
        else:
            await record_part(call, takes, prompts.MESSAGE_GO_ON)


async def record_message(call: Call, tries: int, takes: Takes | None = None) -> None:
    """Record until something was said: the matter's message, or what `takes` is for.

    Raises:
        SpoolFull: no room for a message. GoTo, NoAnswer: nothing was said again and again.
    """
    takes = takes or call
    said = [prompts.RECORD_AFTER_TONE]
    for _ in range(tries):
        await record_part(call, takes, *said)
        if takes.audio.spoken_seconds() >= _LEAST_SECONDS:
            return
        said = [prompts.MESSAGE_TOO_SHORT, prompts.RECORD_AFTER_TONE]
    raise call.given_up()


async def record_part(call: Call, takes: Takes, *said: str) -> None:
    """Record once, after the tone, until `#`, silence or time. Raises SpoolFull."""
    require_room(call.line.calls_dir, call.line.message_seconds)
    takes.audio.prepare()
    await call.tell(*said)
    call.typed = ""  # a key here only cuts the instruction short
    await call.tell(prompts.BEEP)
    call.typed = ""
    reached(KillPoint.BEFORE_RECORDING)
    part = takes.audio.next_part()
    recording = await call.channel.record(
        part, seconds=call.line.message_seconds, silence=call.line.silence_seconds
    )
    reached(KillPoint.MESSAGE_RECORDED)
    call.note((), recording.key)
    require_written(part.with_suffix(".alaw"), recording.samples, call.line.silence_seconds)
