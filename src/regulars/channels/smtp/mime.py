"""MIME, built once for each template version: what is constant is encoded when the skeleton is made, values are filled
in.

Both parts are quoted-printable (RFC 2045, 6.7): seven bits, lines of 76 characters at most, nothing for a server on the
way to rewrite. Each constant piece and each value begins and ends at the start of a line (a soft line break `=` CRLF
joins them), so that pieces encode independently of one another.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b

from regulars.reach.messaging.channel import Batch, Outgoing
from regulars.reach.messaging.headers import AddressRefused, checked_address, clean
from regulars.reach.messaging.language import Writer, writer
from regulars.reach.messaging.rendering import MAX_RENDERED, RenderRefused, html_value

PLAIN_IN_HTML = re.compile(r"[ !#-%(-;?-~]{0,72}").fullmatch
PLAIN_IN_TEXT = re.compile(r"[ -<>-~]{0,72}").fullmatch
_PLAIN_HEADER = re.compile(r"[ -~]{0,66}").fullmatch
REQUEST = "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n"
"""Of the part that a reader's calendar shows with buttons to answer (RFC 6047); only a mail that has HTML carries it."""
_ATOMS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ]{0,48}").fullmatch


def quoted_printable(text: str) -> bytes:
    """`text` in UTF-8 as quoted-printable that starts and ends at the start of a line; nothing for nothing."""
    if not text:
        return b""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoded = b2a_qp(plain).replace(b"\n", b"\r\n")
    return encoded if encoded.endswith(b"\r\n") else encoded + b"=\r\n"


_quoted_value = lru_cache(maxsize=1024)(quoted_printable)
"""For values: many are the same in every mail of a batch."""


def text_value(value: str, place: str) -> bytes:
    """A value of the text part."""
    if PLAIN_IN_TEXT(value):
        return value.encode("ascii") + b"=\r\n" if value else b""
    return _quoted_value(value)


def header_text(value: str, room: int = 36) -> str:
    """Unstructured header text (RFC 5322, 2047): as it is where it may be, else in encoded words of at most 75
    characters.

    value: already clean. room: octets that the first encoded word may hold, so that it fits behind the header's name.
    """
    return value if _PLAIN_HEADER(value) and "=?" not in value else encoded_words(value, room)


def encoded_words(value: str, room: int) -> str:
    """`value` as encoded words (RFC 2047), folded; no character is cut in two."""
    words: list[str] = []
    chunk = b""
    for character in value:
        octets = character.encode("utf-8")
        if len(chunk) + len(octets) > (room if not words else 45):
            words.append(_encoded_word(chunk))
            chunk = b""
        chunk += octets
    words.append(_encoded_word(chunk))
    return "\r\n ".join(words)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?B?{b64encode(octets).decode('ascii')}?="


def address_header(name: str, address: str) -> str:
    """A mailbox (RFC 5322, 3.4): `Name <address>`. name: already clean. Folded where it would be long."""
    if not name:
        return address
    if _ATOMS(name):
        phrase = name.rstrip()
    elif name.isascii() and len(name) <= 60 and "=?" not in name:
        phrase = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        phrase = encoded_words(name, 33)
    return f"{phrase} <{address}>" if len(phrase) + len(address) < 66 else f"{phrase}\r\n <{address}>"


class Skeleton:
    """The mail of one template version and sender, with gaps. `build` fills them.

    Raises AddressRefused when the shop's own sender address is none.
    """

    def __init__(self, batch: Batch) -> None:
        content, origin = batch.content, batch.own_origin
        sender_address, _utf8 = checked_address(batch.sender.address)
        self.envelope_sender = sender_address
        self.is_bulk = batch.purpose != "service"
        boundary = "=_rg_" + blake2b(batch.content_key.encode(), digest_size=12).hexdigest()
        self.subject: Writer[str] = writer(content.subject, lambda text: text, lambda value, place: value)

        def in_html(value: str, place: str) -> bytes:
            if place != "image" and PLAIN_IN_HTML(value):
                return value.encode("ascii") + b"=\r\n" if value else b""
            return _quoted_value(html_value(value, place, origin))

        self.text: Writer[bytes] = writer(content.text, quoted_printable, text_value, batch.link)
        self.html: Writer[bytes] = writer(content.html, quoted_printable, in_html, batch.link)
        self.has_html = bool(content.html)
        head = [f"From: {address_header(clean(batch.sender.name), sender_address)}"]
        if batch.sender.reply_to:
            head.append(f"Reply-To: {checked_address(batch.sender.reply_to)[0]}")
        if self.is_bulk:
            head.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        else:
            head.append("Auto-Submitted: auto-generated")
        if batch.feedback_id:
            head.append(f"Feedback-ID: {clean(batch.feedback_id)}")
        part = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        head.append("MIME-Version: 1.0")
        if self.has_html:
            head.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
            opening = f"\r\n--{boundary}\r\n" + part.format("plain")
            self.between = f"\r\n--{boundary}\r\n{part.format('html')}".encode("ascii")
            self.request = f"\r\n--{boundary}\r\n{REQUEST}".encode("ascii")
            self.end = f"\r\n--{boundary}--\r\n".encode("ascii")
        else:
            opening = part.format("plain")
            self.between = self.end = self.request = b""
        self.head = ("\r\n".join(head) + "\r\n" + opening).encode("utf-8")

    def build(self, message: Outgoing, address: str, date: str) -> tuple[bytes, str]:
        """The whole mail with CRLF line ends, and a note on what had to be cleaned ("" if nothing).

        address: as `checked_address` gave it. date: as `date_header` gave it. Raises RenderRefused.
        """
        values = message.values
        subject: list[str] = []
        body: list[bytes] = []
        try:
            self.subject(values, subject)
            self.text(values, body)
            if self.has_html:
                body.append(self.between)
                self.html(values, body)
                if message.request:
                    body += [self.request, encodebytes(message.request.encode()).replace(b"\n", b"\r\n")]
                body.append(self.end)
        except KeyError as missing:
            raise RenderRefused(f"the variable “{missing.args[0]}” has no value") from None
        written = "".join(subject)
        title, name = clean(written), clean(message.name)
        note = "" if title == written and name == message.name else "header cleaned"
        lines = [
            f"To: {address_header(name, address)}",
            f"Subject: {header_text(title)}",
            f"Date: {date}",
            f"Message-ID: <{message.message_id}>",
        ]
        if self.is_bulk:
            lines.append(f"List-Unsubscribe: <{values['unsubscribe.url']}>")
        variable = ("\r\n".join(lines) + "\r\n").encode("utf-8")
        data = b"".join((variable, self.head, *body))
        if len(data) > MAX_RENDERED:
            raise RenderRefused(f"the message is longer than {MAX_RENDERED} octets")
        return data, note


def date_header(date: datetime) -> str:
    """The Date header's value (RFC 5322, 3.3)."""
    return format_datetime(date)


__all__ = ["AddressRefused", "Skeleton", "checked_address", "clean", "date_header", "header_text", "quoted_printable"]
