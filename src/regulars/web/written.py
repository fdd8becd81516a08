"""Values as people read them: money, numbers, shares, days and moments, in the language of the page."""

import calendar
import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from babel import Locale
from babel.dates import TIMEDELTA_UNITS, format_date, format_datetime, format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from django.utils import timezone
from django.utils.translation import get_language

from regulars.core import money as core_money

Number = int | float | Decimal

NOTHING = "–"
"""Shown where there is no value; whoever shows it says why."""


def locale() -> str:
    """The Babel locale of the page: `de` or `en_GB` (day before month, as the shops we serve write)."""
    language = (get_language() or "en").replace("-", "_")
    return "en_GB" if language == "en" else language


def money(minor: int | None, currency: str) -> str:
    """Integer minor units in `currency`: 123450 EUR is `1.234,50 €` in German."""
    return NOTHING if minor is None else core_money.formatted(int(minor), currency, locale())


def number(value: Number | None, digits: int | None = None) -> str:
    """A number with the separators of the language; `digits` fixes the decimal places."""
    if value is None:
        return NOTHING
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, locale=locale())


def compact(value: Number | None) -> str:
    """A large number in short: 23.570 is `24 Tsd.` in German, `24K` in English."""
    return NOTHING if value is None else format_compact_decimal(value, locale=locale(), fraction_digits=1)


MOST_AS_PERCENT = 10
"""A return of more is told as a factor."""


def percent(share: Number | None, digits: int = 1) -> str:
    """A share of 1 as percent: 0.1234 is `12,3 %` in German."""
    if share is None:
        return NOTHING
    space = "\xa0" if locale().startswith("de") else ""
    return format_percent(share, "#,##0" + ("." + "0" * digits if digits else "") + f"{space}%", locale=locale())


def return_on_it(share: Number | None) -> str:
    """What came back on what was spent: 1.5 is `150 %`; from ten times on a factor, `× 760`, which people can read."""
    if share is None or abs(float(share)) < MOST_AS_PERCENT:
        return percent(share, 0)
    times = float(share)
    return f"×\xa0{number(round(times) if abs(times) >= 100 else round(times, 1))}"


def day(value: date | datetime | None, style: str = "medium") -> str:
    """A calendar day; an aware moment is first brought into the shop's zone."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return format_date(value, style, locale=locale())


def moment(value: datetime | None, style: str = "medium") -> str:
    """Day and time to the minute in the shop's zone."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{format_date(local.date(), style, locale=locale())}, {format_datetime(local, 'HH:mm', locale=locale())}"


def ago(value: datetime | None, now: datetime) -> str:
    """How long before or after `now`: `vor 3 Tagen`, `in 2 hours`. Only whole units are told: 90 minutes are 1 hour.

    Months are told up to two years, by the calendar: 18 months are neither 1 year nor 2.
    """
    if value is None:
        return NOTHING
    if timezone.is_aware(value):
        value, now = timezone.localtime(value), timezone.localtime(now)
    unit, whole = _whole_units(min(value, now), max(value, now))
    told = timedelta(seconds=whole * _SECONDS[unit] * (1 if value > now else -1))
    return format_timedelta(told, unit, threshold=math.inf, add_direction=True, locale=locale())


_Unit = Literal["second", "minute", "hour", "day", "week", "month", "year"]
_SECONDS: dict[_Unit, int] = dict(TIMEDELTA_UNITS)  # type: ignore[assignment]
_NAMED: tuple[_Unit, ...] = ("week", "day", "hour", "minute")


def _whole_units(since: datetime, until: datetime) -> tuple[_Unit, int]:
    """The largest unit in which a length of time is told, and how many whole ones it holds."""
    months = 12 * (until.year - since.year) + until.month - since.month
    # The 31st has its month full on the last day of a shorter one.
    last = calendar.monthrange(until.year, until.month)[1]
    if (until.day, until.time()) < (min(since.day, last), since.time()):
        months -= 1
    if months >= 24:
        return "year", months // 12
    if months:
        return "month", months
    seconds = int(until.timestamp() - since.timestamp())  # wall clocks would be an hour off where summer time begins
    for unit in _NAMED:
        if seconds >= _SECONDS[unit] * (2 if unit == "week" else 1):
            return unit, seconds // _SECONDS[unit]
    return "second", seconds


def month(value: date | None) -> str:
    """A month: `Jan. 2026`."""
    return NOTHING if value is None else format_date(value, "MMM y", locale=locale())


def language_name(code: str) -> str:
    """A language in its own words: `Deutsch`."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[:1].upper() + name[1:]


def spark_points(values: Sequence[Number | None], width: int = 100, height: int = 30) -> list[tuple[float, float]]:
    """Points of a spark line in a box of `width` × `height`, y downwards.

    Gaps are left out; a flat line lies in the middle.
    """
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return []
    low, high = min(known), max(known)
    step = width / (len(values) - 1)
    return [
        (
            round(i * step, 2),
            round(height / 2 if high == low else height - (float(value) - low) / (high - low) * height, 2),
        )
        for i, value in enumerate(values)
        if value is not None
    ]


def heat_step(value: Number | None, highest: Number = 1) -> int | None:
    """Which of the eleven shades 0–10 a value between 0 and `highest` gets; None where there is no value."""
    if value is None:
        return None
    top = float(highest) or 1.0
    return max(0, min(10, round(float(value) / top * 10)))


def chart_rows(config: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """A chart's figures as text: one row for each place on the x axis, one value for each series."""

    def text(value: Number | None, form: str) -> str:
        if form == "money":
            return money(None if value is None else int(value), config["currency"])
        return percent(value) if form == "percent" else number(value)

    form = config.get("format", "number")
    return [
        (str(place), [text(one["data"][at], one.get("format", form)) for one in config["series"]])
        for at, place in enumerate(config["x"])
    ]
