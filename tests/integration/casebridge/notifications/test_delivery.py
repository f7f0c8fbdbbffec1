"""The outbox, mail, quiet hours, opt-outs, once only, and senders that vanish."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from casebridge.cases.models import Case
from casebridge.cases.numbers import close_numbers
from casebridge.notifications import service
from casebridge.notifications.incoming import receipts
from casebridge.notifications.incoming.opt_outs import set_opt_out
from casebridge.notifications.masking import contact_hash
from casebridge.notifications.models import Attempt, Notification
from casebridge.notifications.sender import Sender
from line111.clock import now

GATEWAY = """
[[provider]]
name = "gateway"
kind = "http"
timeout_seconds = 5
[provider.request]
url = "http://127.0.0.1:{port}/send"
headers = {{ Idempotency-Key = "{{id}}" }}
json = {{ to = "{{to}}", text = "{{text}}" }}
[provider.reply]
sent = [{{ status = [200] }}]
"""

ON_SQLITE = pytest.mark.parametrize("bridge_settings", ["sqlite"], indirect=True)
"""For what does not depend on the database."""


class TestEmbeddedOutbox:
    """Without any provider messages are kept, to be read on the screen."""

    async def test_a_message_is_kept_and_shown_with_its_length(
        self, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case()
        message = await tell(case, "answered", text="جاده تعمیر شد.")
        await becomes(message, "sent")
        async with api.person("supervisor") as http:
            shown = (await http.get(f"/notifications/{message}")).json()
            listed = (await http.get("/notifications", params={"case_id": str(case)})).json()["items"]
        assert "جاده تعمیر شد" in shown["text"]
        assert (shown["encoding"], shown["segments"], shown["provider"]) == ("ucs2", 2, "outbox")
        assert shown["receiver_masked"] == "+98912•••••67"
        assert [attempt["outcome"] for attempt in shown["tries"]] == ["sent"]
        assert listed[0]["id"] == str(message)

    async def test_what_happened_once_is_told_once(self, open_case: Any, tell: Any, api: Any) -> None:
        case = await open_case()
        first, again = await tell(case), await tell(case)
        assert first == again
        await asyncio.gather(*(tell(case, "taken", "2") for _ in range(5)))
        async with api.bridge.database.reading() as session:
            count = await session.scalar(
                select(func.count()).where(Notification.case_id == case, Notification.template == "taken")
            )
        assert count == 1

    async def test_nothing_is_told_of_what_was_undone(self, open_case: Any, api: Any) -> None:
        case = await open_case()
        with pytest.raises(RuntimeError):
            await undone(api, case)
        async with api.bridge.database.reading() as session:
            assert not await session.scalar(select(Notification).where(Notification.template == "closed"))

    @ON_SQLITE
    async def test_operators_see_the_outbox_but_not_what_citizens_are_told(
        self, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        message = await tell(await open_case())
        await becomes(message, "sent")
        async with api.person("operator", username="op1") as http:
            shown = (await http.get(f"/notifications/{message}")).json()
        assert (shown["state"], shown["text"]) == ("sent", "")
        async with api.person("agent") as http:
            assert (await http.get("/notifications")).status_code == 403

    @ON_SQLITE
    async def test_a_centres_own_words_are_used_from_the_next_message_on(
        self, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        from casebridge.notifications import mending
        from casebridge.notifications.schemas import WordingChange

        own = WordingChange(sms="Own {code}", subject="S", email="E {code}")
        async with api.bridge.database.writing() as session:
            await mending.set_wording(session, "applicant", "referred", "fa", own, "person:s")
            await mending.set_wording(session, "applicant", "referred", "fa", own, "person:s")
        row = await becomes(await tell(await open_case()), "sent")
        assert row.text.startswith("Own ")


@ON_SQLITE
class TestMail:
    """Units and applicants with an address."""

    @pytest.fixture
    def providers(self, mailbox: Any) -> str:
        return f"""
