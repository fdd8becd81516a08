"""Waits, branches and the random split: right at clock changes, the same at every repetition, constant in queries."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.experiments.models import Assignment
from regulars.decide.segments import profiles
from regulars.decide.segments.models import CustomerProfile
from regulars.journeys import actions
from regulars.journeys.local_time import add_days, next_hour, next_weekday
from regulars.journeys.models import Enrolment, SplitDraw, Waiting
from regulars.journeys.steps.split import way_of

from .handmade import at_step, constant_queries, enter, happens, journey_of, run, step

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*at: int) -> datetime:
    return datetime(*at, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("moment", "days", "found"),
    [
        (utc(2026, 3, 28, 9), 1, utc(2026, 3, 29, 8)),  # 10:00 to 10:00, a day of 23 hours
        (utc(2026, 10, 24, 8), 1, utc(2026, 10, 25, 9)),  # 10:00 to 10:00, a day of 25 hours
        (utc(2026, 3, 28, 1, 30), 1, utc(2026, 3, 29, 1, 30)),  # 2:30 does not exist: 3:30 summer time
        (utc(2028, 2, 28, 12), 1, utc(2028, 2, 29, 12)),  # leap day
        (utc(2027, 2, 28, 12), 1, utc(2027, 3, 1, 12)),
        (utc(2026, 10, 25, 1, 30), 0, utc(2026, 10, 25, 1, 30)),  # the second 2:30 stays what it is
    ],
)
def test_days_are_those_of_the_calendar(moment: datetime, days: int, found: datetime) -> None:
    assert add_days(moment, BERLIN, days) == found


@pytest.mark.parametrize(
    ("moment", "hour", "weekdays", "found"),
    [
        (utc(2026, 6, 10, 8), 10, (), utc(2026, 6, 10, 8)),
        (utc(2026, 6, 10, 8, 0, 1), 10, (), utc(2026, 6, 11, 8)),
        (utc(2026, 6, 10, 8), 10, (1,), utc(2026, 6, 15, 8)),  # Wednesday to Monday
        (utc(2026, 3, 28, 12), 2, (), utc(2026, 3, 29, 1)),  # 2:00 is left out: 3:00
        (utc(2026, 10, 24, 12), 2, (), utc(2026, 10, 25, 0)),  # 2:00 comes twice: the first
        (utc(2026, 10, 25, 0, 30), 2, (), utc(2026, 10, 25, 1)),  # … the second for who comes in between
        (utc(2026, 10, 25, 1, 30), 2, (), utc(2026, 10, 26, 1)),
    ],
)
def test_an_hour_of_the_clock(moment: datetime, hour: int, weekdays: tuple[int, ...], found: datetime) -> None:
    assert next_hour(moment, BERLIN, hour, weekdays) == found


ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


@given(MOMENTS, ZONES, st.integers(0, 400), st.integers(0, 23), st.sets(st.integers(1, 7)))
@settings(max_examples=300, deadline=None)
def test_no_wait_ends_early(moment: datetime, zone: ZoneInfo, days: int, hour: int, weekdays: set[int]) -> None:
    later = add_days(moment, zone, days)
    assert later >= moment
    assert (later.astimezone(zone).date() - moment.astimezone(zone).date()).days in ({days, days + 1} if days else {0})
    found = next_hour(later, zone, hour, weekdays)
    local = found.astimezone(zone)
    assert found >= later
    assert (found - later).days <= 8
    assert not weekdays or local.isoweekday() in weekdays
    assert local.hour == hour or local.hour == hour + 1  # the second only where the clock leaves the hour out
    if weekdays:
        day = next_weekday(later, zone, weekdays)
        assert later <= day <= found
        assert day.astimezone(zone).isoweekday() in weekdays


@pytest.mark.postgres
def test_waiting_until_a_weekday_in_the_customers_zone(
    shop: Shop, rosa: Any, make_customer: Callable[..., Any], now: datetime
) -> None:
    kim = make_customer("Kim", timezone="Pacific/Auckland")
    journey = journey_of(shop, now, step("pause", "wait", days=1, weekdays=[6], until_hour=9), step("end", "exit"))
    enter(journey, now, rosa, kim)
    run(shop, now)
    due = dict(Enrolment._base_manager.values_list("customer_id", "due_at"))
    assert due == {rosa.pk: utc(2026, 6, 13, 7), kim.pk: utc(2026, 6, 12, 21)}


WAIT = (
    step("pause", "wait", days=2),
    step("until", "wait_for", event="order.placed", days=3, then="came", otherwise="late"),
    step("late", "exit", reason="late"),
    step("came", "exit", reason="came"),
)


@pytest.mark.postgres
def test_an_event_that_comes_in_the_wait_ends_it_at_once(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    journey = journey_of(shop, now, *WAIT)
    enter(journey, now, rosa, nico, lena)
    run(shop, now)
    # before the wait begins nothing counts, and nobody is moved by it
    happens(shop, now + timedelta(days=1), "order.placed", nico, "early")
    run(shop, now + timedelta(days=1))
    assert at_step(nico) == ("until", "due")
    assert not Waiting._base_manager.exists()
    begins = now + timedelta(days=2)
    run(shop, begins)
    assert Waiting._base_manager.count() == 3
    # history does not count; an order in the wait does, at once; told again it does nothing
    happens(shop, begins + timedelta(hours=1), "order.placed", lena, "old", is_history=True)
    happens(shop, begins + timedelta(hours=2), "order.placed", rosa, "o1")
    run(shop, begins + timedelta(hours=2))
    assert [at_step(one)[1] for one in (rosa, nico, lena)] == ["came", "due", "due"]
    happens(shop, begins + timedelta(hours=3), "order.placed", rosa, "o1")
    # when the time is up, not a second before, the others go on
    run(shop, begins + timedelta(days=3, seconds=-1))
    assert at_step(nico)[1] == "due"
    run(shop, begins + timedelta(days=3))
    assert [at_step(one)[1] for one in (nico, lena)] == ["late", "late"]
    assert not Waiting._base_manager.exists()


@pytest.mark.postgres
def test_an_event_in_the_wait_counts_even_if_the_worker_slept(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    journey = journey_of(shop, now, *WAIT)
    enter(journey, now, rosa, nico)
    run(shop, now)
    # the wait should have begun on day 2; the order comes on day 3, one comes too late on day 6; the worker wakes on day 7
    happens(shop, now + timedelta(days=3), "order.placed", rosa, "o1")
    happens(shop, now + timedelta(days=6), "order.placed", nico, "o2")
    run(shop, now + timedelta(days=7))
    assert [at_step(one)[1] for one in (rosa, nico)] == ["came", "late"]


@pytest.mark.postgres
def test_an_event_that_was_being_written_when_the_wait_began_is_seen_soon(shop: Shop, rosa: Any, now: datetime) -> None:
    from regulars.know.timeline.models import EventDue

    journey = journey_of(shop, now, step("until", "wait_for", event="order.placed", days=3, then="came"), *WAIT[2:])
    enter(journey, now, rosa)
    run(shop, now)
    happens(shop, now, "order.placed", rosa, "o1", at=now + timedelta(seconds=1))
    EventDue._base_manager.all().delete()  # its listener ran before the wait could be seen
    run(shop, now + timedelta(minutes=1))
    assert at_step(rosa)[1] == "came"


@pytest.mark.postgres
def test_only_the_event_that_fits_ends_the_wait(shop: Shop, rosa: Any, now: datetime) -> None:
    where = {"data": "value", "op": "at_least", "value": 5000}
    waits = step("until", "wait_for", event="order.placed", where=where, hours=5, then="came")
    journey = journey_of(shop, now, waits, *WAIT[2:])
    enter(journey, now, rosa)
    run(shop, now)
    happens(shop, now + timedelta(hours=1), "order.placed", rosa, "o1", value=100)
    run(shop, now + timedelta(hours=1))
    assert at_step(rosa)[1] == "due"
    happens(shop, now + timedelta(hours=2), "order.placed", rosa, "o2", value=5000)
    run(shop, now + timedelta(hours=2))
    assert at_step(rosa)[1] == "came"


@pytest.mark.postgres
def test_branches_by_events_counts_and_scores(shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime) -> None:
    profiles.refresh(shop, now)
    CustomerProfile._base_manager.filter(customer=rosa).update(churn_risk=0.8)
    CustomerProfile._base_manager.filter(customer=nico).update(churn_risk=0.2)
    journey = journey_of(
        shop,
        now,
        step("pause", "wait", days=1),
        step("twice", "branch_event", event="order.placed", at_least=2, then="loyal"),
        step("risk", "branch_score", score="churn_risk", at_least=0.5, then="risky"),
        step("rest", "exit", reason="rest"),
        step("risky", "exit", reason="risky"),
        step("loyal", "exit", reason="loyal"),
    )
    enter(journey, now, rosa, nico, lena)
    run(shop, now)
    happens(shop, now - timedelta(days=1), "order.placed", rosa, "before")
    happens(shop, now + timedelta(hours=1), "order.placed", rosa, "r1")
    happens(shop, now + timedelta(hours=1), "order.placed", lena, "l1")
    happens(shop, now + timedelta(hours=2), "order.placed", lena, "l2")
    CustomerProfile._base_manager.filter(customer=lena).update(churn_risk=None)
    run(shop, now + timedelta(days=1))
    assert [at_step(one)[1] for one in (rosa, nico, lena)] == ["risky", "rest", "loyal"]


WAYS = [{"key": "a", "share": 0.5}, {"key": "b", "share": 0.3, "to": "b"}, {"key": "c", "share": 0.2, "to": "c"}]
SPLIT = (
    step("lot", "split", ways=WAYS),
    step("a", "exit", reason="a"),
    step("b", "exit", reason="b"),
    step("c", "exit", reason="c"),
)


@pytest.mark.postgres
def test_the_split_keeps_its_shares_and_repeats_itself(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    people = [make_customer(f"N{n}") for n in range(400)]
    journey = journey_of(shop, now, *SPLIT)
    enter(journey, now, *people)
    held_out = Enrolment._base_manager.order_by("pk").first()
    assert held_out is not None
    Enrolment._base_manager.filter(pk=held_out.pk).update(arm=Assignment.Arm.HOLDOUT)
    run(shop, now)
    ways = dict(SplitDraw._base_manager.values_list("enrolment_id", "way"))
    ends = dict(Enrolment._base_manager.values_list("pk", "exit_reason"))
    assert ways == ends  # the held-out are drawn as well
    counts = Counter(ways.values())
    assert 160 <= counts["a"] <= 240
    assert 80 <= counts["b"] <= 160
    assert 45 <= counts["c"] <= 115
    # a customer who comes again is drawn the same; a stored draw counts more than the hash
    enter(journey, now, *people, key="again")
    run(shop, now)
    again = dict(Enrolment._base_manager.filter(entry_key="again").values_list("customer_id", "exit_reason"))
    assert again == dict(Enrolment._base_manager.filter(entry_key="k").values_list("customer_id", "exit_reason"))
    enter(journey, now, people[0], key="third")
    third = Enrolment._base_manager.get(entry_key="third")
    other = "b" if again[people[0].pk] != "b" else "c"
    SplitDraw._base_manager.create(shop=shop, enrolment=third, step="lot", way=other)
    run(shop, now)
    assert at_step(people[0])[1] == other


def test_every_number_has_a_way() -> None:
    assert [way_of({"ways": WAYS}, number) for number in (0.0, 0.4999, 0.5, 0.7999, 0.81, 0.9999999999)] == list(
        "aabbcc"
    )


@pytest.mark.postgres
@pytest.mark.parametrize(
    "first",
    [
        step("lot", "split", ways=[*WAYS[:1], {"key": "b", "share": 0.5}]),
        step("pause", "wait", days=1, until_hour=9, weekdays=[1]),
        step("until", "wait_for", event="order.placed", days=1),
        step("asked", "branch_event", event="order.placed", where={"data": "value", "op": "known"}, then="end"),
        step("asked", "branch_score", score="clv", at_least=1, then="end"),
        step("asked", "branch", profile={"field": "orders", "op": "at_least", "value": 1}, then="end"),
    ],
    ids=lambda one: one["kind"],
)
def test_queries_do_not_grow_with_the_batch(
    shop: Shop, make_customer: Callable[..., Any], now: datetime, first: dict[str, Any]
) -> None:
    journey = journey_of(shop, now, first, step("more", "wait", days=1), step("end", "exit"))
    counts = constant_queries(shop, journey, make_customer, now)
    assert counts[0] == counts[1]


@pytest.mark.postgres
def test_whoever_reaches_the_goal_leaves(shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime) -> None:
    where = {"data": "value", "op": "at_least", "value": 5000}
    steps = (step("pause", "wait", days=3), step("end", "exit"))
    by_event = journey_of(shop, now, *steps, leave_when={"event": "order.placed", "where": where})
    rule = {"field": "orders", "op": "at_least", "value": 9}
    by_profile = journey_of(shop, now, *steps, key="other", leave_when={"profile": rule})
    profiles.refresh(shop, now)
    enter(by_event, now, rosa, nico)
    enter(by_profile, now, lena)
    run(shop, now)
    happens(shop, now + timedelta(days=1), "order.placed", rosa, "o1", value=5000)
    happens(shop, now + timedelta(days=1), "order.placed", nico, "o2", value=4000)
    CustomerProfile._base_manager.filter(customer=lena).update(orders=9)
    with scope(shop=shop):
        while actions.advance_batch(shop, now + timedelta(days=3)).claimed:
            pass
    ends = {one.customer_id: (one.status, one.exit_reason) for one in Enrolment._base_manager.all()}
    assert ends == {rosa.pk: ("done", "goal"), nico.pk: ("done", "completed"), lena.pk: ("done", "goal")}
