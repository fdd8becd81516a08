"""The engine: people walk a journey step by step, each effect once, held-out customers in silence."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Decision, Objection
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.journeys import actions
from regulars.journeys.kinds import Entry
from regulars.journeys.models import Enrolment, Journey
from regulars.know.orders.models import Order
from regulars.know.timeline.models import Event

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("toys")]


def launch(shop: Shop, now: datetime, playbook: str = "toy", **settings: Any) -> Journey:
    measure = actions.launch(shop, playbook, settings, now)
    return Journey._base_manager.select_related("measure__goal", "shop").get(measure=measure, is_current=True)


def enter(journey: Journey, now: datetime, *customers: Any, key: str = "k") -> actions.Enrolled:
    return actions.enrol(journey.shop, journey, [Entry(one.pk, key) for one in customers], now)


def run(shop: Shop, now: datetime) -> None:
    with scope(shop=shop):
        while actions.advance_batch(shop, now).claimed:
            pass


def noted(customer: Any) -> list[str]:
    return [
        event.data["step"] for event in Event._base_manager.filter(customer=customer, type="test.noted").order_by("pk")
    ]


def test_rosa_walks_every_step_once_and_at_its_hour(shop: Shop, rosa: Any, now: datetime) -> None:
    # given Rosa in a journey, Wednesday 10:00 in Berlin
    journey = launch(shop, now)
    assert enter(journey, now, rosa).treated == 1
    run(shop, now)
    # then the first step is done, and she waits until Saturday, 10:00
    assert noted(rosa) == ["first"]
    waits = Enrolment._base_manager.get(customer=rosa)
    assert (waits.step, waits.status) == ("second", "due")
    assert waits.due_at == now + timedelta(days=3)
    # when the time has nearly come, nothing happens; when it has, the rest
    run(shop, now + timedelta(days=3, seconds=-1))
    assert noted(rosa) == ["first"]
    run(shop, now + timedelta(days=3))
    run(shop, now + timedelta(days=4))
    assert noted(rosa) == ["first", "second"]
    done = Enrolment._base_manager.get(customer=rosa)
    assert (done.status, done.exit_reason, done.ended_at) == ("done", "completed", now + timedelta(days=3))
    # and the timeline says that she came and went
    kinds = list(Event._base_manager.filter(customer=rosa).order_by("pk").values_list("type", flat=True))
    assert kinds == ["journey.entered", "test.noted", "test.noted", "journey.left"]


def test_waiting_goes_by_the_customers_own_clock(shop: Shop, make_customer: Callable[..., Any], now: datetime) -> None:
    # given somebody in New York, where it is four in the morning
    nora = make_customer("Nora", timezone="America/New_York")
    enter(launch(shop, now), now, nora)
    run(shop, now)
    # then the wait ends at 10:00 there, which is 14:00 UTC in summer
    assert Enrolment._base_manager.get(customer=nora).due_at == datetime(2026, 6, 13, 14, 0, tzinfo=now.tzinfo)


def test_heidi_is_enrolled_in_silence(shop: Shop, heidi: Any, now: datetime) -> None:
    # given Heidi, who is held out of the measure
    journey = launch(shop, now)
    Assignment._base_manager.create(shop=shop, measure=journey.measure, customer=heidi, arm="holdout", assigned_at=now)
    assert enter(journey, now, heidi) == actions.Enrolled(holdout=1)
    # when the whole journey goes by
    for day in range(6):
        run(shop, now + timedelta(days=day))
    # then nothing was done and nothing is told on her timeline, she walked the same way, and the reason is on record
    assert list(Event._base_manager.filter(customer=heidi)) == []
    walked = Enrolment._base_manager.get(customer=heidi)
    assert (walked.status, walked.exit_reason, walked.ended_at) == ("done", "completed", now + timedelta(days=3))
    decision = Decision._base_manager.get(customer=heidi)
    assert (decision.stage, decision.reason) == ("enrolment", "holdout")


def test_otto_is_not_let_in_and_not_asked_again(shop: Shop, otto: Any, rosa: Any, now: datetime) -> None:
    journey = launch(shop, now)
    first = enter(journey, now, otto, rosa)
    again = enter(journey, now, otto, rosa)
    assert first == actions.Enrolled(treated=1, refused=1)
    assert again == actions.Enrolled(passed_over=2)
    run(shop, now + timedelta(days=30))
    assert noted(otto) == []
    refused = Enrolment._base_manager.get(customer=otto)
    assert (refused.status, refused.exit_reason, refused.arm) == ("refused", "objection", "")
    assert [d.reason for d in Decision._base_manager.filter(customer=otto)] == ["objection"]
    assert not Assignment._base_manager.filter(customer=otto).exists()


def test_nobody_enters_again_too_soon(shop: Shop, rosa: Any, now: datetime) -> None:
    journey = launch(shop, now)
    assert enter(journey, now, rosa, key="a").treated == 1
    # on the way; finished, but within 300 days; after 300 days
    assert enter(journey, now + timedelta(days=1), rosa, key="b").passed_over == 1
    run(shop, now)
    run(shop, now + timedelta(days=3))
    assert enter(journey, now + timedelta(days=299), rosa, key="c").passed_over == 1
    assert enter(journey, now + timedelta(days=301), rosa, key="d").treated == 1
    # with a key that was used, never
    assert enter(journey, now + timedelta(days=900), rosa, key="a").passed_over == 1


def test_whoever_orders_leaves(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    journey = launch(shop, now, "toy_leaves")
    enter(journey, now, rosa, nico)
    run(shop, now)
    # when Rosa orders on the next day, and Nico's order was before he came in
    for customer, at in ((rosa, now + timedelta(days=1)), (nico, now - timedelta(days=1))):
        Order._base_manager.create(shop=shop, customer=customer, number=f"o{customer.pk}", placed_at=at, currency="EUR")
    run(shop, now + timedelta(days=3))
    assert noted(rosa) == ["first"]
    assert Enrolment._base_manager.get(customer=rosa).exit_reason == "ordered"
    assert noted(nico) == ["first", "second"]


def test_who_objects_merges_or_is_erased_half_way_leaves(
    shop: Shop, rosa: Any, nico: Any, lena: Any, now: datetime
) -> None:
    journey = launch(shop, now)
    enter(journey, now, rosa, nico, lena)
    run(shop, now)
    Objection._base_manager.create(shop=shop, customer=rosa, at=now)
    type(nico)._base_manager.filter(pk=nico.pk).update(merged_into=rosa)
    type(lena)._base_manager.filter(pk=lena.pk).update(erased_at=now)
    run(shop, now + timedelta(days=4))
    reasons = {e.customer_id: e.exit_reason for e in Enrolment._base_manager.all()}
    assert reasons == {rosa.pk: "objection", nico.pk: "merged", lena.pk: "erased"}
    assert [noted(one) for one in (rosa, nico, lena)] == [["first"]] * 3


def test_stopping_ends_it_for_all_at_once(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    journey = launch(shop, now)
    enter(journey, now, rosa)
    run(shop, now)
    assert actions.stop(journey.measure, now + timedelta(days=1)) == 1
    assert actions.stop(journey.measure, now + timedelta(days=1)) == 0
    # nobody walks on, nobody comes in
    assert enter(journey, now + timedelta(days=2), nico).passed_over == 1
    run(shop, now + timedelta(days=4))
    assert noted(rosa) == ["first"]
    left = Enrolment._base_manager.get()
    assert (left.status, left.exit_reason) == ("cancelled", "stopped")


def test_people_half_way_stay_in_their_version(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    # given Rosa in version 1, which waits three days
    old = launch(shop, now)
    enter(old, now, rosa)
    run(shop, now)
    # when the measure is stopped by mistake and started again with ten days
    Measure._base_manager.filter(pk=old.measure_id).update(status="draft")
    new = launch(shop, now, days=10)
    assert (new.version, new.measure_id) == (2, old.measure_id)
    enter(new, now, nico)
    run(shop, now)
    run(shop, now + timedelta(days=3))
    # then Rosa went on after three days, and Nico waits
    assert noted(rosa) == ["first", "second"]
    assert noted(nico) == ["first"]


def test_one_customer_who_fails_does_not_hold_up_the_others(
    shop: Shop, rosa: Any, nico: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .toys import Toy

    monkeypatch.setattr(Toy, "fails_for", "Nico")
    journey = launch(shop, now)
    enter(journey, now, rosa, nico)
    with scope(shop=shop):
        assert actions.advance_batch(shop, now) == actions.Advanced(claimed=2, moved=1, failed=1)
    assert noted(rosa) == ["first"]
    assert noted(nico) == []
    late = Enrolment._base_manager.get(customer=nico)
    assert late.status == "due"
    assert late.due_at is not None
    assert late.due_at > now
    assert "does not like" in late.last_error
    # and after many tries it is shown as failed, not tried for ever
    for hour in range(1, 400):
        run(shop, now + timedelta(hours=hour))
    assert Enrolment._base_manager.get(customer=nico).status == "failed"


def test_the_number_of_queries_does_not_grow_with_the_batch(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    journey = launch(shop, now)

    def queries(count: int, start: int) -> tuple[int, int]:
        people = [make_customer(f"N{start + n}") for n in range(count)]
        with CaptureQueriesContext(connection) as entering:
            enter(journey, now, *people)
        with scope(shop=shop), CaptureQueriesContext(connection) as moving:
            assert actions.advance_batch(shop, now).moved == count
        Enrolment._base_manager.filter(status="due").update(due_at=now + timedelta(days=99))
        return len(entering), len(moving)

    assert queries(3, 0) == queries(150, 100)


def test_a_birthday_is_kept_once_a_year_on_the_customers_calendar(
    shop: Shop, rosa: Any, lena: Any, make_customer: Callable[..., Any], now: datetime
) -> None:
    from regulars.journeys.sweeps import enrol_by_the_clock

    # given Rosa (12 June), Lena (29 February), and Kim in Auckland (13 June)
    kim = make_customer("Kim", timezone="Pacific/Auckland", birthday_day=13, birthday_month=6)
    launch(shop, now)

    def sweep(*at: int) -> None:
        with scope(shop=shop):
            while enrol_by_the_clock(shop, datetime(*at, tzinfo=now.tzinfo)):  # type: ignore[arg-type]
                pass

    def entered() -> set[int]:
        return set(Enrolment._base_manager.values_list("customer_id", flat=True))

    sweep(2026, 6, 12, 6, 59)
    assert entered() == set()
    sweep(2026, 6, 12, 7, 0)  # 9:00 in Berlin; in Auckland it is 19:00 on the 12th
    assert entered() == {rosa.pk}
    sweep(2026, 6, 12, 21, 0)  # 9:00 on the 13th in Auckland
    assert entered() == {rosa.pk, kim.pk}
    sweep(2026, 6, 12, 21, 30)
    assert Enrolment._base_manager.count() == 2
    # a day that has passed is not made up for; 2027 has no 29 February, 2028 has
    sweep(2027, 2, 28, 12, 0)
    assert entered() == {rosa.pk, kim.pk, lena.pk}
    sweep(2027, 3, 1, 12, 0)
    run(shop, datetime(2027, 3, 1, 12, 0, tzinfo=now.tzinfo))
    run(shop, datetime(2027, 3, 9, 12, 0, tzinfo=now.tzinfo))
    sweep(2028, 2, 28, 12, 0)
    assert Enrolment._base_manager.filter(customer=lena).count() == 1
    sweep(2028, 2, 29, 12, 0)
    keys = list(Enrolment._base_manager.filter(customer=lena).order_by("pk").values_list("entry_key", flat=True))
    assert keys == ["birthday:2027", "birthday:2028"]
