"""Triggers: each takes in whom it should, once, and nobody for history; the calendar is the customer's own."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.segments import actions as segments
from regulars.decide.segments import profiles
from regulars.decide.segments.models import CustomerProfile, Segment
from regulars.journeys import actions
from regulars.journeys.models import Enrolment, Intake, Journey
from regulars.know.timeline.models import EventDue
from regulars.know.timeline.sweeps import react

from .handmade import happens, journey_of, keys, run, step

pytestmark = pytest.mark.postgres

PLACED = {"kind": "event", "type": "order.placed"}


def test_every_purchase_is_an_entry_and_a_replay_is_none(shop: Shop, rosa: Any, now: datetime) -> None:
    # given a journey for orders of 50 € and more
    where = {"data": "value", "op": "at_least", "value": 5000}
    journey_of(shop, now, step("pause", "wait", days=9), step("end", "exit"), trigger={**PLACED, "where": where})
    # when Rosa orders twice at once, once for too little, and one order is told again
    assert happens(shop, now, "order.placed", rosa, "o1", value=5000) == 1
    assert happens(shop, now, "order.placed", rosa, "o2", value=9000) == 1
    assert happens(shop, now, "order.placed", rosa, "o3", value=4999) == 1
    run(shop, now)
    assert happens(shop, now, "order.placed", rosa, "o1", value=5000) == 0
    run(shop, now)
    # then she is in twice, side by side
    assert len(keys(rosa)) == len(set(keys(rosa))) == 2
    assert EventDue._base_manager.count() == 0


def test_history_and_other_events_start_nothing(shop: Shop, rosa: Any, now: datetime) -> None:
    journey_of(shop, now, trigger=PLACED)
    happens(shop, now, "order.placed", rosa, "old", is_history=True, at=now - timedelta(days=400))
    happens(shop, now, "order.cancelled", rosa, "c")
    assert not EventDue._base_manager.filter(listener="journeys.events").exists()
    run(shop, now)
    assert keys(rosa) == []


def test_nobody_listens_to_what_no_running_journey_asks(shop: Shop, rosa: Any, now: datetime) -> None:
    journey = journey_of(shop, now, trigger={"kind": "event", "type": "refund.paid"})
    actions.stop(journey.measure, now)
    happens(shop, now, "refund.paid", rosa, "r")
    assert not EventDue._base_manager.filter(listener="journeys.events").exists()


def test_an_event_asks_the_profile_too(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    profiles.refresh(shop, now)
    CustomerProfile._base_manager.filter(customer=rosa).update(orders=5)
    rule = {"field": "orders", "op": "at_least", "value": 3}
    journey_of(shop, now, trigger={**PLACED, "profile": rule}, reentry={"rule": "once"})
    happens(shop, now, "order.placed", rosa, "o1")
    happens(shop, now, "order.placed", nico, "o2")
    # the listener of journeys, before profiles are computed anew
    due = EventDue._base_manager.exclude(listener="journeys.events")
    due.delete()
    run(shop, now)
    happens(shop, now, "order.placed", rosa, "o3")
    due.delete()
    run(shop, now)
    assert (len(keys(rosa)), keys(nico)) == (1, [])


def test_yearly_lets_in_once_a_calendar_year(shop: Shop, rosa: Any, now: datetime) -> None:
    journey_of(shop, now, trigger=PLACED, reentry={"rule": "yearly"})
    for number, at in enumerate((now, now + timedelta(days=30), datetime(2026, 12, 31, 23, 30, tzinfo=UTC))):
        happens(shop, at, "order.placed", rosa, f"o{number}")
        run(shop, at)
    # half past midnight in Berlin: it is 2027
    assert keys(rosa) == ["year:2026", "year:2027"]


def test_entering_and_leaving_a_segment(shop: Shop, rosa: Any, now: datetime) -> None:
    profiles.refresh(shop, now)
    segment = segments.create_segment(
        shop, "Viel", {"field": "orders", "op": "at_least", "value": 3}, now=now, key="viel"
    )
    with scope(shop=shop):
        segments.keep_members(segment, now)
        journey_of(shop, now, trigger={"kind": "segment_left", "segment": "viel"})
        journey_of(shop, now, key="entered", trigger={"kind": "segment_entered", "segment": "viel"})
        CustomerProfile._base_manager.filter(customer=rosa).update(orders=3)
        segments.keep_members(segment, now + timedelta(hours=1))
        run(shop, now + timedelta(hours=1))
        assert [key.split(":")[0] for key in keys(rosa)] == ["segment"]
        CustomerProfile._base_manager.filter(customer=rosa).update(orders=2)
        segments.keep_members(segment, now + timedelta(hours=2))
        run(shop, now + timedelta(hours=2))
        assert [key.split(":")[0] for key in keys(rosa)] == ["segment", "left"]


BIRTHDAY = {"kind": "customer_date", "date": "birthday", "hour": 9}


def test_days_before_a_birthday_over_new_year_and_leap_day(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    # given birthdays on 3 January, 29 February and 1 March, and a journey seven days before
    jan = make_customer("Jan", birthday_day=3, birthday_month=1)
    leap = make_customer("Leap", birthday_day=29, birthday_month=2)
    mai = make_customer("Mai", birthday_day=1, birthday_month=3)
    journey_of(shop, now, trigger={**BIRTHDAY, "before_days": 7}, reentry={"rule": "yearly"})
    entered: dict[str, list[str]] = {}
    day = datetime(2026, 12, 20, 12, tzinfo=UTC)
    while day < datetime(2028, 3, 10, tzinfo=UTC):
        if day.month in (12, 1, 2, 3):
            run(shop, day)
            for one in (jan, leap, mai):
                for key in keys(one)[len(entered.get(one.first_name, [])) :]:
                    entered.setdefault(one.first_name, []).append(f"{day:%Y-%m-%d} {key}")
        day += timedelta(days=1)
    # then never a day early: 2027 keeps the leap day on 28 February, 2028 has it
    assert entered == {
        "Jan": ["2026-12-27 birthday:2027", "2027-12-27 birthday:2028"],
        "Leap": ["2027-02-21 birthday:2027", "2028-02-22 birthday:2028"],
        "Mai": ["2027-02-22 birthday:2027", "2028-02-23 birthday:2028"],
    }


def test_anniversaries_of_the_first_order(shop: Shop, rosa: Any, lena: Any, nico: Any, now: datetime) -> None:
    # given first orders late in the evening in Berlin, on a leap day, and this year
    profiles.refresh(shop, now)
    for who, first in (
        (rosa, datetime(2024, 6, 11, 22, 30, tzinfo=UTC)),  # 12 June in Berlin
        (lena, datetime(2024, 2, 29, 12, tzinfo=UTC)),
        (nico, datetime(2026, 6, 12, 12, tzinfo=UTC)),
    ):
        CustomerProfile._base_manager.filter(customer=who).update(first_order_at=first)
    trigger = {"kind": "customer_date", "date": "first_order_at", "yearly": True, "hour": 9}
    journey_of(shop, now, trigger=trigger, reentry={"rule": "yearly"})
    run(shop, datetime(2026, 6, 11, 12, tzinfo=UTC))
    assert keys(rosa) == []
    run(shop, datetime(2026, 6, 12, 6, 59, tzinfo=UTC))
    assert keys(rosa) == []
    run(shop, datetime(2026, 6, 12, 7, 0, tzinfo=UTC))
    run(shop, datetime(2026, 6, 12, 8, 0, tzinfo=UTC))
    assert (keys(rosa), keys(nico)) == (["first_order_at:2026"], [])
    run(shop, datetime(2027, 2, 28, 12, tzinfo=UTC))
    run(shop, datetime(2027, 3, 1, 12, tzinfo=UTC))
    run(shop, datetime(2028, 2, 28, 12, tzinfo=UTC))
    run(shop, datetime(2028, 2, 29, 12, tzinfo=UTC))
    assert keys(lena) == ["first_order_at:2027", "first_order_at:2028"]


def test_days_after_the_last_order_on_the_customers_own_day(
    shop: Shop, rosa: Any, make_customer: Callable[..., Any], now: datetime
) -> None:
    kim = make_customer("Kim", timezone="Pacific/Auckland")
    profiles.refresh(shop, now)
    # 13 June, 01:00 in Auckland; 12 June in Berlin
    ordered = datetime(2026, 6, 12, 13, 0, tzinfo=UTC)
    CustomerProfile._base_manager.filter(customer__in=[rosa, kim]).update(last_order_at=ordered)
    journey_of(shop, now, trigger={"kind": "customer_date", "date": "last_order_at", "after_days": 30, "hour": 9})
    run(shop, datetime(2026, 7, 12, 6, 59, tzinfo=UTC))  # 8:59 in Berlin, 18:59 on the 12th in Auckland
    assert (keys(rosa), keys(kim)) == ([], [])
    run(shop, datetime(2026, 7, 12, 7, 0, tzinfo=UTC))
    assert (keys(rosa), keys(kim)) == (["last_order_at:2026-06-12"], [])
    run(shop, datetime(2026, 7, 12, 21, 0, tzinfo=UTC))
    assert keys(kim) == ["last_order_at:2026-06-13"]


def members(shop: Shop, now: datetime, *customers: Any) -> Segment:
    profiles.refresh(shop, now)
    CustomerProfile._base_manager.filter(customer__in=customers).update(orders=7)
    segment = segments.create_segment(
        shop, "Sieben", {"field": "orders", "op": "is", "value": 7}, now=now, key="sieben"
    )
    with scope(shop=shop):
        segments.keep_members(segment, now)
    return segment


def test_every_month_on_its_last_day_at_the_customers_hour(
    shop: Shop, rosa: Any, nico: Any, make_customer: Callable[..., Any], now: datetime
) -> None:
    # given Rosa in Berlin and Nora in New York in the segment, Nico not
    nora = make_customer("Nora", timezone="America/New_York")
    members(shop, now, rosa, nora)
    trigger = {"kind": "schedule", "segment": "sieben", "every": "month", "day": 31, "hour": 10}
    journey_of(shop, now, trigger=trigger)
    run(shop, datetime(2026, 6, 30, 7, 59, tzinfo=UTC))
    assert keys(rosa) == []
    run(shop, datetime(2026, 6, 30, 8, 0, tzinfo=UTC))
    run(shop, datetime(2026, 6, 30, 9, 0, tzinfo=UTC))
    assert (keys(rosa), keys(nora)) == (["day:2026-06-30"], [])
    run(shop, datetime(2026, 6, 30, 14, 0, tzinfo=UTC))
    assert keys(nora) == ["day:2026-06-30"]
    run(shop, datetime(2026, 7, 30, 14, 0, tzinfo=UTC))
    run(shop, datetime(2026, 7, 31, 14, 0, tzinfo=UTC))
    assert keys(rosa) == ["day:2026-06-30", "day:2026-07-31"]
    assert keys(nico) == []


def test_weeks_go_on_through_both_clock_changes_and_a_new_version_repeats_nothing(
    shop: Shop, rosa: Any, now: datetime
) -> None:
    members(shop, now, rosa)
    trigger = {"kind": "schedule", "segment": "sieben", "every": "week", "weekdays": [7], "hour": 2}
    first = journey_of(shop, now, trigger=trigger)
    # 25 October 2026: at 3:00 the clock goes back to 2:00; the first two o'clock counts, and only once
    run(shop, datetime(2026, 10, 24, 23, 59, tzinfo=UTC))
    run(shop, datetime(2026, 10, 25, 0, 0, tzinfo=UTC))
    run(shop, datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
    assert keys(rosa) == ["day:2026-10-25"]
    # a new version on the same Sunday does not take the same day again
    second = journey_of(shop, datetime(2026, 10, 25, 9, 0, tzinfo=UTC), step("later", "wait", days=1), trigger=trigger)
    assert (second.measure_id, second.version) == (first.measure_id, 2)
    run(shop, datetime(2026, 10, 25, 10, 0, tzinfo=UTC))
    assert keys(rosa) == ["day:2026-10-25"]
    # 28 March 2027: there is no 2:00; it is done at 3:00 summer time, which is 1:00 UTC
    run(shop, datetime(2027, 3, 28, 0, 59, tzinfo=UTC))
    assert keys(rosa) == ["day:2026-10-25"]
    run(shop, datetime(2027, 3, 28, 1, 0, tzinfo=UTC))
    assert keys(rosa) == ["day:2026-10-25", "day:2027-03-28"]


def test_what_was_due_before_the_start_is_not_made_up_for(shop: Shop, rosa: Any, now: datetime) -> None:
    members(shop, now, rosa)
    trigger = {"kind": "schedule", "segment": "sieben", "every": "day", "hour": 8}  # now it is 10:00 in Berlin
    journey_of(shop, now, trigger=trigger)
    run(shop, now + timedelta(hours=1))
    assert keys(rosa) == []
    run(shop, now + timedelta(days=1))
    assert len(keys(rosa)) == 1


def test_back_in_stock_concerns_those_who_wished_for_it(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    trigger = {"kind": "stock_back", "interest": ["viewed", "wished"], "within_days": 30}
    journey = journey_of(shop, now, trigger=trigger)
    happens(shop, now - timedelta(days=2), "product.wished", rosa, "w1", product="LP-1")
    happens(shop, now - timedelta(days=2), "product.wished", nico, "w2", product="LP-1")
    happens(shop, now - timedelta(days=1), "product.unwished", nico, "w3", product="LP-1")
    happens(shop, now - timedelta(days=40), "product.viewed", lena, "v1", product="LP-1")
    happens(shop, now - timedelta(days=1), "product.viewed", lena, "v2", product="LP-2")
    happens(shop, now, "product.restocked", None, "s1", product="LP-1", old=0, new=5)
    run(shop, now)
    run(shop, now)
    assert [len(keys(one)) for one in (rosa, nico, lena)] == [1, 0, 0]
    assert Intake._base_manager.get(journey=journey).status == "done"


def test_a_price_must_fall_far_enough(shop: Shop, rosa: Any, now: datetime) -> None:
    happens(shop, now - timedelta(days=2), "product.viewed", rosa, "v1", product="LP-1")
    journey_of(shop, now, trigger={"kind": "price_drop", "interest": ["viewed"], "minimum_drop": 0.2})
    happens(shop, now, "product.price_dropped", None, "p1", product="LP-1", old=2000, new=1700)
    run(shop, now)
    assert keys(rosa) == []
    happens(shop, now, "product.price_dropped", None, "p2", product="LP-1", old=2000, new=1600)
    run(shop, now)
    assert len(keys(rosa)) == 1


def test_an_occasion_goes_page_by_page_and_a_stop_ends_it(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    people = [make_customer(f"N{n}") for n in range(25)]
    members(shop, now, *people)
    trigger = {"kind": "schedule", "segment": "sieben", "every": "once", "on": "2026-06-11", "hour": 10}
    journey = journey_of(shop, now, trigger=trigger)
    day = datetime(2026, 6, 11, 8, 0, tzinfo=UTC)
    with scope(shop=shop):
        actions.write_occasions(journey, list(_due(journey, day)), day)
        assert actions.take_in_page(shop, day, limit=10) == 10
        # a new version of the same trigger takes the rest in
        newer = journey_of(shop, day, step("end", "exit", reason="v2"), trigger=trigger)
        assert actions.take_in_page(shop, day, limit=10) == 10
        assert Enrolment._base_manager.filter(journey=newer).count() == 10
        actions.stop(newer.measure, day)
        assert actions.take_in_page(shop, day, limit=10) == 1
        assert actions.take_in_page(shop, day, limit=10) == 0
    assert Enrolment._base_manager.count() == 20
    assert Intake._base_manager.get().status == "cancelled"


def _due(journey: Journey, at: datetime) -> list[Any]:
    from regulars.journeys.kinds import trigger_kinds

    return trigger_kinds()["schedule"].due_occasions(journey, at)


def test_queries_do_not_grow_with_the_events(shop: Shop, make_customer: Callable[..., Any], now: datetime) -> None:
    profiles.refresh(shop, now)
    rule = {"field": "orders", "op": "at_least", "value": 0}
    journey_of(shop, now, step("pause", "wait", days=9), trigger={**PLACED, "profile": rule})
    counts = []
    for number, size in enumerate((3, 80)):
        people = [make_customer(f"E{number}x{n}") for n in range(size)]
        profiles.refresh(shop, now)
        for one in people:
            happens(shop, now, "order.placed", one, f"{number}:{one.pk}")
        EventDue._base_manager.exclude(listener="journeys.events").delete()
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            assert react(shop, now) == size
        counts.append(len(queries))
        assert Enrolment._base_manager.filter(customer__in=people).count() == size
    assert counts[0] == counts[1]


def test_a_program_names_customers(shop: Shop, rosa: Any, otto: Any, now: datetime) -> None:
    journey_of(shop, now, step("pause", "wait", days=9))
    numbers = [rosa.number, "nobody", otto.number, rosa.number]
    enrolled, unknown = actions.enrol_called(shop, "made", numbers, "call-1", now)
    assert (enrolled.treated, enrolled.refused, unknown) == (1, 1, ["nobody"])
    again, _unknown = actions.enrol_called(shop, "made", numbers, "call-1", now)
    assert (again.treated, again.passed_over) == (0, 2)
