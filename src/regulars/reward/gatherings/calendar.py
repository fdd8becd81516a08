"""A gathering as a file for calendars (iCalendar): one event in UTC, which every calendar shows in its own zone."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress

from . import tokens
from .models import Attendance, Gathering

PARTSTAT = {"yes": "ACCEPTED", "maybe": "TENTATIVE", "no": "DECLINED", "cancelled": "DECLINED"}


@dataclass(frozen=True)
class Ask:
    """Whose calendar is asked, and who gets its answer."""

    attendee: str
    organizer: str
    organizer_name: str


def to_ics(
    row: Attendance, language: str, now: datetime, *, url: str = "", with_address: bool = False, ask: Ask | None = None
) -> bytes:
    """The file. url: the customer's page. with_address: also the online address, for who has a place. ask: asks the
    reader's calendar for an answer (RFC 5546, 3.2.2); without it the file only tells of the gathering."""
    gathering = row.gathering
    host = urlsplit(settings.REGULARS_BASE_URL).hostname or "localhost"
    online = gathering.online_url if with_address else ""
    event = Event()
    event.add("uid", f"{tokens.uid(row.pk)}@{host}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", gathering.starts_at.astimezone(UTC))
    event.add("dtend", gathering.ends_at.astimezone(UTC))
    event.add("summary", _clean(gathering.title_in(language)))
    event.add("description", _clean("\n\n".join(part for part in (gathering.text_in(language), online, url) if part)))
    event.add("location", _clean(gathering.place or online))
    event.add("status", "CANCELLED" if gathering.status == Gathering.Status.CANCELLED else "CONFIRMED")
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Regulars//Gatherings//EN")
    if ask is not None:
        organizer, attendee = vCalAddress(f"mailto:{ask.organizer}"), vCalAddress(f"mailto:{ask.attendee}")
        organizer.params["CN"] = _clean(ask.organizer_name).replace('"', "")
        attendee.params.update(
            {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": PARTSTAT.get(row.status, "NEEDS-ACTION"), "RSVP": "TRUE"}
        )
        event.add("organizer", organizer)
        event.add("attendee", attendee)
    calendar.add("method", "PUBLISH" if ask is None else "REQUEST")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _clean(text: str) -> str:
    """Without control characters, which have no place in a calendar's text."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")
