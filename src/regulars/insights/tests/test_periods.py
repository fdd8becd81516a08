"""Arithmetic of the calendar, and of ranks."""

import itertools
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.insights.figures import wilson
from regulars.insights.periods import Period, add_months, month_of
from regulars.insights.statistics.survival import kaplan_meier
from regulars.insights.summary import RATED

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def test_the_period_before_knows_the_calendar() -> None:
    assert Period(date(2026, 3, 1), date(2026, 4, 1)).previous() == Period(date(2026, 2, 1), date(2026, 3, 1))
    assert Period(date(2026, 1, 1), date(2027, 1, 1)).previous() == Period(date(2025, 1, 1), date(2026, 1, 1))
    assert Period(date(2026, 4, 1), date(2026, 7, 1)).previous() == Period(date(2026, 1, 1), date(2026, 4, 1))
    assert Period(date(2024, 2, 1), date(2024, 3, 1)).previous() == Period(date(2024, 1, 1), date(2024, 2, 1))
    assert Period(date(2026, 3, 2), date(2026, 3, 9)).previous() == Period(date(2026, 2, 23), date(2026, 3, 2))
    assert Period(date(2026, 3, 31), date(2026, 5, 31)).previous().end == date(2026, 3, 31)


@given(DAYS, st.integers(1, 800))
def test_the_period_before_ends_where_this_one_starts(start: date, days: int) -> None:
    period = Period(start, start + timedelta(days=days))

    before = period.previous()

    assert before.end == period.start
    assert abs(before.days - period.days) <= 3 + days // 300
    if before.days != period.days:
        assert period.start.day == period.end.day == before.start.day


@given(DAYS, st.integers(1, 800))
def test_months_cover_the_period_without_gap_or_overlap(start: date, days: int) -> None:
    period = Period(start, start + timedelta(days=days))

    pieces = period.by_month()

    assert (pieces[0].start, pieces[-1].end) == (period.start, period.end)
    assert all(one.end == other.start for one, other in itertools.pairwise(pieces))
    assert all(month_of(piece.start) == month_of(piece.end - timedelta(days=1)) for piece in pieces)


@given(DAYS, st.integers(-600, 600))
def test_months_are_added_to_months(day: date, months: int) -> None:
    later = add_months(day, months)

    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (
        later.day < day.day and add_months(later.replace(day=1), 1) - later == timedelta(days=1)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9), st.integers(0, 50)), min_size=1, max_size=60))
def test_ranks_are_those_of_the_definition(rows: list[tuple[int, int, int]]) -> None:
    import duckdb

    last, orders, value = (list(column) for column in zip(*rows, strict=True))
    histories = pa.table({"customer_id": range(len(rows)), "last_day": last, "orders": orders, "value": value})
    with duckdb.connect() as engine:
        engine.register("histories", histories)
        rated = RATED.format(summary="SELECT * FROM histories")
        found = engine.sql(f"{rated} ORDER BY customer_id").to_arrow_table()

    n = len(rows)
    for name, column in (("r", last), ("f", orders), ("m", value)):
        expected = [1 + 5 * sum(other < mine for other in column) // n for mine in column]
        assert found[name].to_pylist() == expected


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)

    assert [round(end, 4) for end in found] == [low, high]


def test_kaplan_meier_on_the_leukaemia_trial() -> None:
    """6-MP arm of Freireich et al. (1963), as in every textbook: median 23 weeks, S(10) = 0.753, S(23) = 0.448."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    found = kaplan_meier(ended + censored, [True] * 9 + [False] * 12)

    at = dict(zip(found.times.tolist(), np.round(found.survival, 3).tolist(), strict=True))
    assert (at[6], at[10], at[23]) == (0.857, 0.753, 0.448)
    assert found.median == 23
    assert found.median_interval is not None
    assert found.median_interval[0] == 13
    assert round(found.restricted_mean, 1) == 23.3
    assert (found.n, found.ended) == (21, 9)
