"""Sending by e-mail: SMTP, one connection a message."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime

import aiosmtplib

from casebridge.notifications.providers.file import SmtpEntry
from casebridge.notifications.providers.interface import Message, Outcome, Result
from casebridge.notifications.schemas import Medium
from line111.clock import now


class MailServer:
    """A mail server that takes our messages.

    Args:
        entry: Its entry in the file of providers.
        password: For `user`; unused without one.
    """

    kept_here = False
    medium = Medium.EMAIL

    def __init__(self, entry: SmtpEntry, password: str) -> None:
        self.name = entry.name
        self.per_second = entry.per_second
        self.timeout_seconds = entry.timeout_seconds
        self._entry = entry
        self._password = password

    async def send(self, message: Message) -> Outcome:
        """Hands the message over; 5xx is for ever, 4xx and a server away are for now."""
        entry = self._entry
        client = aiosmtplib.SMTP(
            hostname=entry.host,
            port=entry.port,
            timeout=entry.timeout_seconds * 0.9,
            use_tls=entry.tls == "tls",
            start_tls=entry.tls == "starttls",
            username=entry.user,
            password=self._password if entry.user else None,
        )
        written = False
        try:
            async with client:
                written = True
                await client.send_message(self._written(message))
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = refused.recipients[0].code
            return Outcome(Result.REFUSED if code >= 500 else Result.FAILED, error=f"SMTP {code}")
        except aiosmtplib.SMTPAuthenticationError as error:
            return Outcome(Result.FAILED, error=f"SMTP {error.code}")
        except aiosmtplib.SMTPResponseException as error:
            return Outcome(Result.REFUSED if error.code >= 500 else Result.FAILED, error=f"SMTP {error.code}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Outcome(Result.UNKNOWN if written else Result.FAILED, error=type(error).__name__)
        return Outcome(Result.SENT)

    async def close(self) -> None:
        """Nothing to give back."""

    def _written(self, message: Message) -> EmailMessage:
        """The same Message-ID at every try, so that mailboxes show a repeated one once."""
        sender = Address(addr_spec=self._entry.sender)
        mail = EmailMessage(policy=POLICY)
        mail["From"] = sender
        mail["To"] = Address(addr_spec=message.to)
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(now())
        mail["Message-ID"] = f"<{message.id}@{sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = message.language
        mail.set_content(message.text)
        return mail
