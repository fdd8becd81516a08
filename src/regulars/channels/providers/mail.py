"""A message as a provider takes it: subject, text and HTML apart, with the same headers as over SMTP.

The provider makes the MIME. What it might take for a placeholder of its own is taken apart in customers' words.
"""

from typing import Any

from anymail.message import AnymailMessage

from regulars.reach.messaging import return_path
from regulars.reach.messaging.channel import Batch, Outgoing
from regulars.reach.messaging.headers import checked_address, clean
from regulars.reach.messaging.language import Writer, writer
from regulars.reach.messaging.rendering import MAX_RENDERED, RenderRefused, html_value

from .providers import Provider

NAMED = "regulars_message"
"""What the provider sends back with each report: the message's number, signed, as an address that nobody has."""
_signed = "regulars@message.invalid"


def number_in(metadata: dict[str, Any]) -> int | None:
    """The number of the message that a report names; None for a mail that is not ours."""
    return return_path.message_of(str(metadata.get(NAMED, "")))


def _harmless(value: str) -> str:
    """A customer's words, with nothing in them that a provider's template language would read."""
    return value.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #") if "{" in value else value


class MailWriter:
    """Writes the messages of one batch. Raises AddressRefused when the shop's own sender address is none."""

    def __init__(self, batch: Batch, provider: Provider) -> None:
        self.provider = provider
        self.is_bulk = batch.purpose != "service"
        self.sender = mailbox(clean(batch.sender.name), checked_address(batch.sender.address)[0])
        self.reply_to = [checked_address(batch.sender.reply_to)[0]] if batch.sender.reply_to else []
        self.feedback_id = clean(batch.feedback_id)
        self.name_of = return_path.maker(_signed)
        origin = batch.own_origin
        self.subject = _writer(batch.content.subject, lambda value, place: _harmless(value))
        self.text = _writer(batch.content.text, lambda value, place: _harmless(value), batch.link)
        self.html = _writer(
            batch.content.html, lambda value, place: html_value(_harmless(value), place, origin), batch.link
        )
        self.has_html = bool(batch.content.html)

    def write(self, message: Outgoing) -> tuple[AnymailMessage, str]:
        """The message, and a note on what had to be cleaned ("" if nothing). Raises AddressRefused and RenderRefused."""
        address = checked_address(message.address)[0]
        written = self._filled(self.subject, message)
        title, name = clean(written), clean(message.name)
        mail = AnymailMessage(
            subject=title,
            body=self._filled(self.text, message),
            from_email=self.sender,
            to=[mailbox(name, address)],
            reply_to=self.reply_to,
            headers=self._headers(message),
        )
        if self.has_html:
            mail.attach_alternative(self._filled(self.html, message), "text/html")
        mail.metadata = {NAMED: self.name_of(message.key)}
        if self.provider.switches_tracking and self.has_html:
            mail.track_opens = mail.track_clicks = False
        return mail, "" if title == written and name == message.name else "header cleaned"

    def _headers(self, message: Outgoing) -> dict[str, str]:
        headers = dict(self.provider.headers)
        headers["Message-ID" if self.provider.keeps_message_id else "References"] = f"<{clean(message.message_id)}>"
        if self.is_bulk:
            headers["List-Unsubscribe"] = f"<{clean(str(message.values['unsubscribe.url']))}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        else:
            headers["Auto-Submitted"] = "auto-generated"
        if self.feedback_id:
            headers["Feedback-ID"] = self.feedback_id
        return headers

    def _filled(self, filler: Writer[str], message: Outgoing) -> str:
        out: list[str] = []
        try:
            filler(message.values, out)
        except KeyError as missing:
            raise RenderRefused(f"the variable “{missing.args[0]}” has no value") from None
        text = "".join(out)
        if len(text) > MAX_RENDERED:
            raise RenderRefused(f"the message is longer than {MAX_RENDERED} characters")
        return text


def mailbox(name: str, address: str) -> str:
    """`"Name" <address>`, always quoted (RFC 5322, 3.2.4): a name must not become a second address. name: clean."""
    if not name:
        return address
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def _writer(nodes: Any, value: Any, link: Any = None) -> Writer[str]:
    made: Writer[str] = writer(nodes, lambda text: text, value, link)
    return made
