"""What providers say later, kept: receipts, and messages of citizens."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.notifications.incoming import messages as inbound
from casebridge.notifications.incoming import receipts
from casebridge.notifications.incoming.messages import Decide, Reply

if TYPE_CHECKING:
    from casebridge.bridge import Bridge


class BridgeEar:
    """Keeps what it hears in the bridge's database; returns after the commit.

    Args:
        decide: Records an applicant's decision; None: the answers' own.
        reply: Records what they reply to a question; None: the questions' own.
    """

    def __init__(self, bridge: Bridge, decide: Decide | None = None, reply: Reply | None = None) -> None:
        self._bridge = bridge
        self.decide = decide or _decide
        self.reply = reply or _reply

    async def receipt(self, provider: str, reference: str, state: str) -> None:
        """A message arrived, or never will."""
        async with self._bridge.database.writing() as session:
            known = await receipts.hear(session, provider, reference, state)
        self._bridge.metrics.receipts.labels(provider, state if known else "unknown").inc()
        self._bridge.sender.wake()

    async def inbound(self, provider: str, sender: str, text: str, reference: str | None) -> None:
        """A citizen wrote."""
        await self.understand(provider, sender, text, reference)

    async def understand(self, provider: str, sender: str, text: str, reference: str | None) -> str:
        """Takes a message in; returns what it was taken for."""
        understood = await inbound.receive(self._bridge, provider, sender, text, reference, self)
        self._bridge.relay.wake()
        self._bridge.sender.wake()
        return understood


async def _decide(session: AsyncSession, case_id: UUID, accepted: bool, text: str | None) -> str:
    from casebridge.answers.service import decide  # answers tell applicants: they import this package

    return await decide(session, case_id, accepted=accepted, by="sms", text=text)


async def _reply(session: AsyncSession, case_id: UUID, text: str) -> str:
    from casebridge.questions.service import reply

    return await reply(session, case_id, by="sms", text=text)
