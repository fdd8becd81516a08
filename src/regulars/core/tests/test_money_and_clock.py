"""Money rounds half up and never floats; days belong to a zone."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
