"""The effect of a measure from the records: exact figures, and what must not count does not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Goal, Measure
from regulars.insights import effects, effects_kept
from regulars.insights.sweeps import keep_effects
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, Refund

pytestmark = pytest.mark.postgres


@pytest.fixture
def measure(shop: Shop, now: datetime) -> Measure:
    goal = Goal._base_manager.create(shop=shop, kind="win_back", rank=1, kpi="reactivated_customers")
    return Measure._base_manager.create(
        shop=shop, key="win-back", name="Win back", goal=goal, kpi="reactivated_customers", holdout_share="0.5",
        outcome_days=30, salt="s", created_at=now, started_at=now, status="running",
    )  # fmt: skip


def assign(measure: Measure, count: int, arm: str, at: datetime, cause: str = "measure") -> list[Customer]:
    start = Customer._base_manager.count()
    people = Customer._base_manager.bulk_create(
        Customer(shop=measure.shop, number=f"c{start + n}", created_at=at, updated_at=at) for n in range(count)
    )
    Assignment._base_manager.bulk_create(
        Assignment(shop=measure.shop, measure=measure, customer=one, arm=arm, cause=cause, assigned_at=at)
        for one in people
    )
    return people


def order(customer: Customer, at: datetime, value: int, **fields: Any) -> Order:
    made: Order = Order._base_manager.create(
        shop=customer.shop, customer=customer, number=f"o{Order._base_manager.count()}", placed_at=at, currency="EUR",
        value=value, list_value=fields.pop("list_value", value), **fields,
    )  # fmt: skip
    return made


def test_the_difference_counts_what_the_window_holds_and_nothing_else(
    shop: Shop, measure: Measure, now: datetime
) -> None:
    # given two arms of 100, assigned 40 days ago, window 30 days
    at = now - timedelta(days=40)
    treated, holdout = assign(measure, 100, "treated", at), assign(measure, 100, "holdout", at)
    for one in treated[:20]:
        order(one, at + timedelta(days=3), 10_000)
    for one in holdout[:10]:
        order(one, at + timedelta(days=29, hours=23), 10_000)
    # and what must not count: too early, too late, cancelled, of the global holdout, of a customer whose window still runs
    order(treated[50], at - timedelta(days=400), 99_000)
    order(treated[51], at + timedelta(days=30, seconds=5), 99_000)
    order(treated[52], at + timedelta(days=1), 99_000, is_counted=False)
    order(assign(measure, 1, "holdout", at, cause="global")[0], at + timedelta(days=1), 99_000)
    order(assign(measure, 1, "treated", now - timedelta(days=29))[0], now - timedelta(days=1), 99_000)
    # and a refund of half an order, long after the window: it belongs to its order
    bought = Order._base_manager.filter(customer=treated[0]).get()
    Refund._base_manager.create(
        shop=shop, customer=treated[0], order=bought, number="r1", refunded_at=now, merchandise=5_000, total=5_000
    )

    effect = effects.effect_of(measure, now)

    assert (effect.assigned_treated, effect.assigned_holdout) == (101, 100)
    assert (effect.measured_treated, effect.measured_holdout) == (100, 100)
    assert effect.ordered.treated == pytest.approx(0.20)
    assert effect.ordered.holdout == pytest.approx(0.10)
    assert effect.ordered.difference == pytest.approx(0.10)
    # the refunded half counts: (19 × 100 € + 50 €) / 100 − 10 × 100 € / 100
    assert effect.revenue.difference == pytest.approx(1950 - 1000)
    # margin: tax-free at 19 %, cost of goods 60 % of the tax-free list value of what was kept
    assert effect.margin.difference == pytest.approx((1950 - 1000) * (1 - 0.6) / 1.19)
    assert effect.incremental_revenue == 950 * 101
    assert not effect.ordered.is_proven
    assert effect.ordered.needed is not None
    assert effect.ordered.needed > 0
    assert effect.roi is None  # nothing was spent, so there is no return on it
    assert not effect.is_void
    assert effect.reason == ""


def test_past_revenue_adjusts_the_revenue(shop: Shop, measure: Measure, now: datetime) -> None:
    # given arms that differ by chance in what they bought before, and go on buying exactly as before
    at = now - timedelta(days=40)
    treated, holdout = assign(measure, 60, "treated", at), assign(measure, 60, "holdout", at)
    for place, one in enumerate([*treated, *holdout]):
        before = 1_000 * (place % 7) + (500 if place < 60 else 0)
        if before:
            order(one, at - timedelta(days=100), before)
            order(one, at + timedelta(days=5), before)
    effect = effects.effect_of(measure, now)
    # then the chance is taken out: no effect is left
    assert effect.revenue.is_adjusted
    assert effect.revenue.difference == pytest.approx(0, abs=1e-6)


def test_a_broken_split_voids_the_result(shop: Shop, measure: Measure, now: datetime) -> None:
    at = now - timedelta(days=40)
    assign(measure, 200, "treated", at)
    assign(measure, 100, "holdout", at)
    effect = effects.effect_of(measure, now)
    assert effect.ratio_p < 0.001
    assert effect.is_void
    assert effect.roi is None


def test_the_looks_follow_the_days(shop: Shop, measure: Measure, now: datetime) -> None:
    for day in range(3):
        at = now - timedelta(days=60 - day)
        for one in assign(measure, 60, "treated", at)[:12]:
            order(one, at + timedelta(days=1), 5_000)
        for one in assign(measure, 60, "holdout", at)[:6]:
            order(one, at + timedelta(days=1), 5_000)
    looks = effects.effect_of(measure, now).ordered.looks
    assert [look.customers for look in looks] == [120, 240, 360]
    assert [look.estimate for look in looks] == pytest.approx([0.1, 0.1, 0.1])
    widths = [look.high - look.low for look in looks if look.high is not None and look.low is not None]
    assert len(widths) == 3
    assert widths == sorted(widths, reverse=True)


def test_nobody_assigned_yet_is_no_figure_and_a_reason(shop: Shop, measure: Measure, now: datetime) -> None:
    effect = effects.effect_of(measure, now)
    assert effect.reason == "nobody"
    assert effect.revenue.difference is None
    assert effect.incremental_margin is None


def test_the_number_of_queries_does_not_grow(shop: Shop, measure: Measure, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            effects.effect_of(Measure._base_manager.select_related("shop").get(pk=measure.pk), now)
        return len(seen)

    assign(measure, 10, "treated", now - timedelta(days=40))
    few = queries()
    assign(measure, 2000, "holdout", now - timedelta(days=35))
    assert queries() == few


def test_the_smallest_visible_effect_comes_from_past_windows(shop: Shop, measure: Measure, now: datetime) -> None:
    people = assign(measure, 400, "treated", now)
    for one in people[:120]:
        order(one, now - timedelta(days=45), 5_000)
    audience = Customer._base_manager.filter(shop=shop)
    found = effects.smallest_visible(shop, audience, 0.5, 30, now)
    assert found.customers == 400
    # 120 of 400 × 12 windows hold an order
    assert found.base_ordered == pytest.approx(120 / 4800)
    assert found.base_revenue == pytest.approx(120 * 5000 / 4800)
    assert found.ordered is not None
    assert found.revenue is not None
    assert found.revenue == pytest.approx(found.ordered * 5000, abs=1)
    # a smaller holdout sees less
    less = effects.smallest_visible(shop, audience, 0.1, 30, now)
    assert less.revenue is not None
    assert less.revenue > found.revenue
    assert effects.smallest_visible(shop, audience, 0.0, 30, now).revenue is None


def test_the_effect_of_a_large_measure_is_kept_and_says_of_when(
    shop: Shop, measure: Measure, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a measure that is large enough to be kept
    at = now - timedelta(days=40)
    for one in assign(measure, 100, "treated", at)[:20]:
        order(one, at + timedelta(days=3), 10_000)
    for one in assign(measure, 100, "holdout", at)[:10]:
        order(one, at + timedelta(days=3), 10_000)
    monkeypatch.setattr(effects_kept, "LARGE", 150)
    truth = effects.effect_of(measure, now)
    # when the sweep has looked at it
    assert keep_effects(shop, now) == 1
    assert keep_effects(shop, now) == 0
    # then the page gets the same, and later still what was true then, until the sweep looks again
    assert effects_kept.shown(measure, now) == truth
    order(assign(measure, 1, "treated", at)[0], at + timedelta(days=3), 10_000)
    later = now + timedelta(minutes=59)
    assert keep_effects(shop, later) == 0
    assert effects_kept.shown(measure, later) == truth
    later = now + timedelta(minutes=61)
    assert keep_effects(shop, later) == 1
    assert effects_kept.shown(measure, later) == effects.effect_of(measure, later)
    assert effects_kept.shown(measure, later).assigned_treated == 101
    # and other rates make another effect, without waiting for the hour
    shop.cost_rate = "0.5"
    shop.save(update_fields=["cost_rate"])
    measure = Measure._base_manager.select_related("shop").get(pk=measure.pk)
    assert effects_kept.shown(measure, later).at == later
    assert keep_effects(shop, later + timedelta(minutes=1)) == 1
    assert effects_kept.shown(measure, later).at == later + timedelta(minutes=1)


def test_the_effect_of_a_small_measure_is_of_now(shop: Shop, measure: Measure, now: datetime) -> None:
    assign(measure, 10, "treated", now - timedelta(days=40))
    assert keep_effects(shop, now) == 0
    later = now + timedelta(minutes=1)
    assert effects_kept.shown(measure, later) == effects.effect_of(measure, later)
