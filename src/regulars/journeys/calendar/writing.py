"""The calendar as a file in the iCalendar format (RFC 5545, RFC 7986), for the calendar programs of the team."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import override
from icalendar import Calendar, Event, vRecur

from regulars.core.models import Shop

from .models import CalendarEntry
from .vevent import ANNOUNCES, KEPT_ELSEWHERE, MEASURE, SEGMENT, STATES, extras

PRODUCT = "-//Regulars//Communication calendar//EN"
WORDS = {state: word for word, state in STATES.items()}
YEARS_AHEAD = 5
"""For which the changes of the clock are written beyond the last entry, because entries repeat."""


@dataclass(frozen=True)
class Shown:
    """Something that stands in the calendar and is kept elsewhere: a campaign, a gathering. Only feeds have it; a file that
    is brought in again takes no entry from it."""

    uid: str
    title: str
    begins_at: datetime
    ends_at: datetime
    revised_at: datetime
    place: str = ""
    is_off: bool = False
    is_sure: bool = True


def calendar_of(shop: Shop, entries: Iterable[CalendarEntry], others: Iterable[Shown] = (), locale: str = "") -> bytes:
    """All `entries` (with `segment` and `measure`), each with a second event for the moment at which it is announced.

    others: what is added in a feed. locale: of our own words in it, else that of the shop.

    The same entries give the same bytes: DTSTAMP is the moment of their last change.
    """
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("NAME", shop.name)
    calendar.add("X-WR-CALNAME", shop.name)
    years: set[int] = set()
    with override(locale or shop.locale):
        for one in others:
            calendar.add_component(_shown(one))
        for entry in entries:
            calendar.add_component(_event(entry))
            if entry.announced_at is not None:
                calendar.add_component(_announcement(entry))
            years |= {entry.begins_at.year, entry.ends_at.year}
    if years:
        last = min(max(years) + YEARS_AHEAD, 9998)
        calendar.add_missing_timezones(date(max(min(years), 1970), 1, 1), date(max(last, 1975), 1, 1))
    return bytes(calendar.to_ical())


def _told(moment: datetime, entry: CalendarEntry) -> date:
    """As the entry tells its moments: a day, or a moment on the clock of its zone."""
    zone = UTC if entry.zone == "UTC" else ZoneInfo(entry.zone)
    local = moment.astimezone(zone)
    return local.date() if entry.whole_days else local


def _stamped(event: Event, entry: CalendarEntry) -> None:
    event.add("DTSTAMP", (entry.revised_at or entry.updated_at).replace(microsecond=0))
    event.add("CREATED", entry.created_at.replace(microsecond=0))
    event.add("SEQUENCE", entry.sequence)
    event.add("STATUS", WORDS[entry.status])


def _event(entry: CalendarEntry) -> Event:
    event = Event()
    event.add("UID", entry.uid)
    _stamped(event, entry)
    event.add("SUMMARY", entry.title)
    for name, text in (("DESCRIPTION", entry.description), ("LOCATION", entry.place)):
        if text:
            event.add(name, text)
    event.add("DTSTART", _told(entry.begins_at, entry))
    event.add("DTEND", _told(entry.ends_at, entry))
    if entry.recurrence_id:
        day = entry.recurrence_id
        if len(day) == 8:
            event.add("RECURRENCE-ID", date(int(day[:4]), int(day[4:6]), int(day[6:])))
        else:
            event.add("RECURRENCE-ID", datetime.strptime(day, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    for rule in filter(None, entry.recurrence.split("\n")):
        event.add("RRULE", vRecur.from_ical(rule))
    for name, moments in (("RDATE", entry.further), ("EXDATE", entry.left_out)):
        if moments:
            event.add(
                name, [date.fromisoformat(one) if len(one) == 10 else datetime.fromisoformat(one) for one in moments]
            )
            if entry.whole_days:
                event[name].params["VALUE"] = "DATE"
    _further(event, entry)
    return event


def _further(event: Event, entry: CalendarEntry) -> None:
    """Categories, what it belongs to, and the lines it came with."""
    categories = [] if entry.kind == CalendarEntry.Kind.OTHER else [str(entry.kind)]
    kept = extras(entry.extra)
    if kept is not None:
        if told := kept.pop("CATEGORIES", None):
            categories += [str(one) for one in told.cats]
        for name, value in kept.items():
            event[name] = value
        for alarm in kept.subcomponents:
            event.add_component(alarm)
    if categories:
        event.add("CATEGORIES", categories)
    if entry.segment is not None:
        event.add(SEGMENT, entry.segment.key)
    if entry.measure is not None:
        event.add(MEASURE, entry.measure.key)


def _shown(one: Shown) -> Event:
    event = Event()
    event.add("UID", one.uid)
    event.add("DTSTAMP", one.revised_at.astimezone(UTC).replace(microsecond=0))
    event.add("STATUS", "CANCELLED" if one.is_off else "CONFIRMED" if one.is_sure else "TENTATIVE")
    event.add("SUMMARY", one.title)
    if one.place:
        event.add("LOCATION", one.place)
    event.add("DTSTART", one.begins_at.astimezone(UTC))
    if one.ends_at > one.begins_at:
        event.add("DTEND", one.ends_at.astimezone(UTC))
    event.add("TRANSP", "TRANSPARENT")
    event.add(KEPT_ELSEWHERE, "1")
    return event


def _announcement(entry: CalendarEntry) -> Event:
    """The second event: related to the first, of no length, and nobody is busy."""
    assert entry.announced_at is not None
    event = Event()
    event.add("UID", "-".join(filter(None, ("announced", entry.recurrence_id, entry.uid))))
    _stamped(event, entry)
    event.add("SUMMARY", _("Announce: %(title)s") % {"title": entry.title})
    zone = UTC if entry.zone == "UTC" else ZoneInfo(entry.zone)
    event.add("DTSTART", entry.announced_at.astimezone(zone))
    event.add("DURATION", timedelta(0))
    event.add("TRANSP", "TRANSPARENT")
    event.add("RELATED-TO", entry.uid, parameters={"RELTYPE": "PARENT"})
    event.add(ANNOUNCES, entry.uid, parameters={"X-RECURRENCE": entry.recurrence_id} if entry.recurrence_id else {})
    if entry.kind != CalendarEntry.Kind.OTHER:
        event.add("CATEGORIES", [str(entry.kind)])
    return event
