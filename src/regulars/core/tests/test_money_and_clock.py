"""Money rounds half up and never floats; days belong to a zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.core import clock
from regulars.core.clock import birthday_in, day_start, local_date
from regulars.core.errors import Refused
from regulars.core.money import formatted, to_decimal, to_minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1.005", "EUR", 101), ("-1.005", "EUR", -101), ("12", "JPY", 12), ("1.2345", "KWD", 1235), ("0", "EUR", 0)],
)
def test_amounts_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "", "1,50", "abc", "1e15"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        to_minor(text, "EUR")


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_there_and_back(minor: int) -> None:
    assert to_minor(to_decimal(minor, "EUR"), "EUR") == minor


def test_people_read_money_in_their_language() -> None:
    assert formatted(123450, "EUR", "de").replace("\xa0", " ") == "1.234,50 €"
    assert formatted(123450, "EUR", "en") == "€1,234.50"
    assert to_decimal(123450, "EUR") == Decimal("1234.50")


def test_days_start_where_the_zone_says_so_on_the_days_of_a_clock_change_too() -> None:
    assert day_start(date(2026, 3, 29), "Europe/Berlin") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert day_start(date(2026, 3, 30), "Europe/Berlin") == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert local_date(datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "Europe/Berlin") == date(2026, 10, 25)


def test_leap_day_birthdays_are_kept_on_the_28th_in_other_years() -> None:
    assert birthday_in(2026, 2, 29) == date(2026, 2, 28)
    assert birthday_in(2028, 2, 29) == date(2028, 2, 29)
    assert birthday_in(2100, 2, 29) == date(2100, 2, 28)


@given(
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
    st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1)),
    st.integers(1, 400),
)
def test_offsets_give_the_local_time_of_every_moment(zone: str, start: datetime, days: int) -> None:
    begin = start.replace(microsecond=0, tzinfo=UTC)
    end = begin + timedelta(days=days)
    found = clock.offsets(begin, end, zone)

    edges = [begin, *(until for until, _ in found)]
    assert (edges[-1], edges) == (end, sorted(set(edges)))
    for (until, seconds), since in zip(found, edges, strict=False):
        for moment in (since, since + (until - since) / 2, until - timedelta(seconds=1)):
            local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            assert moment.replace(tzinfo=None) + timedelta(seconds=seconds) == local
