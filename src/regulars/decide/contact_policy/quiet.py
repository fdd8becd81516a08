"""Quiet hours and public holidays on the customer's own clock: when is the next moment we would be welcome?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from .models import Channel, Purpose

SILENT = frozenset({Channel.LETTER.value, Channel.PARCEL_NOTE.value, Channel.ON_PAGE.value})
"""Channels that ring for nobody: what lies in a letter box, in a parcel or on the shop's page wakes no one."""
LONGEST_LOOK = 60
"""Days to look ahead. No country keeps public holidays that long: a shop that is quiet all day finds no moment."""


def is_prompt(channel: str, purpose: str) -> bool:
    """Whether a contact asks neither clock nor holidays: by a silent channel, and a mail that the customer waits for."""
    return channel in SILENT or (channel == Channel.EMAIL and purpose == Purpose.SERVICE)


@dataclass(frozen=True)
class Clock:
    """Where and by which rules a customer's day runs. country: ISO code, empty or unknown = no public holidays.

    quiet_from and quiet_until are local times; the span may run over midnight; equal times mean no quiet hours.
    """

    zone: str
    country: str
    quiet_from: time
    quiet_until: time


@lru_cache(maxsize=512)
def _holidays_of(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def is_holiday(day: date, country: str) -> bool:
    """Whether `day` is a public holiday all over the country (holidays of single states do not count)."""
    return bool(country) and day in _holidays_of(country.upper(), day.year)


def is_quiet(moment: datetime, clock: Clock) -> bool:
    """Whether `moment` falls into quiet hours or on a public holiday on the customer's clock."""
    local = moment.astimezone(ZoneInfo(clock.zone))
    return is_holiday(local.date(), clock.country) or _in_span(local.time(), clock)


def _in_span(at: time, clock: Clock) -> bool:
    start, end = clock.quiet_from, clock.quiet_until
    if start <= end:
        return start <= at < end
    return at >= start or at < end


def next_welcome(moment: datetime, clock: Clock) -> datetime | None:
    """The first moment at or after `moment` neither quiet nor on a public holiday, in UTC; None if there is none.

    Right on both days of a clock change: wall times are resolved by the zone's own rules. One that does not exist (in
    spring) means the first instant after the gap, one that exists twice (in autumn) the first that is not yet past.
    """
    zone = ZoneInfo(clock.zone)
    at = moment.astimezone(UTC)
    last = at + timedelta(days=LONGEST_LOOK)
    while at <= last:
        local = at.astimezone(zone)
        if is_holiday(local.date(), clock.country):
            at = _instant(local.date() + timedelta(days=1), time(0), zone, at)
        elif _in_span(local.time(), clock):
            over_midnight = clock.quiet_from > clock.quiet_until and local.time() >= clock.quiet_from
            day = local.date() + timedelta(days=1) if over_midnight else local.date()
            at = _instant(day, clock.quiet_until, zone, at)
        else:
            return at
    return None


def quiet_again(moment: datetime, clock: Clock) -> datetime | None:
    """The end of the welcome stretch that `moment` lies in, in UTC: quiet hours or a public holiday. None: open."""
    zone = ZoneInfo(clock.zone)
    local = moment.astimezone(zone)
    ends = []
    if clock.quiet_from != clock.quiet_until:
        day = local.date() if local.time() < clock.quiet_from else local.date() + timedelta(days=1)
        ends.append(_instant(day, clock.quiet_from, zone, moment))
    tomorrow = local.date() + timedelta(days=1)
    if is_holiday(tomorrow, clock.country):
        ends.append(_instant(tomorrow, time(0), zone, moment))
    return min(ends, default=None)


def _instant(day: date, at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The instant of a wall time, later than `after`.

    A wall time inside the spring gap is read with the offset before it, which is the same instant as the wall time
    moved behind the gap by its length.
    """
    wall = datetime.combine(day, at, tzinfo=zone)
    first = wall.replace(fold=0).astimezone(UTC)
    return first if first > after else wall.replace(fold=1).astimezone(UTC)
