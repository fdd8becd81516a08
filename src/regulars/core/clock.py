"""The clock. Rules, sweeps and actions are given `now`; only the edges (views, commands, the worker loop) read it here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day of `moment` in the zone named `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_start(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`, in UTC (right on the days of a clock change, too)."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def birthday_in(year: int, month: int, day: int) -> date:
    """The day a birthday is kept in `year`: 29 February is kept on 28 February in other years."""
    if (month, day) == (2, 29) and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return date(year, 2, 28)
    return date(year, month, day)
