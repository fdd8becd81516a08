"""`read`: one mail as octets → what it is, about whom, and about which of our messages."""

import re
from dataclasses import dataclass, field, replace
from email.message import Message
from enum import StrEnum

from . import automatic, prose, reports
from .parts import Unreadable, address_of, header, kind_of, parsed, parts, text_of
from .phrases import QUOTE_BEGINS
from .verdict import is_dead, status_of

_IDS = re.compile(r"<([^<>\s]{3,250})>")
EXCERPT = 300


class Kind(StrEnum):
    """hard: the address is dead. soft: came back for another reason. complaint: the reader calls it unwanted.
    auto_reply: a machine's answer. reply: a person's answer. none: anything else.
    """

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    REPLY = "reply"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Returned:
    """One address that a mail is about. status: RFC 3463. text: what was said about it. is_late: it may arrive yet."""

    address: str
    is_dead: bool
    status: str = ""
    text: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mail says. about: the addresses that failed or complained. sender: who wrote it.

    message_ids: those of the mails that it answers or returns, the likeliest first, without angle brackets.
    delivered_to: addresses that it came in on (a return path may carry a token). reason: why nothing could be read.
    """

    kind: Kind
    about: tuple[Returned, ...] = ()
    sender: str = ""
    subject: str = ""
    excerpt: str = ""
    message_id: str = ""
    message_ids: tuple[str, ...] = ()
    delivered_to: tuple[str, ...] = ()
    reason: str = ""
    detail: dict[str, str] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """The addresses that it is about; of an answer, who wrote it."""
        if self.kind in (Kind.REPLY, Kind.AUTO_REPLY):
            return [self.sender] if self.sender else []
        return [one.address for one in self.about]


def read(raw: bytes) -> Reading:
    """Says what a mail is. Never raises: what cannot be read is `none` with a reason."""
    try:
        message = parsed(raw)
        kind, about, detail = _kind(message)
        made = Reading(
            kind,
            tuple(about),
            sender=address_of(header(message, "From")),
            subject=header(message, "Subject")[:200],
            excerpt=_excerpt(message) if kind is Kind.REPLY else "",
            message_id=(_IDS.findall(str(message.get("Message-ID") or "")) or [""])[0],
            message_ids=tuple(_ids(message)),
            delivered_to=tuple(_came_in_on(message)),
            detail=detail,
        )
        return _storable(made)
    except Unreadable as reason:
        return Reading(Kind.NONE, reason=str(reason))
    except RecursionError:
        return Reading(Kind.NONE, reason="parts lie within parts without end")


def _plain(text: str) -> str:
    """Text that every database takes: no NUL, no half characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _storable(reading: Reading) -> Reading:
    return replace(
        reading,
        about=tuple(
            replace(one, address=_plain(one.address)[:254], text=_plain(one.text), status=one.status)
            for one in reading.about
        ),
        sender=_plain(reading.sender)[:254],
        subject=_plain(reading.subject),
        excerpt=_plain(reading.excerpt),
        message_id=_plain(reading.message_id),
        message_ids=tuple(map(_plain, reading.message_ids)),
        delivered_to=tuple(map(_plain, reading.delivered_to)),
        detail={name: _plain(text) for name, text in reading.detail.items()},
    )


def _kind(message: Message) -> tuple[Kind, list[Returned], dict[str, str]]:
    complaint = _complaint(message)
    if complaint is not None:
        return complaint
    recipients = reports.delivery_report(message)
    if recipients and all(one.action in reports.ARRIVED for one in recipients):
        return Kind.NONE, [], {"report": recipients[0].action}
    if recipients is None and automatic.is_vacation(message) and not _is_daemon_name(message):
        return Kind.AUTO_REPLY, [], {}
    words = prose.words_of(message)
    failed, late = ([], set()) if recipients is None and _is_personal(message) else prose.failures(message)
    if recipients or failed or recipients is not None or prose.is_failure(message, words):
        about = _returned(message, recipients or [], failed, late, words)
        is_hard = any(one.is_dead for one in about) if about else _judge(message, words, "", "")
        return (Kind.HARD if is_hard else Kind.SOFT), about, {}
    if automatic.is_vacation(message) or automatic.is_automatic(message):
        return Kind.AUTO_REPLY, [], {}
    if (message.get("In-Reply-To") or message.get("References")) and not automatic.is_bulk(message):
        return Kind.REPLY, [], {}
    return Kind.NONE, [], {}


def _is_daemon_name(message: Message) -> bool:
    return bool(re.match(r"(?i)[\s\"<]*(?:mailer-daemon|mail delivery|postmaster)", header(message, "From")))


