"""Quiet hours and public holidays on the customer's clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.decide.contact_policy.quiet import Clock, is_quiet, next_welcome, quiet_again

BERLIN = Clock("Europe/Berlin", "DE", time(20), time(8))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("clock", "moment", "expected"),
    [
        (BERLIN, utc(2026, 6, 10, 8), utc(2026, 6, 10, 8)),
        (BERLIN, utc(2026, 6, 10, 18), utc(2026, 6, 11, 6)),  # 20:00 is quiet already
        (BERLIN, utc(2026, 6, 11, 5, 59), utc(2026, 6, 11, 6)),  # 07:59, the same day
        (BERLIN, utc(2026, 3, 28, 20), utc(2026, 3, 29, 6)),  # the night is an hour shorter
        (BERLIN, utc(2026, 10, 24, 20), utc(2026, 10, 25, 7)),  # the night is an hour longer
        (BERLIN, utc(2026, 12, 24, 20), utc(2026, 12, 27, 7)),  # over both days of Christmas
        (BERLIN, utc(2026, 5, 1, 10), utc(2026, 5, 2, 6)),  # 1 May, a Friday
        (BERLIN, utc(2028, 2, 28, 20), utc(2028, 2, 29, 7)),  # leap day
        (Clock("Europe/Berlin", "", time(20), time(8)), utc(2026, 5, 1, 10), utc(2026, 5, 1, 10)),
        (Clock("Europe/Berlin", "ZZ", time(20), time(8)), utc(2026, 5, 1, 10), utc(2026, 5, 1, 10)),
        (Clock("Pacific/Kiritimati", "", time(20), time(8)), utc(2026, 6, 10, 8), utc(2026, 6, 10, 18)),  # UTC+14
        (Clock("Pacific/Pago_Pago", "", time(20), time(8)), utc(2026, 6, 10, 8), utc(2026, 6, 10, 19)),  # UTC−11
        (Clock("Asia/Kolkata", "", time(20), time(8)), utc(2026, 6, 10, 15), utc(2026, 6, 11, 2, 30)),
        (Clock("Europe/Berlin", "", time(12), time(14)), utc(2026, 6, 10, 10, 30), utc(2026, 6, 10, 12)),
        (Clock("Europe/Berlin", "", time(0), time(0)), utc(2026, 6, 10, 1), utc(2026, 6, 10, 1)),
        # 02:30 does not exist on that day: the first instant after the gap, moved by its length
        (Clock("Europe/Berlin", "", time(22), time(2, 30)), utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30)),
        # 02:30 exists twice: at 02:10 for the second time the first 02:30 is past
        (Clock("Europe/Berlin", "", time(22), time(2, 30)), utc(2026, 10, 25, 1, 10), utc(2026, 10, 25, 1, 30)),
    ],
)
def test_the_next_welcome_moment(clock: Clock, moment: datetime, expected: datetime) -> None:
    assert next_welcome(moment, clock) == expected


def test_a_shop_that_is_always_quiet_finds_no_moment() -> None:
    assert next_welcome(utc(2026, 6, 10), Clock("Europe/Berlin", "", time(0), time.max)) is not None
    assert next_welcome(utc(2026, 6, 10, 8), BERLIN) is not None


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"]),
    country=st.sampled_from(["DE", "US", "", "JP"]),
    quiet_from=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    quiet_until=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_the_moment_found_is_never_quiet_and_never_earlier(
    moment: datetime, zone: str, country: str, quiet_from: time, quiet_until: time
) -> None:
    clock = Clock(zone, country, quiet_from, quiet_until)
    at = next_welcome(moment, clock)
    assert at is not None
    assert at >= moment
    assert not is_quiet(at, clock)
    if not is_quiet(moment, clock):
        assert at == moment
    end = quiet_again(at, clock)
    if end is not None:
        assert end > at
        assert not is_quiet(end - timedelta(seconds=1), clock) or _near_clock_change(end, zone)


def _near_clock_change(moment: datetime, zone: str) -> bool:
    day = timedelta(days=1)
    there = ZoneInfo(zone)
    return (moment - day).astimezone(there).utcoffset() != (moment + day).astimezone(there).utcoffset()
