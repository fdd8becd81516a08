"""Rules by which entries repeat: the same dates as walked from their beginning, and an end to every hostile one."""

import time
from datetime import datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.journeys.calendar import rules

ZONE = "Europe/Berlin"
HOSTILE = (
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=WEEKLY;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
    "FREQ=DAILY;INTERVAL=0;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;COUNT=999999999",
    "FREQ=SECONDLY",
    "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MINUTELY;COUNT=999999999",
    "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
)


BY = (
    "", ";BYDAY=MO,FR", ";BYMONTHDAY=1,15", ";BYDAY=-1SU", ";BYMONTH=3,11;BYMONTHDAY=29", ";BYDAY=SA;WKST=SU",
    ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ";COUNT=400",
)  # fmt: skip


def walked(text: str, start: datetime, after: datetime, before: datetime) -> list[datetime]:
    """By the library alone."""
    return [one for one in takewhile(lambda one: one <= before, rrulestr(text, dtstart=start)) if one >= after]


@settings(max_examples=200, deadline=None)
@given(
    freq=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 9),
    by=st.sampled_from(BY),
    start=st.datetimes(datetime(1900, 1, 1), datetime(2025, 1, 1)),
)  # fmt: skip
def test_the_short_way_gives_the_same_dates(freq: str, interval: int, by: str, start: datetime) -> None:
    if by == ";BYDAY=-1SU" and freq in ("DAILY", "WEEKLY"):
        by = ""
    start = start.replace(microsecond=0)
    text = f"FREQ={freq};INTERVAL={interval}{by}"
    after, before = datetime(2026, 4, 1), datetime(2026, 7, 1)
    found = list(rules.dates(text, start, ZONE, after, before, rules.Work()))
    assert found == walked(text, start, after, before)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("year", [2, 2020])
def test_a_hostile_rule_costs_little(text: str, year: int) -> None:
    start, began = datetime(year, 1, 1, 9), time.process_time()
    for month in (5, 6, 7):
        work = rules.Work()
        try:
            for number, _one in enumerate(
                rules.dates(text, start, ZONE, datetime(2026, month, 1), datetime(2026, month + 1, 1), work), start=1
            ):
                assert number <= 32
        except rules.Endless:
            assert year == 2  # what counts its dates from so far back is given up, and says so
        rules.has_dates(text, start, ZONE, work)
        rules.last_date(text, start, ZONE, work)
    assert time.process_time() - began < 1.5


def test_what_matches_no_day_is_known_and_rare_days_are_not_mistaken_for_it() -> None:
    start = datetime(2026, 3, 1)
    assert not rules.has_dates("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", start, ZONE, rules.Work())
    assert rules.has_dates("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", start, ZONE, rules.Work())


def test_the_work_of_many_rules_is_bounded_together() -> None:
    work, began, given_up = rules.Work(), time.process_time(), 0
    begins = datetime(1975, 1, 1)
    for _n in range(1000):
        try:
            list(rules.dates("FREQ=DAILY;COUNT=19000", begins, ZONE, datetime(2026, 5, 1), datetime(2026, 6, 1), work))
        except rules.Endless:
            given_up += 1
    assert given_up > 900
    assert time.process_time() - began < 3


def test_the_end_of_a_rule() -> None:
    start = datetime(2026, 5, 1, 9)
    assert rules.last_date("FREQ=WEEKLY", start, ZONE, rules.Work()) is None
    assert rules.last_date("FREQ=WEEKLY;COUNT=3", start, ZONE, rules.Work()) == start + timedelta(days=14)
    ends = rules.last_date("FREQ=WEEKLY;UNTIL=20260601T070000Z", start, ZONE, rules.Work())
    assert ends == datetime(2026, 6, 2, 9)
