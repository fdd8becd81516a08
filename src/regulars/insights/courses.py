"""Every figure at once: in the spans of days up to the last order, in the spans before these, and by months."""

from dataclasses import dataclass
from datetime import timedelta

from . import kpis
from .figures import Ask, Figure
from .periods import Period, add_months, month_of
from .snapshot import Snapshot

SPANS_OF_DAYS = {"30": 30, "90": 90, "365": 365}
DEFAULT = "90"
MONTHS = 13
"""Shown in trends: a year, and the month of the year before beside it."""


def spans_of(at: Snapshot) -> dict[str, Period]:
    """The spans that end with the day of the last order."""
    assert at.last_day is not None
    end = at.last_day + timedelta(days=1)
    return {key: Period(end - timedelta(days=days), end) for key, days in SPANS_OF_DAYS.items()}


def months_of(at: Snapshot) -> list[Period]:
    """The months of a course, the month of the last order at the end: whole, also where some of its days are to come."""
    assert at.last_day is not None
    last = month_of(at.last_day)
    return [Period(add_months(last, back), add_months(last, back + 1)) for back in range(1 - MONTHS, 1)]


@dataclass(frozen=True)
class Courses:
    """Figures by key and period; `so_far`: the months with data, the last one cut after the day of the last order."""

    spans: dict[str, Period]
    months: list[Period]
    so_far: list[Period]
    figures: dict[str, dict[Period, Figure]]

    def of(self, key: str, periods: list[Period]) -> list[Figure]:
        return [self.figures[key][period] for period in periods]


def courses(ask: Ask) -> Courses:
    """All figures but the tables; `ask` is used for these periods from now on."""
    at = ask.snapshot
    assert at.first_day is not None
    assert at.last_day is not None
    spans, months = spans_of(at), months_of(at)
    end = at.last_day + timedelta(days=1)
    so_far = [Period(one.start, min(one.end, end)) for one in months if one.end > month_of(at.first_day)]
    asked = [period for span in spans.values() for period in (span, span.previous())]
    periods = list(dict.fromkeys([*asked, *months, *so_far]))
    wanted = [one for one in kpis.definitions().values() if not one.is_table]
    found: dict[str, dict[Period, Figure]] = {one.key: {} for one in wanted}
    for made in kpis.answers(ask.over(periods), wanted):
        assert made.period is not None
        found[made.key][made.period] = made
    return Courses(spans, months, so_far, found)
