"""A gathering as a file for calendars (iCalendar): one event in UTC, which every calendar shows in its own zone."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from .models import Gathering


def to_ics(gathering: Gathering, language: str, now: datetime, *, url: str = "", with_address: bool = False) -> bytes:
    """The file. url: the customer's page. with_address: also the online address, for who has a place."""
    host = urlsplit(settings.REGULARS_BASE_URL).hostname or "localhost"
    online = gathering.online_url if with_address else ""
    event = Event()
    event.add("uid", f"gathering-{gathering.pk}@{host}")
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
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _clean(text: str) -> str:
    """Without control characters, which have no place in a calendar's text."""
    return "".join(letter for letter in text if letter >= " " or letter in "\n\t")