def _is_personal(message: Message) -> bool:
    """A person's answer may quote a returned mail: it is an answer all the same."""
    return bool(
        message.get("In-Reply-To")
        and not prose.is_from_daemon(message)
        and re.match(r"(?i)\s*(?:re|aw|antw|sv)\s*:", header(message, "Subject"))
        and not automatic.is_automatic(message)
    )


def _complaint(message: Message) -> tuple[Kind, list[Returned], dict[str, str]] | None:
    fields = reports.feedback(message)
    heads = reports.returned_headers(message)
    if fields is None:
        # Outlook.com's Junk Mail Reporting Program returns the mail with this header instead of a report.
        given = [str(head.get("X-HmXmrOriginalRecipient")) for head in heads if head.get("X-HmXmrOriginalRecipient")]
        if not given:
            return None
        return Kind.COMPLAINT, [Returned(address_of(given[0]) or given[0], False)], {"type": "abuse"}
    kind = fields.get("feedback-type", "abuse").strip().lower()
    if kind in reports.NO_COMPLAINTS:
        return Kind.NONE, [], {"feedback": kind}
    named = [fields.get("original-rcpt-to", ""), fields.get("removal-recipient", "")]
    named += [str(head.get(name) or "") for head in heads for name in ("X-HmXmrOriginalRecipient", "To")]
    addresses = [found for one in named if (found := address_of(one))][:1]
    return Kind.COMPLAINT, [Returned(one, False) for one in addresses], {"type": kind}


def _returned(
    message: Message, recipients: list[reports.Recipient], failed: list[str], late: set[str], words: str
) -> list[Returned]:
    by_address = {
        address.lower(): one for one in recipients if one.action not in reports.ARRIVED for address in one.addresses
    }
    addresses = failed
    if not addresses:
        addresses = [
            one.addresses[0] for one in recipients if one.addresses and one.action not in reports.ARRIVED
        ] or prose.named(message, words)
    found = []
    for address in dict.fromkeys(addresses):
        one = by_address.get(address.lower()) or (recipients[0] if len(addresses) == len(recipients) == 1 else None)
        own = prose.about(words, address, addresses)
        if one is not None:
            said = one.text
            dead = one.action != "delayed" and (
                is_dead(said, status=one.status) or (_is_mute(one) and _judge(message, words, own, one.status))
            )
            status = status_of(said) or one.status
        else:
            said, dead, status = " ".join(own.split()), _judge(message, words, own, ""), status_of(own)
        is_late = address.lower() in late or (one is not None and one.action == "delayed")
        found.append(Returned(address, dead and not is_late, status, (said or " ".join(words.split()))[:300], is_late))
    return found


def _is_mute(one: reports.Recipient) -> bool:
    """Whether the machine part leaves the reason open, so that the words for people have to tell it."""
    status = status_of(one.text) or one.status
    return not status or (status.startswith("5") and status.endswith(".0.0"))


def _judge(message: Message, words: str, own: str, status: str) -> bool:
    """By what is said about the address itself; where that says nothing, by all the words and the subject."""
    if own and is_dead(own, status=status):
        return True
    return is_dead(f"{header(message, 'Subject')}\n{words}", status=status)


def _ids(message: Message) -> list[str]:
    """Message-IDs of the mails that this one is about: returned ones first, then what it answers."""
    found: list[str] = []
    for head in reports.returned_headers(message):
        found += _IDS.findall(str(head.get("Message-ID") or ""))
    for name in ("In-Reply-To", "References", "Original-Message-ID", "X-Original-Message-ID"):
        found += reversed(_IDS.findall(str(message.get(name) or "")))
    for part, _depth in parts(message):
        if kind_of(part) == "text/plain":
            found += re.findall(r"(?im)^[ \t>]*message-id:[ \t]*<([^<>\s]{3,250})>", text_of(part)[:20_000])
    return list(dict.fromkeys(found))[:20]


def _came_in_on(message: Message) -> list[str]:
    names = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To")
    found = [address_of(str(value)) for name in names for value in message.get_all(name, [])[:5]]
    return list(dict.fromkeys(one for one in found if one))[:10]


def _excerpt(message: Message) -> str:
    """The first words that the writer wrote, without what they quote."""
    for wanted in ("text/plain", "text/html"):
        for part, _depth in parts(message):
            if kind_of(part) == wanted:
                text = text_of(part)
                cut = QUOTE_BEGINS.search(text)
                own = " ".join((text[: cut.start()] if cut and text[: cut.start()].strip() else text).split())
                if own:
                    return own if len(own) <= EXCERPT else own[: EXCERPT - 1].rstrip() + "…"
    return ""
