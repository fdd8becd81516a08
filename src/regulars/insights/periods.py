"""Periods: half-open spans of days in the shop's zone, and the arithmetic of the calendar."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, order=True)
class Period:
    """[start, end): the days from `start` to the day before `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"a period must end after it starts: {self.start} … {self.end}")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def previous(self) -> "Period":
        """The period of the same length right before this one.

        Calendar-aware: if it is a whole number of months (both ends on the same day of the month), so is the one before;
        else it has as many days.
        """
        if self.start.day == self.end.day:
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            start = add_months(self.start, -months)
            if start.day == self.start.day:
                return Period(start, self.start)
        return Period(self.start - timedelta(days=self.days), self.start)

    def by_month(self) -> list["Period"]:
        """Cut at the first of each month; the first and the last piece may be parts of a month."""
        pieces = []
        start = self.start
        while start < self.end:
            end = min(add_months(month_of(start), 1), self.end)
            pieces.append(Period(start, end))
            start = end
        return pieces


def month_of(day: date) -> date:
    """The first day of the month that `day` lies in."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later (earlier if negative), or the last of that month if it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
