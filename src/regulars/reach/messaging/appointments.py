"""Appointments by mail (iTIP, RFC 5546; iMIP, RFC 6047): a message may carry a request that the reader's calendar shows
with buttons to answer, and the answer comes back as a mail.

A module registers what it asks for by `appointments(...)`, and what it does with answers by `on_answers(...)`. Requests
go out only where somebody reads the answers: the channel that does says so by `reads_answers(...)`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar

from regulars.core.models import Shop

from .expressions import Context
from .incoming.parts import Unreadable, address_of, kind_of, parsed, parts, text_of

LONGEST = 100_000
"""Characters of an answer that are looked at; real ones have a thousand."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message about to go out: to whom, and with which values."""

    address: str
    values: Context


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """What a calendar answered. says: accepted, declined or tentative. attendee: the address that answers. at: when, as the
    calendar says. uid: of the appointment, as we wrote it."""

    uid: str
    says: str
    attendee: str
    at: datetime | None


Request = Callable[[Shop, Mapping[int, Asked], datetime], Mapping[int, str]]
"""(shop, message → whom it asks, now) → message → the request as text of a calendar's file. A constant number of queries."""
Take = Callable[[Shop, Sequence[CalendarAnswer], datetime], None]

_REQUESTS: list[Request] = []
_TAKERS: list[Take] = []
_READERS: list[Callable[[Shop], bool]] = []


def appointments(request: Request) -> Request:
    """Registers what makes requests."""
    _REQUESTS.append(request)
    return request


def on_answers(take: Take) -> Take:
    """Registers what takes answers; those that are not its own it leaves alone."""
    _TAKERS.append(take)
    return take


def reads_answers(reads: Callable[[Shop], bool]) -> Callable[[Shop], bool]:
    """Registers who can say that mails to this shop are read."""
    _READERS.append(reads)
    return reads


def requests_for(shop: Shop, asked: Mapping[int, Asked], now: datetime) -> dict[int, str]:
    """Message → the request it carries; nothing where nobody reads the answers."""
    if not asked or not any(reads(shop) for reads in _READERS):
        return {}
    found: dict[int, str] = {}
    for request in _REQUESTS:
        found.update(request(shop, asked, now))
    return found


def take_answers(shop: Shop, answers: Sequence[CalendarAnswer], now: datetime) -> None:
    """Gives answers to those who asked."""
    for take in _TAKERS:
        take(shop, answers, now)


def answer_in(raw: bytes) -> CalendarAnswer | None:
    """The answer of a calendar that a mail carries; None for every other mail. Never raises."""
    try:
        for part, _depth in parts(parsed(raw)):
            if kind_of(part) == "text/calendar":
                found = _answer(text_of(part)[:LONGEST])
                if found is not None:
                    return found
    except (Unreadable, RecursionError):
        return None
    return None


def _answer(text: str) -> CalendarAnswer | None:
    try:
        calendar = Calendar.from_ical(text)
        if str(calendar.get("METHOD", "")).upper() != "REPLY":
            return None
        event = next(iter(calendar.walk("VEVENT")))
        attendee = event["ATTENDEE"]
        attendee = attendee[0] if isinstance(attendee, list) else attendee
        says = str(attendee.params.get("PARTSTAT", "")).lower()
        at = event.decoded("DTSTAMP", None)
        uid = str(event["UID"])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration):
        return None
    if says not in ("accepted", "declined", "tentative"):
        return None
    stamp = at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else None
    address = address_of(str(attendee).removeprefix("mailto:").removeprefix("MAILTO:"))
    return CalendarAnswer(uid[:255], says, address[:254], stamp)
