"""Values as people read them, in both languages."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from regulars.web import written

NBSP = "\xa0"
CHRISTMAS = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(("language", "text"), [("de", f"1.234,50{NBSP}€"), ("en", "€1,234.50")])
def test_money_is_written_from_minor_units(language: str, text: str) -> None:
    with translation.override(language):
        assert written.money(123_450, "EUR") == text


def test_money_of_a_currency_without_minor_units() -> None:
    with translation.override("en"):
        assert written.money(1_500, "JPY") == "JP¥1,500"


@pytest.mark.parametrize(
    ("language", "share", "digits", "text"),
    [("de", 0.1234, 1, f"12,3{NBSP}%"), ("en", 0.1234, 1, "12.3%"), ("de", 0.5, 0, f"50{NBSP}%"), ("en", 1, 0, "100%")],
)
def test_a_share_is_written_as_percent(language: str, share: float, digits: int, text: str) -> None:
    with translation.override(language):
        assert written.percent(share, digits) == text


def test_what_is_missing_is_a_dash_everywhere() -> None:
    assert {
        written.money(None, "EUR"),
        written.number(None),
        written.compact(None),
        written.percent(None),
        written.day(None),
        written.month(None),
        written.moment(None),
        written.ago(None, CHRISTMAS),
    } == {"–"}


def test_a_moment_is_told_in_the_zone_of_the_shop() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")), translation.override("de"):
        assert written.day(CHRISTMAS) == "25.12.2026"
        assert written.moment(CHRISTMAS) == "25.12.2026, 00:30"
    with timezone.override(ZoneInfo("Europe/London")), translation.override("en"):
        assert written.moment(CHRISTMAS) == "24 Dec 2026, 23:30"


def test_a_calendar_day_is_not_moved_by_the_zone() -> None:
    with timezone.override(ZoneInfo("America/New_York")), translation.override("de"):
        assert written.day(date(2026, 2, 28)) == "28.02.2026"


def test_relative_time_looks_both_ways() -> None:
    with translation.override("de"):
        assert written.ago(CHRISTMAS - timedelta(days=3), CHRISTMAS) == "vor 3 Tagen"
        assert written.ago(CHRISTMAS + timedelta(hours=2), CHRISTMAS) == "in 2 Stunden"


@pytest.mark.parametrize(
    ("since", "german", "english"),
    [
        (datetime(2026, 12, 24, 23, 29, 15, tzinfo=UTC), "vor 45 Sekunden", "45 seconds ago"),
        (datetime(2026, 12, 24, 21, 31, tzinfo=UTC), "vor 1 Stunde", "1 hour ago"),
        (datetime(2026, 12, 23, 23, 31, tzinfo=UTC), "vor 23 Stunden", "23 hours ago"),
        (datetime(2026, 12, 11, 23, 0, tzinfo=UTC), "vor 13 Tagen", "13 days ago"),
        (datetime(2026, 12, 10, 23, 0, tzinfo=UTC), "vor 2 Wochen", "2 weeks ago"),
        (datetime(2026, 11, 25, 12, 0, tzinfo=UTC), "vor 4 Wochen", "4 weeks ago"),
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "vor 1 Monat", "1 month ago"),
        (datetime(2025, 6, 24, 23, 30, tzinfo=UTC), "vor 18 Monaten", "18 months ago"),
        (datetime(2025, 2, 28, 12, 0, tzinfo=UTC), "vor 21 Monaten", "21 months ago"),
        (datetime(2024, 12, 24, 23, 31, tzinfo=UTC), "vor 23 Monaten", "23 months ago"),
        (datetime(2024, 12, 24, 23, 30, tzinfo=UTC), "vor 2 Jahren", "2 years ago"),
        (datetime(2022, 1, 5, tzinfo=UTC), "vor 4 Jahren", "4 years ago"),
    ],
)
def test_a_length_of_time_is_never_rounded_up(since: datetime, german: str, english: str) -> None:
    for language, text in (("de", german), ("en", english)):
        with translation.override(language):
            assert written.ago(since, CHRISTMAS) == text


def test_a_month_that_ends_early_is_a_month_and_summer_time_is_no_hour() -> None:
    with timezone.override(ZoneInfo("Europe/Berlin")), translation.override("en"):
        end_of_january = datetime(2026, 1, 31, 12, tzinfo=ZoneInfo("Europe/Berlin"))
        assert written.ago(end_of_january, datetime(2026, 2, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))) == "1 month ago"
        before_summer_time = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
        assert written.ago(before_summer_time, datetime(2026, 3, 29, 1, 1, tzinfo=UTC)) == "2 minutes ago"
        assert written.ago(datetime(2028, 12, 25, tzinfo=UTC), CHRISTMAS) == "in 2 years"


def test_a_spark_line_spans_its_box_and_leaves_gaps_out() -> None:
    assert written.spark_points([1, None, 3, 2]) == [(0.0, 30.0), (66.67, 0.0), (100.0, 15.0)]
    assert written.spark_points([5, 5]) == [(0.0, 15.0), (100.0, 15.0)]
    assert written.spark_points([5]) == []


@pytest.mark.parametrize(
    ("value", "highest", "step"), [(0, 1, 0), (1, 1, 10), (0.04, 0.4, 1), (2, 1, 10), (None, 1, None), (0, 0, 0)]
)
def test_a_heat_step_stays_between_0_and_10(value: float | None, highest: float, step: int | None) -> None:
    assert written.heat_step(value, highest) == step


def test_a_chart_says_its_figures_as_text() -> None:
    config = {
        "x": ["Jan", "Feb"],
        "format": "money",
        "currency": "EUR",
        "series": [
            {"name": "revenue", "data": [1050, None]},
            {"name": "share", "data": [0.5, 0.25], "format": "percent"},
        ],
    }
    with translation.override("en"):
        assert written.chart_rows(config) == [("Jan", ["€10.50", "50.0%"]), ("Feb", ["–", "25.0%"])]


@pytest.mark.parametrize(
    ("roi", "text"), [(1.5, "150%"), (-0.4, "-40%"), (9.99, "999%"), (12.34, f"×{NBSP}12.3"), (759.65, f"×{NBSP}760")]
)
def test_a_large_return_is_told_as_a_factor(roi: float, text: str) -> None:
    with translation.override("en"):
        assert written.return_on_it(roi) == text
        assert written.return_on_it(None) == written.NOTHING