[[provider]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {mailbox.port}
tls = "none"
sender = "samad@centre.example"
"""

    async def test_a_unit_is_told_by_mail_in_its_language(
        self, mailbox: Any, open_case: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case()
        message = await unit_message(api, case, {"email": "desk@agency.example", "language": "en"})
        await becomes(message, "sent")
        mail = email.message_from_bytes(mailbox.mails[-1], policy=email.policy.default)
        assert (mail["To"], mail["From"]) == ("desk@agency.example", "samad@centre.example")
        assert mail["Subject"] == "A deadline comes near"
        assert str(message) in mail["Message-ID"]
        assert "is due soon" in mail.get_content()

    async def test_persian_mail_arrives_letter_by_letter(
        self, mailbox: Any, open_case: Any, becomes: Any, api: Any
    ) -> None:
        message = await unit_message(api, await open_case(), {"email": "d@a.example", "language": "fa"})
        row = await becomes(message, "sent")
        mail = email.message_from_bytes(mailbox.mails[-1], policy=email.policy.default)
        assert mail.get_content().strip() == row.email_text
        assert mail["Subject"] == row.subject

    async def test_an_unknown_mailbox_is_a_dead_letter_and_a_full_one_waits(
        self, mailbox: Any, open_case: Any, becomes: Any, api: Any, until: Any, hurry: Any
    ) -> None:
        case = await open_case()
        mailbox.refuse = "550 no such user"
        dead = await unit_message(api, case, {"email": "gone@a.example", "language": "fa"})
        assert (await becomes(dead, "dead")).last_error == "SMTP 550"
        mailbox.refuse = "452 mailbox full"
        later = await unit_message(api, case, {"email": "full@a.example", "language": "fa"}, "2")
        await until(lambda: looks(api, later, lambda row: row.rounds == 1))
        mailbox.refuse = None
        await hurry(later)
        await becomes(later, "sent")

    async def test_an_applicant_with_a_number_alone_is_unreachable_by_mail(
        self, open_case: Any, tell: Any, becomes: Any
    ) -> None:
        row = await becomes(await tell(await open_case()), "unreachable")
        assert row.attempts == 0


@ON_SQLITE
class TestQuietHours:
    """At night nobody is woken, and nothing is dropped."""

    @pytest.fixture
    def awake(self) -> dict[str, Any]:
        hour = now().astimezone(ZoneInfo("Asia/Tehran"))
        begins, ends = hour - timedelta(hours=1), hour + timedelta(hours=1)
        return {"quiet_from": begins.time(), "quiet_until": ends.time()}

    @pytest.fixture
    def providers(self, gateway: Any) -> str:
        return GATEWAY.format(port=gateway.port)

    async def test_a_legally_due_message_waits_for_the_morning(
        self, gateway: Any, open_case: Any, tell: Any, api: Any, until: Any
    ) -> None:
        message = await tell(await open_case())
        await until(lambda: looks(api, message, lambda row: row.next_at > now()))
        row = await row_of(api, message)
        assert (row.state, row.attempts) == ("waiting", 0)
        assert timedelta(minutes=50) < row.next_at - now() < timedelta(minutes=61)
        assert not gateway.received


class TestGateway:
    """Opt-outs, and senders that vanish in the middle."""

    @pytest.fixture
    def providers(self, gateway: Any) -> str:
        return GATEWAY.format(port=gateway.port)

    async def test_an_opt_out_stops_nothing_the_law_demands_and_all_else(
        self, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case()
        hashed = contact_hash(api.bridge.lookup_key, "0912 123 4567")
        async with api.bridge.database.writing() as session:
            await set_opt_out(session, hashed, wants_messages=False, by="test")
        await becomes(await tell(case), "sent")
        other = await tell(case, "taken")
        async with api.bridge.database.writing() as session:
            await session.execute(
                update(Notification).where(Notification.id == other).values(legally_due=False)
            )
        await becomes(other, "withheld", "sent")
        third = await not_due(api, tell, case)
        await becomes(third, "withheld")

    @ON_SQLITE
    async def test_a_landline_alone_is_unreachable(self, open_case: Any, tell: Any, becomes: Any) -> None:
        case = await open_case(contact_number="+982112345678", caller_number="+982112345678")
        row = await becomes(await tell(case), "unreachable")
        assert row.last_error == "no number or address"

    async def test_a_sender_that_vanished_before_it_asked_loses_nothing(
        self, gateway: Any, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case()
        message = await left_behind(api, tell, case, begun=False)
        row = await becomes(message, "sent")
        assert row.attempts == 1
        assert ids_of(gateway).count(str(message)) == 1

    async def test_a_sender_that_vanished_after_it_asked_asks_the_same_gateway_with_the_same_id(
        self, gateway: Any, open_case: Any, tell: Any, becomes: Any, api: Any, until: Any, hurry: Any
    ) -> None:
        case = await open_case()
        message = await left_behind(api, tell, case, begun=True)
        await until(lambda: looks(api, message, lambda row: row.last_error == "the sender vanished"))
        await hurry(message)
        row = await becomes(message, "sent")
        assert row.attempts == 2
        async with api.bridge.database.reading() as session:
            outcomes = await session.scalars(
                select(Attempt.outcome).where(Attempt.notification_id == message).order_by(Attempt.id)
            )
            assert list(outcomes) == ["unknown", "sent"]

    async def test_two_senders_send_each_message_once(self, gateway: Any, open_case: Any, api: Any) -> None:
        case = await open_case()
        gateway.received.clear()
        other = Sender(api.bridge, api.bridge.desks)
        async with api.bridge.database.writing() as session:
            for step in range(20):
                await service.notify_applicant(session, case, "taken", {}, step=f"s{step}")
        for _ in range(20):
            api.bridge.sender.wake()
            await other.round()
            await asyncio.sleep(0.02)
        await other.settled()
        async with asyncio.timeout(10):
            while len(set(ids_of(gateway))) < 20:
                api.bridge.sender.wake()
                await asyncio.sleep(0.05)
        assert len(ids_of(gateway)) == 20

    @ON_SQLITE
    async def test_a_stop_lets_what_is_on_its_way_arrive(
        self, gateway: Any, open_case: Any, api: Any, tell: Any, becomes: Any
    ) -> None:
        case = await open_case()
        gateway.delay = 0.5
        other = Sender(api.bridge, api.bridge.desks)
        async with api.bridge.database.writing() as session:
            await service.notify_applicant(session, case, "closed", {}, step="stop")
        work = asyncio.create_task(other.run())
        await asyncio.sleep(0.25)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        async with api.bridge.database.reading() as session:
            row = await session.scalar(select(Notification).where(Notification.template == "closed"))
            assert row is not None
        assert (await becomes(row.id, "sent")).attempts == 1


@ON_SQLITE
class TestOtherWays:
    """An applicant who cannot be reached at one number is told at the other, or by mail."""

    @pytest.fixture
    def providers(self, gateway: Any, mailbox: Any) -> str:
        replies = "[provider.reply]\nrefused = [{ status = [400] }]"
        return f"""{GATEWAY.format(port=gateway.port).replace("[provider.reply]", replies)}
[[provider]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {mailbox.port}
tls = "none"
sender = "samad@centre.example"
"""

    async def test_a_number_refused_is_followed_by_the_second_and_then_by_the_address(
        self, gateway: Any, mailbox: Any, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case()
        reached = {"contact_number": "+989121234567", "caller_number": "+989131234567"}
        numbers = close_numbers(api.bridge.keys, case, {**reached, "email": "citizen@home.example"})
        async with api.bridge.database.writing() as session:
            await session.execute(update(Case).where(Case.id == case).values(numbers=numbers))
        gateway.received.clear()
        gateway.answers = [(400, {})]
        row = await becomes(await tell(case), "sent")
        assert [sent["body"]["to"] for sent in gateway.received] == ["+989121234567", "+989131234567"]
        assert (row.provider, row.contact_masked) == ("gateway", "+98913•••••67")
        gateway.answers = [(400, {}), (400, {})]
        row = await becomes(await tell(case, "taken"), "sent")
        assert (row.provider, row.medium, len(mailbox.mails)) == ("mail", "email", 1)

    async def test_an_undelivered_text_goes_to_the_second_number_whose_receipt_then_counts(
        self, gateway: Any, open_case: Any, tell: Any, becomes: Any, api: Any
    ) -> None:
        case = await open_case(caller_number="+989131234567")
        message = await tell(case)
        await becomes(message, "sent")
        async with api.bridge.database.writing() as session:
            await receipts.expect(session, message, "gateway", ["one"])
            await receipts.hear(session, "gateway", "one", "failed")
        gateway.received.clear()
        api.bridge.sender.wake()
        await becomes(message, "sent")
        assert [sent["body"]["to"] for sent in gateway.received] == ["+989131234567"]
        async with api.bridge.database.writing() as session:
            await receipts.expect(session, message, "gateway", ["two"])
            await receipts.hear(session, "gateway", "two", "delivered")
        await becomes(message, "delivered")


async def undone(api: Any, case: Any) -> None:
    """Something happens, is told, and does not come about."""
    async with api.bridge.database.writing() as session:
        await service.notify_applicant(session, case, "closed", {}, step="9")
        raise RuntimeError


async def looks(api: Any, message: Any, check: Any) -> bool:
    """Whether a message looks so now."""
    return bool(check(await row_of(api, message)))


async def left_behind(api: Any, tell: Any, case: Any, *, begun: bool) -> Any:
    """A message that a sender took and never settled; its lease has just ended."""
    moment = now()
    async with api.bridge.database.writing() as session:
        await service.notify_applicant(session, case, "taken", {}, step="vanish")
        row = await session.scalar(select(Notification).where(Notification.template == "taken"))
        row.taken_by, row.taken_until = "gone", moment - timedelta(seconds=1)
        if begun:
            row.attempts, row.provider = 1, "gateway"
            session.add(Attempt(notification_id=row.id, provider="gateway", at=moment, outcome="begun"))
    api.bridge.sender.wake()
    return row.id


async def not_due(api: Any, tell: Any, case: Any) -> Any:
    """A message no law demands."""
    async with api.bridge.database.writing() as session:
        await service.notify_applicant(session, case, "objected", {}, step="free")
        row = await session.scalar(select(Notification).where(Notification.template == "objected"))
        row.legally_due = False
    api.bridge.sender.wake()
    return row.id


def ids_of(gateway: Any) -> list[str]:
    """Ids of the messages a gateway has seen."""
    return [sent["headers"]["Idempotency-Key"] for sent in gateway.received]


async def row_of(api: Any, message: Any) -> Notification:
    """A message as it is now."""
    async with api.bridge.database.reading() as session:
        row: Notification = await session.get_one(Notification, message)
        return row


async def unit_message(api: Any, case: Any, contact: dict[str, str], step: str = "1") -> Any:
    """Reminds a unit that has a contact; returns the message's id."""
    async with api.person("supervisor") as http:
        answer = await http.put("/unit-contacts", params={"unit_code": "centre"}, json=contact)
        assert answer.status_code == 204, answer.text
    async with api.bridge.database.writing() as session:
        await service.notify_unit(session, "centre", "reminder", {}, case_id=case, step=step)
        row = await session.scalar(
            select(Notification).where(Notification.key == f"centre:{case}:reminder:{step}")
        )
    api.bridge.sender.wake()
    return row.id
