"""When a product is used up: own rhythm before what is usual, by the unit, and only of what is really bought again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.segments.profiles import refresh
from regulars.journeys.kinds import Page, trigger_kinds
from regulars.journeys.models import Enrolment
from regulars.journeys.rhythm import Asked, due_on, gaps, learned, purchases, typical
from regulars.know.orders.actions import LineDraft, OrderDraft, ProductDraft, upsert_orders, upsert_products

from .handmade import journey_of, keys, run, step

DAY = date(2026, 6, 10)
WEEKLY = {"kind": "replenishment", "hour": 9}


def days(*ago: int, units: int = 1) -> list[tuple[date, int]]:
    return [(DAY - timedelta(days=one), units) for one in ago]


def test_a_unit_lasts_from_one_purchase_to_the_next() -> None:
    assert gaps(days(60, 40, 20)) == [20, 20]
    assert gaps([(DAY - timedelta(days=60), 3), (DAY, 1)]) == [20]
    assert gaps(days(5)) == []


def test_what_is_usual_is_told_only_of_what_is_really_bought_again() -> None:
    # given a brush that five of five bought again after 30 days, and a record that five of fifty bought twice
    brush = [{1: days(90, 60)} for _n in range(5)]
    record = [{2: days(90, 60)} for _n in range(5)] + [{2: days(90)} for _n in range(45)]
    few = [{3: days(90, 60)} for _n in range(4)]
    assert learned([*brush, *record, *few]) == {1: 30}


@pytest.mark.parametrize(
    ("bought", "asked", "usual", "ends"),
    [
        (days(60, 40, 20), Asked(lead_days=0), {}, 0),  # by their own rhythm
        (days(60, 40, 20), Asked(lead_days=0), {1: 90}, 0),  # which comes before what is usual
        (days(40), Asked(lead_days=0), {1: 40}, 0),
        (days(40), Asked(lead_days=0), {1: 37}, -3),  # a weekend late
        (days(80, units=2), Asked(lead_days=0), {1: 40}, 0),  # two packs
        (days(35), Asked(lead_days=5), {1: 40}, 5),
        (days(30), Asked(category="x", days=30, lead_days=0), {}, 0),  # as the shop says
    ],
)
def test_the_day_to_say_so(bought: list[tuple[date, int]], asked: Asked, usual: dict[int, float], ends: int) -> None:
    found = due_on({7: {1: bought}}, DAY, asked, usual)[7]
    assert (found.product_id, found.bought_on, found.ends_on) == (1, bought[-1][0], DAY + timedelta(days=ends))


@pytest.mark.parametrize(
    ("bought", "asked", "usual"),
    [
        (days(40), Asked(), {}),  # nobody knows
        (days(40), Asked(days=40), {}),  # a number of days for everything is none
        (days(40, 20), Asked(lead_days=0), {}),  # one gap is no rhythm
        (days(20), Asked(lead_days=5), {1: 40}),  # too early
        (days(60), Asked(lead_days=0), {1: 40}),  # long past: it was missed, or they went elsewhere
        (days(6, 4, 2), Asked(lead_days=0), {}),  # every other day is no consumption
    ],
)
def test_nobody_is_asked_without_a_reason(bought: Any, asked: Asked, usual: dict[int, float]) -> None:
    assert due_on({7: {1: bought}}, DAY, asked, usual) == {}


def test_what_ends_first_is_named() -> None:
    found = due_on({7: {1: days(36), 2: days(38)}}, DAY, Asked(), {1: 40, 2: 41})
    assert found[7].product_id == 2


def order(shop: Shop, now: datetime, customer: Any, sku: str, *ago: int) -> None:
    drafts = [
        OrderDraft(
            f"{customer.number}-{sku}-{one}", now - timedelta(days=one), [LineDraft(sku, sku, 1, 900, 900)], customer.number
        )
        for one in ago
    ]  # fmt: skip
    upsert_orders(shop, drafts, now=now, source="test", is_history=True)


@pytest.mark.postgres
def test_pages_of_any_size_take_in_the_same_customers_with_as_many_queries(
    shop: Shop, make_customer: Callable[..., Any], now: datetime
) -> None:
    # given a product that is bought again every 40 days, and 60 customers of whom every third is due
    upsert_products(shop, [ProductDraft("TEA", "Tee", "Tee")], now=now, source="test", is_history=True)
    people = [make_customer(f"P{n}") for n in range(60)]
    for n, one in enumerate(people):
        order(shop, now, one, "TEA", *((200, 160, 120, 37) if n % 3 == 0 else (200, 160, 120, 10)))
    refresh(shop, now, [one.pk for one in people])
    journey = journey_of(shop, now - timedelta(days=2), trigger=WEEKLY)
    kind = trigger_kinds()["replenishment"]
    with scope(shop=shop):
        (occasion,) = [one for one in kind.due_occasions(journey, now) if one.data["zone"] == people[0].timezone]
        assert set(occasion.data["usual"].values()) == {40}
        counts = []
        for limit in (6, 60):
            found, after = [], 0
            while True:
                with CaptureQueriesContext(connection) as queries:
                    page = kind.page(journey, occasion.data, after, now, limit)
                assert isinstance(page, Page)
                counts.append(len(queries))
                found += [one.customer_id for one in page.entries]
                if page.after is None:
                    break
                after = page.after
            assert found == [one.pk for one in people[::3]]
    assert max(counts) == 2
    # when the sweeps do it, page after page, nobody is taken in twice, however often the day is looked at
    run(shop, now)
    run(shop, now + timedelta(hours=5))
    run(shop, now + timedelta(days=1))
    assert Enrolment._base_manager.count() == 20
    assert keys(people[0]) == [f"again:{_product(shop)}:{(now - timedelta(days=37)).date()}"]


def _product(shop: Shop) -> int:
    from regulars.know.orders.models import Product

    return int(Product._base_manager.get(shop=shop, sku="TEA").pk)


@pytest.mark.postgres
def test_only_some_products_may_be_asked_and_how_long_they_last(shop: Shop, rosa: Any, now: datetime) -> None:
    goods = [ProductDraft("TEA", "Tee", "Tee"), ProductDraft("CUP", "Tasse", "Geschirr")]
    upsert_products(shop, goods, now=now, source="test", is_history=True)
    order(shop, now, rosa, "TEA", 28)
    order(shop, now, rosa, "CUP", 28)
    for trigger, skus in (
        ({"category": "Tee"}, {"TEA"}),
        ({"products": "CUP, TEA"}, {"TEA", "CUP"}),
        ({}, {"TEA", "CUP"}),
    ):
        asked = Asked.of(trigger)
        found = purchases(shop, [rosa.pk], asked, now)[rosa.pk]
        assert len(found) == len(skus)
    assert typical(shop, Asked(), now) == {}
    refresh(shop, now, [rosa.pk])
    journey_of(
        shop, now - timedelta(days=1), step("end", "exit"),
        trigger={**WEEKLY, "category": "Tee", "days": 30, "lead_days": 3},
    )  # fmt: skip
    run(shop, now)
    assert len(keys(rosa)) == 1
