"""What a file in the iCalendar format (RFC 5545) says: entries, and what does not fit, each with its place and its remedy.

What programs write is not always what the standard says. A broken event is refused and the others are taken; a file that as a
whole does not parse is read event by event. Attendees and organisers are left out: they are people, and nobody asked them.
"""

import re
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from icalendar import Calendar

from . import rules
from .vevent import ANNOUNCES, BROKEN, KEPT_ELSEWHERE, Unfit, in_short, values_of, words


@dataclass(frozen=True)
class Said:
    """Something about a file that its sender should know. component: `VEVENT 3 (Summer sale)`, or `file`."""

    file: str
    component: str
    reason: str
    remedy: str


@dataclass
class Found:
    """events: how many VEVENTs there were. entries: values of each that fits, with `segment` and `measure` as keys.

    noted: of entries that were taken, what could not be.
    """

    events: int = 0
    entries: list[dict[str, Any]] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    announcements: list[tuple[tuple[str, str], datetime, datetime | None, str]] = field(default_factory=list)
    refused: list[Said] = field(default_factory=list)
    noted: list[Said] = field(default_factory=list)


def read(name: str, data: bytes, zone: str) -> Found:
    """The entries in `data`, the content of the file `name`. zone: of times that have none. Never raises for its content."""
    found = Found()
    text = _text(data)
    if not re.search(r"^\s*BEGIN:", text, re.IGNORECASE | re.MULTILINE):
        found.refused.append(
            Said(name, "file", _("This is no calendar."), _("Export the calendar as a file that ends in .ics."))
        )
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # guesses at names of zones; what matters of them is noted
        try:
            events: list[Any] = [e for one in Calendar.from_ical(text, multiple=True) for e in one.walk("VEVENT")]
        except BROKEN as error:
            events = _one_by_one(text)
            remedy = _("Export it anew with the program that it comes from.")
            if events:
                remedy = _("Its events were read one by one; export it anew to get all of it.")
            (found.noted if events else found.refused).append(Said(name, "file", in_short(error), remedy))
        work = rules.Work()
        for place, event in enumerate(events, start=1):
            _take(found, name, place, event, zone, work)
    found.events = len(events)
    return found


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "")


def _one_by_one(text: str) -> list[Any]:
    """The events of a text that does not parse as a whole: those that parse, and for the others what is wrong."""
    lines = re.split(r"\r\n|\n|\r", re.sub(r"(\r\n|\n|\r)[ \t]", "", text))
    blocks: dict[str, list[str]] = {"VEVENT": [], "VTIMEZONE": []}
    inside, begun = "", 0
    for number, line in enumerate(lines):
        word = line.strip().upper()
        if not inside and word in ("BEGIN:VEVENT", "BEGIN:VTIMEZONE"):
            inside, begun = word[6:], number
        elif inside and word == f"END:{inside}":
            blocks[inside].append("\r\n".join(lines[begun : number + 1]))
            inside = ""
    zones = [one for one in blocks["VTIMEZONE"] if not isinstance(_parsed(one), BaseException)]
    return [_parsed("\r\n".join([*zones, block])) for block in blocks["VEVENT"]]


def _parsed(block: str) -> Any:
    try:
        calendar = Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{block}\r\nEND:VCALENDAR\r\n")
    except BROKEN as error:
        return error
    return next(iter(calendar.walk("VEVENT")), calendar)


def _take(found: Found, name: str, place: int, event: Any, zone: str, work: rules.Work) -> None:
    component = f"VEVENT {place}"
    try:
        if isinstance(event, BaseException):
            raise Unfit(in_short(event), _("Correct this line, or write the entry here by hand."))
        title = words(event, "SUMMARY")
        component = f"{component} ({title[:60]})" if title else component
        if KEPT_ELSEWHERE in event:
            raise Unfit(
                _("It is a campaign or a gathering of a shop, no entry of its calendar."),
                _("Leave it: the calendar shows it anyway."),
            )
        values, notes = values_of(event, zone, work)
    except Unfit as unfit:
        found.refused.append(Said(name, component, *unfit.args))
        return
    except BROKEN as error:
        found.refused.append(Said(name, component, in_short(error), _("Correct this event, or write it here by hand.")))
        return
    found.noted += [Said(name, component, reason, remedy) for reason, remedy in notes]
    if parent := event.get(ANNOUNCES):
        key = (str(parent), str(parent.params.get("X-RECURRENCE", "")))
        found.announcements.append((key, values["begins_at"], values["revised_at"], component))
    else:
        found.entries.append(values)
        found.components.append(component)
