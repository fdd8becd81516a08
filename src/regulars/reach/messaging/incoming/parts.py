"""A mail taken apart without trusting it: broken MIME, unknown character sets and endless nesting give less, never an error."""

import html
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr

MOST_OCTETS = 1_000_000
"""A report comes before the mail that it returns: what lies behind this is not looked at."""
DEEPEST, MOST_PARTS = 12, 200

_TAG = re.compile(r"(?is)<(script|style|title)\b.*?</\1\s*>|<br\s*/?>|</(?:p|div|tr|li|h\d|pre)\s*>|<[^>]{0,2000}>")
_BREAKS = re.compile(r"(?i)<br|</(?:p|div|tr|li|h\d|pre)")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}"
)


class Unreadable(ValueError):
    """This is no mail that could be read; the text says why."""


def parsed(raw: bytes) -> Message:
    """The mail. Raises Unreadable, and nothing else."""
    if not raw.strip():
        raise Unreadable("the file is empty")
    try:
        message = message_from_bytes(raw[:MOST_OCTETS].lstrip(b"\r\n"))
    except RecursionError:
        raise Unreadable("parts lie within parts without end") from None
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise Unreadable(f"this is no mail: {type(error).__name__}") from None
    if not message.keys():
        raise Unreadable("there are no headers: this is no mail")
    return message


def parts(message: Message, depth: int = 0) -> Iterator[tuple[Message, int]]:
    """Every part with its depth, from the outside in; a part of a report or a returned mail is not entered twice."""
    left = [MOST_PARTS]

    def walk(part: Message, depth: int) -> Iterator[tuple[Message, int]]:
        if left[0] <= 0 or depth > DEEPEST:
            return
        left[0] -= 1
        yield part, depth
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_type() != "message/delivery-status":
            for one in payload:
                if isinstance(one, Message):
                    yield from walk(one, depth + 1)

    return walk(message, depth)


def kind_of(part: Message) -> str:
    """The content type, in small letters."""
    try:
        return part.get_content_type()
    except (ValueError, LookupError, TypeError, AttributeError):
        return "application/octet-stream"


def header(message: Message, name: str) -> str:
    """A header in plain words, decoded as far as it can be; "" without it."""
    value = message.get(name)
    return "" if value is None else decoded(str(value))


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) read; what cannot be decoded stays as it is."""
    value = " ".join(value.encode("utf-8", "replace").decode("utf-8", "replace").split())
    if "=?" not in value:
        return value
    try:
        return "".join(_octets(piece, charset) for piece, charset in decode_header(value))
    except (MessageError, ValueError, LookupError, TypeError, AssertionError):
        return value


def _octets(piece: str | bytes, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    for one in (charset or "utf-8", "utf-8"):
        try:
            return piece.decode(one)
        except (LookupError, UnicodeError, ValueError):
            continue
    return piece.decode("latin-1")


def text_of(part: Message) -> str:
    """The text of a text part, HTML without its tags."""
    try:
        payload = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError, TypeError, AssertionError, AttributeError):
        payload = None
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        payload = raw.encode("utf-8", "replace") if isinstance(raw, str) else b""
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = None
    text = _octets(payload[:200_000], charset).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if kind_of(part) == "text/html":
        text = html.unescape(_TAG.sub(lambda tag: "\n" if _BREAKS.match(tag[0]) else " ", text)).replace("\xa0", " ")
    return text


def address_of(value: str) -> str:
    """The address in a header's value, or ""."""
    try:
        address = parseaddr(value)[1]
    except (ValueError, IndexError, TypeError, RecursionError):
        address = ""
    if "@" in address:
        return address
    found = ADDRESS.search(value)
    return found[0].rstrip(".-") if found else ""
