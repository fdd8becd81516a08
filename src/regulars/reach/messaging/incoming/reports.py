"""The machine parts of reports: delivery status (RFC 3464), feedback (RFC 5965), disposition (RFC 8098)."""

import re
from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from .parts import address_of, kind_of, parts, text_of

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
ARRIVED = frozenset({"delivered", "relayed", "expanded"})
NO_COMPLAINTS = frozenset({"not-spam", "auth-failure", "dmarc"})
"""Feedback that does not say that the reader feels bothered (RFC 6430, RFC 6591)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a delivery report. addresses: every one that the report gives for them, the original first."""

    addresses: tuple[str, ...]
    action: str
    status: str
    text: str


def delivery_report(message: Message) -> list[Recipient] | None:
    """The recipients of the first delivery report in the mail, or None where it has none."""
    for part, _depth in parts(message):
        if kind_of(part) in STATUS_TYPES:
            return [found for block in _blocks(part) if (found := _recipient(block)) is not None]
    return None


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        return [one for one in payload if isinstance(one, Message)]
    return [message_from_string(text) for text in re.split(r"\n\s*\n", text_of(part).strip()) if text.strip()]


def _recipient(block: Message) -> Recipient | None:
    given = [block.get("Original-Recipient"), block.get("Final-Recipient"), block.get("X-Actual-Recipient")]
    found = [address_of(str(one).partition(";")[2] or str(one)) for one in given if one]
    action = str(block.get("Action") or "").strip().lower()
    if not any(given) or not (action or block.get("Status")):
        return None
    said = (
        block.get("Diagnostic-Code"),
        block.get("X400-Supplementary-Info"),
        block.get("Status"),
        block.get("Action"),
    )
    status = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", str(block.get("Status") or ""))
    return Recipient(
        tuple(dict.fromkeys(one for one in found if one)),
        re.match(r"[a-z-]*", action)[0],  # type: ignore[index]  # matches always
        status[1] if status else "",
        " ".join(" ".join(str(one) for one in said if one).split()),
    )


def feedback(message: Message) -> dict[str, str] | None:
    """The fields of a feedback report (ARF), in small letters, or None where the mail has none."""
    for part, _depth in parts(message):
        if kind_of(part) != "message/feedback-report":
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            block = payload[0]
            if not block.keys():
                block = message_from_string(str(block.get_payload()))
        else:
            block = message_from_string(text_of(part).strip())
        return {name.lower(): str(value).strip() for name, value in block.items()}
    return None


def is_read_receipt(message: Message) -> bool:
    """Whether the mail says that a mail was opened or deleted (MDN): a machine's answer, not a person's."""
    return any(kind_of(part) == "message/disposition-notification" for part, _depth in parts(message))


def returned_headers(message: Message) -> list[Message]:
    """The headers of the mails that lie inside: returned originals, whole or only their heads."""
    found = []
    for part, depth in parts(message):
        if kind_of(part) in ("text/rfc822-headers", "message/rfc822-headers"):
            found.append(message_from_string(text_of(part).strip()))
        elif depth and kind_of(part) == "message/rfc822":
            payload = part.get_payload()
            if isinstance(payload, list) and payload and isinstance(payload[0], Message):
                found.append(payload[0])
    return found
