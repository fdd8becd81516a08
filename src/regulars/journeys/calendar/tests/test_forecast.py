"""Numbers by day: what was sent, what running journeys will about send, and for how many was announced."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from regulars.core import clock
from regulars.decide.contact_policy.models import Contact, ContactRequest
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import Segment
from regulars.journeys.calendar import actions, sweeps
from regulars.journeys.calendar.forecast import about, expected, forecasts
from regulars.journeys.calendar.models import MeasureDay
from regulars.journeys.models import Enrolment, Journey

from .test_pages import HOME, entry, row

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 6, 10)  # a Wednesday


@pytest.fixture
def measure(shop: Any, now: datetime) -> Measure:
    """A journey that has been running for 40 days."""
    made: Measure = goals.create_measure(shop, "thanks", "Thank-you", "hold", "customer_retention_rate", now=now)
    goals.start_measure(made, now - timedelta(days=40))
    made.refresh_from_db()
    return made


def contact(shop: Any, customer: Any, measure: Measure, at: datetime, key: str) -> None:
    request = ContactRequest._base_manager.create(
        shop=shop, customer=customer, measure=measure, channel="email", purpose="marketing", earliest=at, latest=at,
        status="used", key=key, created_at=at,
    )  # fmt: skip
    Contact._base_manager.create(
        shop=shop, customer=customer, measure=measure, request=request, channel="email", purpose="marketing", at=at
    )


def mondays(shop: Any, customer: Any, measure: Measure, each: int = 5) -> None:
    """So many contacts on each of the six Mondays before."""
    for week in range(1, 7):
        day = datetime(2026, 6, 8, 23, 30, tzinfo=BERLIN) - timedelta(days=7 * (week - 1))
        for number in range(each):
            contact(shop, customer, measure, day, f"{week}-{number}")


def test_a_mean_by_weekday_and_who_waits_already() -> None:
    since, sent = TODAY - timedelta(days=29), {TODAY - timedelta(days=number): 3 for number in range(1, 29)}
    days = [TODAY + timedelta(days=number) for number in range(3)]
    assert expected(since, TODAY, sent, {days[1]: 50}, days) == {days[0]: 3, days[1]: 50, days[2]: 3}
    # too short, or too little, says nothing; who waits is known all the same
    assert expected(TODAY - timedelta(days=10), TODAY, sent, {}, days) == {}
    assert expected(since, TODAY, {TODAY - timedelta(days=2): 5}, {days[2]: 2}, days) == {days[2]: 2}
    assert [about(number) for number in (0, 7, 123, 4567)] == [0, 7, 120, 4600]


def test_days_are_counted_on_the_clock_of_the_shop_and_the_same_weekday_is_foretold(
    shop: Any, now: datetime, rosa: Any, measure: Measure, sign_in: Callable[..., Client]
) -> None:
    mondays(shop, rosa, measure)
    assert actions.count_days(shop, now) > 0
    counted = dict(MeasureDay._base_manager.exclude(sent=None).exclude(sent=0).values_list("day", "sent"))
    assert counted == {date(2026, 6, 8) - timedelta(days=7 * week): 5 for week in range(6)}
    foretold = dict(MeasureDay._base_manager.filter(expected__gt=0).values_list("day", "expected"))
    assert foretold == {date(2026, 6, 15) + timedelta(days=7 * week): 5 for week in range(6)}
    # twice is once
    assert actions.count_days(shop, now) == 0
    # all three views show it, and the past has none
    with clock.pretending(now):
        client = sign_in()
        for view in ("month", "week", "list"):
            shown = client.get(HOME, {"view": view, "day": "2026-06-15"}).content.decode()
            assert "about 5" in shown or "Thank-you</a>: 5" in shown, view
        assert "about 5" not in client.get(HOME, {"view": "week", "day": "2026-06-08"}).content.decode()
    # what comes in later is counted, what has stopped is foretold no more
    contact(shop, rosa, measure, now - timedelta(hours=1), "today")
    goals.stop_measure(measure, now)
    assert actions.count_days(shop, now + timedelta(minutes=5)) == 7
    assert MeasureDay._base_manager.get(day=TODAY).sent == 1
    assert not forecasts(shop, TODAY, TODAY + timedelta(days=60), TODAY)


def test_who_stands_before_a_message_is_foretold(shop: Any, now: datetime, rosa: Any, measure: Measure) -> None:
    definition = {
        "purpose": "marketing", "ends_when": None, "trigger": {"kind": "event", "params": {}},
        "steps": [{"key": "hello", "kind": "send", "params": {}}, {"key": "ends", "kind": "exit", "params": {}}],
    }  # fmt: skip
    journey = Journey._base_manager.create(shop=shop, measure=measure, definition=definition, published_at=now)
    for number, (step, arm) in enumerate((("hello", "treated"), ("hello", "holdout"), ("ends", "treated"))):
        Enrolment._base_manager.create(
            shop=shop, journey=journey, customer=rosa, entry_key=str(number), arm=arm, step=step, step_at=now,
            entered_at=now, due_at=now + timedelta(days=2),
        )  # fmt: skip
    actions.count_days(shop, now)
    assert list(MeasureDay._base_manager.values_list("day", "expected")) == [(TODAY + timedelta(days=2), 1)]


def test_planned_against_sent(
    shop: Any, now: datetime, rosa: Any, measure: Measure, sign_in: Callable[..., Client]
) -> None:
    segment = Segment._base_manager.create(
        shop=shop, key="all", name="All", rule={"all": []}, size=1200, created_at=now, updated_at=now
    )
    begins = now + timedelta(days=6)
    entry(
        shop, now, begins_at=begins, ends_at=begins, announced_at=now - timedelta(hours=3), segment=segment,
        measure=measure,
    )  # fmt: skip
    for number in range(3):
        contact(shop, rosa, measure, now - timedelta(hours=2), str(number))
    contact(shop, rosa, measure, now - timedelta(days=4), "before")
    sweeps.keep_days(shop, now)
    # how many it was for stays, however the segment grows
    Segment._base_manager.update(size=5000)
    sweeps.keep_days(shop, now + timedelta(hours=1))
    assert row().planned_for == 1200
    with clock.pretending(now + timedelta(hours=1)):
        for view in ("month", "list"):
            shown = sign_in().get(HOME, {"view": view, "day": "2026-06-10"}).content.decode()
            assert "3 sent of 1,200 planned" in shown, view


def test_queries_do_not_grow_with_customers_or_measures(shop: Any, now: datetime, rosa: Any, measure: Measure) -> None:
    mondays(shop, rosa, measure, each=2)
    actions.count_days(shop, now)
    counts = []
    for more in range(2):
        for number in range(more * 5):
            made = goals.create_measure(shop, f"m{number}", f"M {number}", "hold", "customer_retention_rate", now=now)
            goals.start_measure(made, now - timedelta(days=40))
            for n in range(3):
                contact(shop, rosa, made, now - timedelta(hours=2), f"m{number}-{n}")
        contact(shop, rosa, measure, now - timedelta(hours=1), f"more-{more}")
        with CaptureQueriesContext(connection) as queries:
            actions.count_days(shop, now)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 1  # new rows are written by one statement, changed ones by another
