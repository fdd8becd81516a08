"""When entries happen within a span of time: once, or as often as their rule says, each on the clock of its own zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from . import rules
from .models import CalendarEntry
from .vevent import BROKEN, short_moment

MOST = 400
"""Times that one entry is shown within one span."""
LAST_MOMENT = datetime(9900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Occurrence:
    """entry happens in [begins_at, ends_at); first_day, last_day: on the clock of its zone, both included."""

    entry: CalendarEntry
    begins_at: datetime
    ends_at: datetime
    first_day: date
    last_day: date


def occurrences(
    entries: Iterable[CalendarEntry], begin: datetime, end: datetime, work: rules.Work | None = None
) -> list[Occurrence]:
    """Every time that one of `entries` touches [begin, end), in order. No query.

    work: how much may be computed; entries whose rule was too much for it are in its `unfinished`, and shown as far as known.

    An entry that is one changed occurrence (`recurrence_id`) takes the place of the one that the rule gives; it must be among
    `entries`. What repeats more often than hourly is shown once.
    """
    rows, work = list(entries), work or rules.Work()
    changed = {(row.uid, row.recurrence_id) for row in rows if row.recurrence_id}
    found = []
    for row in rows:
        lasts = row.ends_at - row.begins_at
        for start in _starts(row, begin - lasts, end, work):
            if not row.recurrence_id and (row.uid, original_of(row, start)) in changed:
                continue
            until = _later(row, start)
            if start < end and (until > begin or start >= begin):
                found.append(_occurrence(row, start, until))
    return sorted(found, key=lambda one: (one.begins_at, one.entry.pk or 0))


def happens_at(row: CalendarEntry, original: str) -> datetime | None:
    """When the repetition called `original` begins; None where the entry has none of that name."""
    try:
        moment = datetime.strptime(original[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    span = (moment - timedelta(days=2), moment + timedelta(days=3))
    return next((one for one in _starts(row, *span, rules.Work()) if original_of(row, one) == original), None)


def _occurrence(row: CalendarEntry, start: datetime, until: datetime) -> Occurrence:
    zone = ZoneInfo(row.zone)
    first = start.astimezone(zone).date()
    last = (until - timedelta(microseconds=1) if until > start else until).astimezone(zone).date()
    return Occurrence(row, start, until, first, max(first, last))


def original_of(row: CalendarEntry, start: datetime) -> str:
    """The name of the repetition that begins at `start`, as RECURRENCE-ID has it."""
    return short_moment(start.astimezone(ZoneInfo(row.zone)).date() if row.whole_days else start)


def _later(row: CalendarEntry, start: datetime) -> datetime:
    """The end of the occurrence that begins at `start`: for whole days so many midnights later, else so much time."""
    if not row.whole_days:
        return start + (row.ends_at - row.begins_at)
    zone = ZoneInfo(row.zone)
    days = (row.ends_at.astimezone(zone).date() - row.begins_at.astimezone(zone).date()).days
    return _aware(start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days), zone)


def _aware(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _starts(row: CalendarEntry, begin: datetime, end: datetime, work: rules.Work) -> Iterator[datetime]:
    if not row.repeats or row.recurrence_id:
        yield row.begins_at
        return
    zone = ZoneInfo(row.zone)
    first = row.begins_at.astimezone(zone).replace(tzinfo=None)
    moments = {row.begins_at} | {_told(row, text) for text in row.further}
    around = timedelta(days=1)  # of changes of the clock, and of whole days that begin elsewhere
    after, before = (one.astimezone(zone).replace(tzinfo=None) for one in (begin - around, end + around))
    for text in filter(None, row.recurrence.split("\n")):
        try:
            for one in islice(rules.dates(text, first, row.zone, after, before, work), MOST):
                moments.add(_aware(one, zone))
        except rules.Endless:
            work.unfinished.append(row)
        except BROKEN:
            continue  # a rule that only fails where it leads out of the calendar
    yield from sorted(moments - {_told(row, text) for text in row.left_out})


def repeats_until(row: CalendarEntry, work: rules.Work) -> datetime | None:
    """When its last repetition is over at the latest; None if it does not repeat, has no end, or none that is known."""
    if not row.repeats or row.recurrence_id:
        return None
    zone = ZoneInfo(row.zone)
    first = row.begins_at.astimezone(zone).replace(tzinfo=None)
    last = max([row.begins_at, *(_told(row, text) for text in row.further)])
    for text in filter(None, row.recurrence.split("\n")):
        try:
            ends = rules.last_date(text, first, row.zone, work)
        except BROKEN:
            continue
        if ends is None:
            return None
        last = max(last, _aware(ends, zone))
    return min(last, LAST_MOMENT) + (row.ends_at - row.begins_at) + timedelta(days=1)


def _told(row: CalendarEntry, text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return told.astimezone(UTC) if told.tzinfo else _aware(told, ZoneInfo(row.zone))
