"""Rules by which entries repeat (RRULE), walked with a bound: what a file brings may match nothing, or every second.

dateutil walks a rule period by period, day for day or year for year, until something matches: for a rule that never does (30
February) up to the year 9999. It adds the rule's interval once a period, so an interval that counts knows when it is enough.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import lcm
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

PERIODS = 20_000
"""Periods that one rule is walked: 54 years of days. Only those that count their dates are walked from their beginning."""
ALTOGETHER = 200_000
"""Periods that all rules of a page or a file are walked together: well below a second."""
NEVER = timedelta(days=366 * 41)
"""A rule without a date in so many years has none: 29 February on a certain weekday comes once in 28, or in 40, years."""
LONGEST = timedelta(days=366 * 54)
"""So far ahead the last date of a rule that counts is looked for."""
TIMES_A_DAY = 24
LONGEST_RULE = 1000
DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
"""Of each period at least."""
MOMENT = "%Y%m%dT%H%M%S"


class Endless(ValueError):
    """The bound was reached before the rule was done."""


@dataclass
class Work:
    """How many periods may still be walked, by all rules together. unfinished: what was left before its end."""

    left: int = ALTOGETHER
    unfinished: list[Any] = field(default_factory=list)


class _Paced(int):
    """An interval that counts how often it is added; raises Endless at the bound."""

    work: Work
    bound: int

    def _count(self) -> None:
        self.bound -= 1
        self.work.left -= 1
        if self.bound < 0 or self.work.left < 0:
            raise Endless("walked too far")

    def __radd__(self, other: int) -> int:
        self._count()
        return other + int(self)

    def __mul__(self, other: int) -> int:
        self._count()
        return int(self) * other


def naive_rule(text: str, start: datetime, zone: str) -> Any:
    """The rule on the clock of `zone`, beginning at `start` (without a zone). Raises ValueError where it is none."""
    if len(text) > LONGEST_RULE:
        raise ValueError(f"longer than {LONGEST_RULE} characters")
    return rrulestr(_on_the_clock(text, zone), dtstart=start)


def _on_the_clock(text: str, zone: str) -> str:
    def until(found: re.Match[str]) -> str:
        moment = datetime.strptime(found[1], f"{MOMENT}Z").replace(tzinfo=UTC)
        return f"UNTIL={moment.astimezone(ZoneInfo(zone)):{MOMENT}}"

    return re.sub(r"UNTIL=(\d{8}T\d{6}Z)", until, text, flags=re.IGNORECASE)


def _parts(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.upper().split(";") if "=" in part)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def is_too_often(text: str) -> bool:
    """Whether it repeats more often than hourly."""
    parts, times = _parts(text), 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= parts.get(name, "").count(",") + 1
    return parts.get("FREQ") not in DAYS or times > TIMES_A_DAY


def dates(text: str, start: datetime, zone: str, after: datetime, before: datetime, work: Work) -> Iterator[datetime]:
    """The dates of the rule in [after, before], in order; all moments on the clock of `zone`, without it.

    Raises ValueError for what is no rule, Endless (a ValueError) where `work` or the bound of a rule is used up.
    """
    if is_too_often(text) or before < start:
        return
    rule, parts = naive_rule(text, start, zone), _parts(text)
    interval = _number(parts.get("INTERVAL", "1"))
    begin = start if "COUNT" in parts else _nearer(parts["FREQ"], interval, start, after)
    needed = (before - begin).days // (DAYS[parts["FREQ"]] * max(interval, 1)) + 2
    paced = _Paced(interval)
    paced.work, paced.bound = work, min(PERIODS, needed)
    try:
        for moment in rule.replace(interval=paced, dtstart=begin):
            if moment > before:
                return
            if moment >= after:
                yield moment
    except Endless:
        # Beyond `before` nothing is wanted: only who stopped short of it has something to tell.
        if work.left < 0 or needed > PERIODS:
            raise


def _nearer(freq: str, interval: int, start: datetime, after: datetime) -> datetime:
    """A beginning shortly before `after` from which the rule gives the same dates: whole steps of its interval later."""
    step = max(interval, 1)
    if freq in ("DAILY", "WEEKLY"):
        stride = step * DAYS[freq]
        return start + timedelta(days=max((after - start).days // stride - 1, 0) * stride)
    if (start.month, start.day) == (2, 29):
        return start  # other years have no such day to begin on
    stride = step if freq == "YEARLY" else lcm(step, 12) // 12
    return start.replace(year=start.year + max((after.year - start.year) // stride - 1, 0) * stride)


def has_dates(text: str, start: datetime, zone: str, work: Work) -> bool:
    """Whether it gives any; True, too, where that is not known. Raises ValueError for what is no rule."""
    try:
        return is_too_often(text) or any(True for _one in dates(text, start, zone, start, start + NEVER, work))
    except (Endless, OverflowError):
        return True


def last_date(text: str, start: datetime, zone: str, work: Work) -> datetime | None:
    """It does not happen later than this, on the clock of `zone`; None for a rule without an end, or if it is not known."""
    parts = _parts(_on_the_clock(text, zone))
    if until := parts.get("UNTIL"):
        found = datetime.strptime(until, MOMENT if "T" in until else "%Y%m%d")  # noqa: DTZ007 - on the clock of `zone`
        return max(found + timedelta(days=1), start)
    if "COUNT" not in parts or is_too_often(text):
        return None
    try:
        return max(dates(text, start, zone, start, start + LONGEST, work), default=start)
    except (Endless, OverflowError):
        return None
