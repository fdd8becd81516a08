"""Mails to the staff (login codes, invitations): Django's mail door onto the same server as the customers' mails."""

from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from .client import Client, Envelope
from .connection import Server
from .mime import AddressRefused, checked_address
from .sink import resolve


class StaffMailBackend(BaseEmailBackend):
    """Sends at once, one message after the other; each recipient gets its own copy of the envelope."""

    def __init__(self, fail_silently: bool = False, **_options: Any) -> None:
        super().__init__(fail_silently=fail_silently)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many messages every recipient's server took. Raises SMTPException for the first that was not, unless
        silent.
        """
        envelopes: list[Envelope] = []
        owners: list[int] = []
        for number, message in enumerate(email_messages):
            mime = message.message()
            if "Auto-Submitted" not in mime:
                mime["Auto-Submitted"] = "auto-generated"
            data = mime.as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own message
            sender = checked_address(_bare(message.from_email or settings.DEFAULT_FROM_EMAIL))[0]
            for recipient in message.recipients():
                try:
                    address, utf8 = checked_address(_bare(recipient))
                except AddressRefused as error:
                    if not self.fail_silently:
                        raise SMTPException(f"this is no e-mail address: {error}") from error
                    continue
                envelopes.append(Envelope(len(owners), sender, address, data, utf8))
                owners.append(number)
        failed: set[int] = set()
        with Client(Server.from_url(resolve(settings.REGULARS_SMTP_URL))) as client:
            for handed in client.deliver(envelopes):
                if not handed.taken:
                    failed.add(owners[handed.key])
                    if not self.fail_silently:
                        raise SMTPException(f"the mail server did not take the mail: {handed.reply}")
        return len(set(owners) - failed)


def _bare(mailbox: str) -> str:
    """The address out of `Name <address>`."""
    return mailbox.rpartition("<")[2].rstrip("> ") if "<" in mailbox else mailbox
