"""The clock. Rules, sweeps and actions are given `now`; only the edges (views, commands, the worker loop) read it here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """This moment, aware, in UTC; inside `pretending` the moment pretended."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretending(moment: datetime) -> Iterator[None]:
    """For rehearsals and simulations: the edges that read the clock inside this block read `moment`."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day of `moment` in the zone named `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_start(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC (right on the days of a clock change, too)."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def offsets(begin: datetime, end: datetime, zone: str) -> list[tuple[datetime, int]]:
    """How far the clock of `zone` is ahead of UTC in [begin, end): [(until when, seconds), …], one for each stretch.

    Looks at it once a day and then closes in on a change, to the second.
    """
    place = ZoneInfo(zone)

    def at(moment: datetime) -> int:
        return round((moment.astimezone(place).utcoffset() or timedelta(0)).total_seconds())

    found: list[tuple[datetime, int]] = []
    moment, ahead = begin, at(begin)
    while moment < end:
        later = min(moment + timedelta(days=1), end)
        if at(later) != ahead:
            before, after = moment, later
            while after - before > timedelta(seconds=1):
                middle = before + timedelta(seconds=round((after - before).total_seconds()) // 2)
                before, after = (middle, after) if at(middle) == ahead else (before, middle)
            if after < end:
                found.append((after, ahead))
                later, ahead = after, at(after)
        moment = later
    return [*found, (end, ahead)]


def birthday_in(year: int, month: int, day: int) -> date:
    """The day a birthday is kept in `year`: 29 February is kept on 28 February in other years."""
    if (month, day) == (2, 29) and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return date(year, 2, 28)
    return date(year, month, day)
