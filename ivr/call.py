"""One call as its steps see it: what is known, what was heard and pressed, how to tell and to ask."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ivr import prompts, records
from ivr.agi.commands import Channel
from ivr.disk_work import to_its_end
from ivr.drafts import HeldDraft
from ivr.line import Line
from ivr.message_audio import MessageAudio
from ivr.records import Record
from line111.sealing import seal

if TYPE_CHECKING:
    from ivr.menu import Menu

MASK: Final = "•"
_JOURNAL_LIMIT: Final = 1000
_REPEAT_LIMIT: Final = 9
"""How often `*` repeats one prompt before it counts as a wrong key: every call comes to an end."""


class GoTo(Exception):
    """The caller leaves the present step for another node."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


class NoAnswer(Exception):
    """Nothing, or nothing sensible, was pressed again and again, also where an agent was offered."""


class Call:
    """A call in progress.

    Args:
        call_id: Asterisk's linkedid, checked.
        caller: the number that phones, E.164, or None where it is withheld.
    """

    __slots__ = (
        "_began",
        "_node",
        "agent_tried",
        "call_id",
        "caller",
        "channel",
        "contact",
        "decision",
        "ended_by",
        "held",
        "identity",
        "journal",
        "kind",
        "language",
        "line",
        "menu",
        "outcome",
        "province",
        "report_intake",
        "settled",
        "started_at",
        "told",
        "typed",
        "wished",
    )  # fmt: skip

    def __init__(self, line: Line, channel: Channel, menu: Menu, call_id: str, caller: str | None) -> None:
        self.line = line
        self.channel = channel
        self.menu = menu
        self.call_id = call_id
        self.caller = caller
        self.language: str = prompts.LANGUAGES[0]
        self.kind: str | None = None
        self.identity: tuple[str, str] | None = None
        """Kind of identifier and identifier."""
        self.contact: str | None = None
        self.province: str | None = None
        self.wished: str | None = None
        self.held: HeldDraft | None = None
        self.decision: HeldDraft | None = None
        """What the caller says to an answer, while it is not told to them that it is registered."""
        self.typed = ""
        """Keys the caller pressed ahead; the next question takes them."""
        self.agent_tried = False
        """An agent was asked for, or makes no sense any more: `0` and silence lead nowhere new."""
        self.ended_by = "confirmed"
        self.settled = False
        self.told = False
        self.outcome = "abandoned"
        self.report_intake: str | None = None
        self.journal: list[dict[str, Any]] = []
        self.started_at = records.moment()
        self._began = time.monotonic()
        self._node = "start"

    def enter(self, node: str) -> None:
        """The caller has come to a node."""
        self._node = node
        if node == self.menu.agent:
            self.agent_tried = True

    async def speak(self, language: str) -> None:
        """Go on in this language; Asterisk is told too, so that whoever watches the line sees it."""
        self.language = language
        await self.channel.set_variable("CHANNEL(language)", language)

    # Telling and asking -------------------------------------------------------------------------

    async def tell(self, *ids: str, even_if_ahead: bool = False, secret: bool = False) -> None:
        """Play prompts. A key ends them and is kept for the next question.

        Args:
            even_if_ahead: play also where the caller has already pressed keys for what comes next.
            secret: leave the digits told out of the journal (a number the caller keyed).
        """
        if self.typed and not even_if_ahead:
            return
        key = await self.channel.play(self._sounds(ids))
        self.note([name for name in ids if not (secret and name.startswith("digits/"))], key)
        self.typed += key.strip("#")

    async def listen_to(self, sound: Path) -> None:
        """Play a sound that is no prompt (the caller's own message, a reply read out)."""
        key = await self.channel.play([sound])
        self.note((), key)
        self.typed += key.strip("#")

    async def ask(
        self, ids: Sequence[str], keys: int, *, seconds: float | None = None, secret: bool = False
    ) -> str:
        """Play prompts and gather keys, taking those pressed ahead first.

        Args:
            keys: how many at most; `#` ends earlier and is not among them.
            seconds: how long without a key ends it (None: as set for the node).
            secret: write only `•` into the journal (identifiers, codes, numbers).
        """
        ahead, self.typed = self.typed[:keys], self.typed[keys:]
        if len(ahead) < keys:
            sounds = [] if ahead else self._sounds(ids)
            wait = self.line.key_seconds if seconds is None else seconds
            ahead += await self.channel.collect(sounds, keys - len(ahead), wait)
        self.note(ids, MASK * len(ahead) if secret else ahead)
        return ahead

    async def choose(self, ids: Sequence[str], keys: Collection[str], default: str | None = None) -> str:
        """Ask for one key until one of `keys` is pressed.

        `*` repeats, `0` leads to an agent; silence and wrong keys get gentle repeats, then `default`
        is taken as pressed (None: on to an agent, and where that was tried already, a goodbye).

        Raises:
            GoTo: to another node. NoAnswer: the caller can't be helped this way.
        """
        said, stars, wrong = list(ids), 0, 0
        while True:
            key = await self.ask(said, 1)
            if key and key in keys:
                return key
            if key == "0":
                self.ask_for_agent()
            self.typed = ""
            if key == "*" and stars < _REPEAT_LIMIT:
                stars += 1
                said = list(ids)
                continue
            wrong += 1
            if wrong > self.menu.repeats:
                if default is not None:
                    return default
                raise self.given_up()
            said = [prompts.INVALID_CHOICE if key else prompts.NO_CHOICE, *ids]

    def ask_for_agent(self) -> None:
        """The caller pressed 0: on to an agent, unless that is where this already is. Raises GoTo."""
        if not self.agent_tried:
            self.agent_tried = True
            self.typed = ""
            raise GoTo(self.menu.agent)

    def given_up(self) -> Exception:
        """What to raise for a caller who can't be understood: an agent first, then a goodbye."""
        if self.agent_tried:
            return NoAnswer()
        self.agent_tried = True
        return GoTo(self.menu.agent)

    def note(self, heard: Sequence[str], pressed: str) -> None:
        """Write into the journal what was heard and pressed."""
        if len(self.journal) < _JOURNAL_LIMIT:
            at = round((time.monotonic() - self._began) * 1000)
            entry = {"at_ms": at, "step": self._node, "heard": list(heard[:200])}
            self.journal.append(entry | ({"pressed": pressed[:64]} if pressed else {}))

    @property
    def journal_is_full(self) -> bool:
        """So many entries that this is no person; the call is led to its end."""
        return len(self.journal) >= _JOURNAL_LIMIT

    def _sounds(self, ids: Sequence[str]) -> list[Path]:
        folder = self.line.sounds_dir / self.language
        return [folder / name for name in ids]

    # What becomes durable -----------------------------------------------------------------------

    @property
    def identified(self) -> bool:
        """Whether a valid identifier is known (article 5-3), from this process or the one before."""
        return self.held is not None and self.held.draft.identified

    @property
    def record(self) -> Record | None:
        """The intake, where it is in the spool."""
        if self.held is None or not self.held.draft.durable:
            return None
        return self.held.draft.record

    @property
    def audio(self) -> MessageAudio:
        """The message's audio on disk."""
        take = self.held.draft.take if self.held is not None else 1
        return MessageAudio(self.line.calls_dir, self.call_id, take)

    def keep(self, **changes: Any) -> None:
        """Write what is known now into the draft, so that another process could go on. Raises SpoolFull."""
        if self.identity is None and self.held is None:
            return
        if self.held is None:
            self.held = self.line.drafts.hold(self.call_id)
        if self.identity is not None:
            private = records.private_part(*self.identity, self.contact, self.caller)
            changes["sealed"] = seal(private, self.line.sealing_public)
        self.held.save(
            language=self.language,
            kind=self.kind or self.menu.default_kind,
            province=self.province,
            wished=self.wished,
            started_at=self.started_at,
            **changes,
        )

    def begin_take(self) -> None:
        """The message is recorded again. Raises SpoolFull."""
        self.keep(take=self.audio.take + 1)

    async def take_in(self, ended_by: str) -> Record:
        """Make the matter durable, away from the event loop. Raises SpoolFull."""
        held = self.held
        assert held is not None  # noqa: S101 - a step after identity
        record = await to_its_end(self.line.desk.take_in, held, ended_by=ended_by)
        self.taken_in(record)
        return record

    def taken_in(self, record: Record) -> None:
        """Remember that the matter is in the spool, and have it delivered at once."""
        self.report_intake = record["record_id"]
        self.outcome = "case" if record["recording"] else "callback"
        self.line.wake_forwarder()
