"""What one event of a file says, as values of columns."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _
from icalendar import Component, Event, vBroken
from icalendar.timezone import tzid_from_tzinfo

from . import rules
from .models import CalendarEntry

ANNOUNCES = "X-REGULARS-ANNOUNCES"
SEGMENT = "X-REGULARS-SEGMENT"
MEASURE = "X-REGULARS-MEASURE"
KEPT_ELSEWHERE = "X-REGULARS-KEPT-ELSEWHERE"
OURS = {
    "UID", "RECURRENCE-ID", "SEQUENCE", "SUMMARY", "DESCRIPTION", "LOCATION", "DTSTART", "DTEND", "DURATION", "STATUS",
    "CATEGORIES", "RRULE", "RDATE", "EXDATE", "DTSTAMP", "CREATED", "LAST-MODIFIED", ANNOUNCES, SEGMENT, MEASURE,
}  # fmt: skip
"""Properties that have a column."""
PEOPLE = {"ATTENDEE", "ORGANIZER", "CONTACT", "REQUEST-STATUS"}
"""Properties that name people, and are left out."""
MOST_EXTRA = 8_000
"""Characters of further properties that are kept: a picture inside a file is no entry."""
LONGEST_SPAN = timedelta(days=3660)
STATES = {"TENTATIVE": "planned", "CONFIRMED": "confirmed", "CANCELLED": "cancelled"}
BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError, AssertionError)
"""What the library was seen to raise, or may, where a file is broken."""


class Unfit(Exception):
    """An event that cannot become an entry. args: reason and remedy."""


@cache
def _zones() -> frozenset[str]:
    """The names of all zones: they lie in so many files that looking for them takes longer than reading an event."""
    return frozenset(available_timezones())


def in_short(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:200]} …"


def values_of(event: Event, zone: str, work: rules.Work) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Values of columns, and what could not be taken: reason and remedy. work: for all rules of the file together."""
    notes = [
        (in_short(ValueError(f"{where or ''} {what}".strip())), _("This line was left out; the entry was taken."))
        for where, what in event.errors
        if where not in ("DTSTART", "DTEND", "DURATION")
    ]
    start, end, whole_days, own_zone = _span(event, zone, notes)
    values: dict[str, Any] = {
        "uid": _uid(event),
        "recurrence_id": _recurrence_id(event, own_zone),
        "title": words(event, "SUMMARY"),
        "description": words(event, "DESCRIPTION"),
        "place": words(event, "LOCATION"),
        "begins_at": start,
        "ends_at": end,
        "whole_days": whole_days,
        "zone": own_zone,
        "status": STATES.get(words(event, "STATUS").upper(), "planned"),
        "sequence": min(max(_number(event, "SEQUENCE"), 0), 2**31 - 2),
        "revised_at": max(filter(None, (_moment(event, name) for name in ("DTSTAMP", "LAST-MODIFIED"))), default=None),
        "segment": words(event, SEGMENT),
        "measure": words(event, MEASURE),
        "announced_at": None,
        "recurrence": _rules(event, start, own_zone, work, notes),
        "further": _dates(event, "RDATE", own_zone, whole_days),
        "left_out": _dates(event, "EXDATE", own_zone, whole_days),
    }
    values["kind"], others = _kind(event)
    values["extra"] = _extra(event, others, notes)
    return values, notes


def _first(event: Component, name: str) -> Any:
    value = event.get(name)
    return value[0] if isinstance(value, list) and value else value


def words(event: Component, name: str) -> str:
    value = _first(event, name)
    return "" if value is None or isinstance(value, vBroken) else str(value).strip()


def _number(event: Component, name: str) -> int:
    try:
        return int(_first(event, name) or 0)
    except (TypeError, ValueError):
        return 0


def _moment(event: Component, name: str) -> datetime | None:
    value = _first(event, name)
    moment = None if isinstance(value, vBroken) else getattr(value, "dt", None)
    return _utc(moment, "UTC") if isinstance(moment, datetime) else None


