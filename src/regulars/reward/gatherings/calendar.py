"""A gathering as a file for calendars (iCalendar, RFC 5545): one event in UTC, which every calendar shows in its own zone."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

from .models import Gathering

_LINE = 75
"""Octets a line may have (RFC 5545, 3.1)."""


def to_ics(gathering: Gathering, language: str, now: datetime, *, url: str = "", with_address: bool = False) -> bytes:
    """The file. url: the customer's page. with_address: also the online address, for who has a place."""
    host = urlsplit(settings.REGULARS_BASE_URL).hostname or "localhost"
    online = gathering.online_url if with_address else ""
    text = "\n\n".join(part for part in (gathering.text_in(language), online, url) if part)
    is_off = gathering.status == Gathering.Status.CANCELLED
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Regulars//Gatherings//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:gathering-{gathering.pk}@{host}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(gathering.starts_at)}",
        f"DTEND:{_utc(gathering.ends_at)}",
        f"SUMMARY:{_escaped(gathering.title_in(language))}",
        f"DESCRIPTION:{_escaped(text)}",
        f"LOCATION:{_escaped(gathering.place or online)}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11; other control characters have no place in it."""
    for letter in "\\;,":
        text = text.replace(letter, f"\\{letter}")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(letter for letter in text if letter >= " " or letter == "\t")


def _folded(line: str) -> bytes:
    """The line in pieces of at most 75 octets, never cut inside a letter."""
    pieces, piece = [], b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > _LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