def _utc(moment: date, zone: str) -> datetime:
    """A moment, or the midnight of a day, in UTC; without a zone of its own it is on the clock of `zone`."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - gets its zone in the next line
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC)


def _span(event: Event, zone: str, notes: list[tuple[str, str]]) -> tuple[datetime, datetime, bool, str]:
    begin = _first(event, "DTSTART")
    if begin is None:
        raise Unfit(
            _("DTSTART is missing: nobody knows when it begins."), _("Add a line such as DTSTART:20260501T090000Z.")
        )
    starts = None if isinstance(begin, vBroken) else getattr(begin, "dt", None)
    if not isinstance(starts, date):
        raise Unfit(
            _("DTSTART is no date: %(value)s") % {"value": str(begin)[:60]},
            _("Write it as 20260501T090000Z, or 20260501 for whole days."),
        )
    own_zone = zone
    if isinstance(starts, datetime) and starts.tzinfo is not None:
        known = tzid_from_tzinfo(starts.tzinfo) or ""
        own_zone = known if known in _zones() else zone
        if own_zone != known and "RRULE" in event:
            notes.append(
                (
                    _("The zone %(zone)s is of its own making.") % {"zone": known or "?"},
                    _("The first time is right; those that repeat go by the clock of %(shop)s.") % {"shop": zone},
                )
            )
    elif named := begin.params.get("TZID"):
        notes.append(
            (
                _("The zone %(zone)s is not known.") % {"zone": named},
                _("It was read on the clock of %(shop)s; check the time.") % {"shop": zone},
            )
        )
    whole_days = not isinstance(starts, datetime)
    try:
        start = _utc(starts, own_zone)
        ends = _end(event, starts)
        end = _utc(ends, own_zone)
    except OverflowError:
        raise Unfit(_("The date lies outside all calendars."), _("Write a year between 2 and 9998.")) from None
    if not 2 <= start.year <= 9998 or not 2 <= end.year <= 9998:
        raise Unfit(_("The date lies outside all calendars."), _("Write a year between 2 and 9998."))
    if end < start:
        raise Unfit(_("It ends before it begins."), _("Correct DTSTART or DTEND."))
    if end - start > LONGEST_SPAN:
        raise Unfit(_("It lasts longer than ten years."), _("Correct DTEND or DURATION."))
    return start, end, whole_days, own_zone


def _end(event: Event, starts: date) -> date:
    """DTEND, else DTSTART and DURATION, else the end of the day, or the same moment."""
    usual = starts if isinstance(starts, datetime) else starts + timedelta(days=1)
    for name in ("DTEND", "DURATION"):
        value = _first(event, name)
        if value is None:
            if broken := [what for where, what in event.errors if where == name]:
                raise Unfit(_("%(name)s does not fit: %(what)s") % {"name": name, "what": broken[0]}, _("Correct it."))
            continue
        told = None if isinstance(value, vBroken) else getattr(value, "dt", None)
        if isinstance(told, timedelta):
            return max(starts + told, usual) if not isinstance(starts, datetime) and not told else starts + told
        if isinstance(told, date) and isinstance(told, datetime) == isinstance(starts, datetime):
            if isinstance(told, datetime) and isinstance(starts, datetime) and told.tzinfo is None:
                told = told.replace(tzinfo=starts.tzinfo)
            return usual if told == starts else told
        raise Unfit(
            _("%(name)s does not fit: %(what)s") % {"name": name, "what": str(value)[:60]},
            _("Write it as DTSTART is written: both days, or both moments."),
        )
    return usual


def _uid(event: Event) -> str:
    """Its own; without one, a name made of what it says, so that a second import finds it again."""
    uid = words(event, "UID")
    if len(uid) > 500:
        raise Unfit(_("The UID is longer than 500 characters."), _("Give the event a shorter one."))
    if uid:
        return uid
    lines = [
        str(event.content_line(name, value))
        for name, value in event.property_items(recursive=False)
        if name != "DTSTAMP"
    ]
    return f"{hashlib.sha256(chr(10).join(sorted(lines)).encode()).hexdigest()[:32]}@regulars"


def short_moment(moment: datetime | date) -> str:
    """`20260501T070000Z` of a moment, `20260501` of a day."""
    if not isinstance(moment, datetime):
        return moment.strftime("%Y%m%d")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _recurrence_id(event: Event, zone: str) -> str:
    value = _first(event, "RECURRENCE-ID")
    if value is None:
        return ""
    told = None if isinstance(value, vBroken) else getattr(value, "dt", None)
    if not isinstance(told, date):
        raise Unfit(_("RECURRENCE-ID is no date."), _("Write it as DTSTART of the event that repeats is written."))
    return short_moment(_utc(told, zone) if isinstance(told, datetime) else told)


def _kind(event: Event) -> tuple[str, list[str]]:
    """The first category that is a kind of entry, and the others."""
    told = event.get("CATEGORIES")
    lists = told if isinstance(told, list) else [told] if told is not None else []
    told_words = [str(word) for one in lists for word in getattr(one, "cats", [])]
    for word in told_words:
        if word.lower() in CalendarEntry.Kind.values:
            return word.lower(), [other for other in told_words if other != word]
    return CalendarEntry.Kind.OTHER.value, told_words


def _rules(event: Event, start: datetime, zone: str, work: rules.Work, notes: list[tuple[str, str]]) -> str:
    told = event.get("RRULE")
    kept = []
    for rule in told if isinstance(told, list) else [told] if told is not None else []:
        if isinstance(rule, vBroken):
            continue
        text = rule.to_ical().decode()
        local = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        try:
            rules.naive_rule(text, local, zone)
            wrong = "" if rules.has_dates(text, local, zone, work) else _("it matches no day")
        except BROKEN as error:
            wrong = in_short(error)
        if wrong:
            remedy = _("The entry was taken without repeating; correct the rule, or repeat it by hand.")
            notes.append((f"RRULE {text[:100]}: {wrong}", remedy))
            continue
        if rules.is_too_often(text):
            remedy = _("The calendar shows it once; repeat it daily instead, with the hours in its description.")
            notes.append((_("RRULE %(rule)s: more often than hourly") % {"rule": text[:100]}, remedy))
        kept.append(text)
    return "\n".join(kept)


def _dates(event: Event, name: str, zone: str, whole_days: bool) -> list[str]:
    """RDATE or EXDATE: moments in ISO 8601, or days. Of a span of time, where it begins."""
    told = event.get(name)
    found = set()
    for one in told if isinstance(told, list) else [told] if told is not None else []:
        for value in getattr(one, "dts", []) if not isinstance(one, vBroken) else []:
            moment = value.dt[0] if isinstance(value.dt, tuple) else value.dt
            if not isinstance(moment, date):
                continue  # a time of day says nothing without its day
            if whole_days:
                found.add((moment.date() if isinstance(moment, datetime) else moment).isoformat())
            else:
                found.add(_utc(moment, zone).isoformat())
    return sorted(found)


def _extra(event: Event, categories: Sequence[str], notes: list[tuple[str, str]]) -> str:
    """Lines without a column, as they were; those that name people, bring files or lean on a zone of the file are left out."""
    kept: list[str] = []
    if categories:
        bare = Event()
        bare.add("CATEGORIES", list(categories))
        kept.append(str(bare.content_line("CATEGORIES", bare["CATEGORIES"])))
    for name, value in event.property_items(recursive=False):
        if name in OURS or name in PEOPLE or name in ("BEGIN", "END") or isinstance(value, vBroken):
            continue
        line = str(event.content_line(name, value))
        if ";TZID=" not in line.upper():
            kept.append(line)
    for alarm in event.walk("VALARM"):
        if not PEOPLE & set(alarm):
            kept += re.split(r"\r?\n", re.sub(r"\r?\n[ \t]", "", alarm.to_ical().decode()).strip())
    text = "\n".join(kept)
    if len(text) > MOST_EXTRA:
        notes.append(
            (_("It brings more than fits."), _("Pictures and further properties were left out; the entry was taken."))
        )
        return ""
    return text if extras(text) is not None else ""


def extras(text: str) -> Event | None:
    """The kept lines as an event to add from; None where they do not parse."""
    try:
        found: Any = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *filter(None, text.split("\n")), "END:VEVENT", ""]))
        found.to_ical()
    except BROKEN:
        return None
    return found if isinstance(found, Event) else None
