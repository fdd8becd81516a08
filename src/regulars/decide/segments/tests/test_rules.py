"""The rule language: what it takes in, what it refuses and where, and how it reads."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.decide.segments import rules
from regulars.decide.segments.profiles import refresh
from regulars.decide.segments.words import describe
from regulars.know.orders.models import Product
from regulars.know.timeline.actions import Fact, record

from .test_profiles import order

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def people(shop: Any, rosa: Any, nico: Any, lena: Any, otto: Any, now: datetime) -> dict[str, Any]:
    """Rosa ordered three times (Jazz twice), Nico once lately, Lena once two years ago, Otto never."""
    jazz = Product._base_manager.create(shop=shop, sku="J1", category="Jazz")
    order(shop, rosa, now - timedelta(days=300), 5000, lines=[(jazz, 5000)])
    order(shop, rosa, now - timedelta(days=40), 2000, lines=[(jazz, 2000)])
    order(shop, rosa, now - timedelta(days=10), 1000)
    order(shop, nico, now - timedelta(days=3), 1500)
    order(shop, lena, now - timedelta(days=700), 9000)
    record(shop, [Fact("order.placed", now - timedelta(days=3), nico.pk)], now=now)
    refresh(shop, now)
    return {"rosa": rosa, "nico": nico, "lena": lena, "otto": otto}


def names(shop: Any, rule: Any, now: datetime) -> set[str]:
    found = rules.queryset(shop, rule, now).values_list("customer__number", flat=True)
    assert rules.count(shop, rule, now) == len(found)
    return set(found)


ORDERS_3 = {"field": "orders", "op": "at_least", "value": 3}
CASES = [
    ({}, {"rosa", "nico", "lena", "otto"}),
    ({"all": []}, {"rosa", "nico", "lena", "otto"}),
    ({"any": []}, {"rosa", "nico", "lena", "otto"}),
    (ORDERS_3, {"rosa"}),
    ({"not": ORDERS_3}, {"nico", "lena", "otto"}),
    ({"not": {"all": []}}, set()),
    ({"field": "orders", "op": "is_not", "value": 1}, {"rosa", "otto"}),
    ({"field": "revenue", "op": "between", "value": [1500, 8000]}, {"rosa", "nico"}),
    ({"field": "last_order_at", "op": "within_days", "value": 30}, {"rosa", "nico"}),
    ({"field": "last_order_at", "op": "longer_ago", "value": 30}, {"lena"}),
    ({"field": "last_order_at", "op": "unknown"}, {"otto"}),
    ({"field": "last_order_at", "op": "before", "value": "2026-06-01"}, {"rosa", "lena"} - {"rosa"}),
    ({"field": "last_order_at", "op": "after", "value": "2026-06-01"}, {"nico"}),
    ({"field": "p_alive", "op": "at_most", "value": 0.5}, set()),
    ({"field": "may_email", "op": "is", "value": False}, {"otto"}),
    ({"field": "favourite_category", "op": "is", "value": "Jazz"}, {"rosa"}),
    ({"field": "favourite_category", "op": "is_not", "value": "Jazz"}, {"nico", "lena", "otto"}),
    ({"field": "favourite_category", "op": "one_of", "value": ["Jazz", "Folk"]}, {"rosa"}),
    ({"field": "favourite_category", "op": "known"}, {"rosa"}),
    ({"field": "birthday", "op": "this_month"}, {"rosa"}),
    ({"field": "birthday", "op": "today"}, set()),
    ({"field": "birthday", "op": "next_days", "value": 2}, {"rosa"}),
    ({"field": "birthday", "op": "next_days", "value": 1}, set()),
    ({"field": "birthday", "op": "in_months", "value": [2]}, {"lena"}),
    ({"did": "ordered"}, {"rosa", "nico", "lena"}),
    ({"did": "ordered", "within_days": 60, "at_least": 2}, {"rosa"}),
    ({"did": "ordered", "product": "J1", "within_days": 60}, {"rosa"}),
    ({"did": "ordered", "category": "Jazz", "at_least": 2}, {"rosa"}),
    ({"did": "ordered", "category": "Jazz", "at_least": 3}, set()),
    ({"did_not": "ordered", "category": "Jazz"}, {"nico", "lena", "otto"}),
    ({"did_not": "ordered", "within_days": 30}, {"lena", "otto"}),
    ({"did": "event", "type": "consent.granted"}, set()),
    ({"any": [ORDERS_3, {"all": [{"field": "orders", "op": "is", "value": 1}, {"did_not": "ordered",
     "within_days": 365}]}]}, {"rosa", "lena"}),
]  # fmt: skip


@pytest.mark.postgres
@pytest.mark.parametrize(("rule", "expected"), CASES, ids=[str(case[0])[:70] for case in CASES])
def test_whom_a_rule_takes_in(shop: Any, people: Any, now: datetime, rule: Any, expected: set[str]) -> None:
    if rule == {"field": "last_order_at", "op": "before", "value": "2026-06-01"}:
        expected = {"rosa", "lena"}  # Rosa's last order was on 31 May
    assert rules.check(rule) == []
    assert names(shop, rule, now) == expected
    for language in ("de", "en"):
        with override(language):
            assert describe(rule, shop)


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ([], ""),
        ({"all": {}}, ""),
        ({"all": [], "any": []}, ""),
        ({"all": [{}]}, "all.0"),
        ({"all": [ORDERS_3, {"any": [{"field": "nose", "op": "is", "value": 1}]}]}, "all.1.any.0"),
        ({"field": "orders", "op": "within_days", "value": 1}, ""),
        ({"not": {"field": "orders", "op": "at_least", "value": "3"}}, "not"),
        ({"field": "orders", "op": "at_least", "value": True}, ""),
        ({"field": "orders", "op": "at_least", "value": float("nan")}, ""),
        ({"field": "orders", "op": "at_least", "value": 3, "x": 1}, ""),
        ({"field": "orders", "op": "between", "value": [5, 3]}, ""),
        ({"field": "last_order_at", "op": "before", "value": "31.12.2025"}, ""),
        ({"field": "last_order_at", "op": "within_days", "value": -1}, ""),
        ({"field": "birthday", "op": "in_months", "value": [13]}, ""),
        ({"field": "may_email", "op": "is", "value": 1}, ""),
        ({"field": "country", "op": "one_of", "value": []}, ""),
        ({"did": "slept"}, ""),
        ({"did": "event", "type": "nothing.known"}, ""),
        ({"did": "ordered", "category": ""}, ""),
        ({"did": "ordered", "at_least": 0}, ""),
        ({"did": "ordered", "shop": 2}, ""),
    ],
)
def test_what_is_wrong_is_said_with_its_place(shop: Any, now: datetime, rule: Any, place: str) -> None:
    problems = rules.check(rule)
    assert [problem.place for problem in problems] == [place]
    with pytest.raises(Refused):
        rules.queryset(shop, rule, now)


def test_depth_and_number_of_conditions_are_bounded() -> None:
    deep: Any = ORDERS_3
    for _step in range(10):
        deep = {"not": deep}
    assert rules.check(deep)
    assert rules.check({"any": [ORDERS_3] * 61})
    assert not rules.check({"any": [ORDERS_3] * 60})


def test_a_rule_sees_no_other_shop(shop: Any, people: Any, now: datetime) -> None:
    from regulars.core.models import Shop

    other = Shop.objects.create(slug="other", name="Other")
    assert rules.count(other, {}, now) == 0


def test_a_birthday_on_29_february_is_kept_on_the_28th_in_other_years() -> None:
    assert rules.birthdays("today", None, datetime(2026, 2, 28).date()) == [228, 229]
    assert rules.birthdays("today", None, datetime(2028, 2, 28).date()) == [228]
    assert rules.birthdays("today", None, datetime(2028, 2, 29).date()) == [229]
    assert 229 in rules.birthdays("next_days", 2, datetime(2027, 2, 27).date())
    assert rules.birthdays("next_days", 3, datetime(2026, 12, 30).date()) == [101, 102, 1230, 1231]


def test_a_rule_in_words(shop: Any) -> None:
    rule = {
        "all": [
            {"field": "revenue", "op": "at_least", "value": 123456},
            {"any": [{"field": "discount_share", "op": "at_least", "value": 0.25}, {"did_not": "ordered",
             "within_days": 90}]},
        ]
    }  # fmt: skip
    with override("en"):
        assert describe(rule, shop) == (
            "Revenue at least €1,234.56 and (Share of discounts in the list value at least 25 % or has not ordered in "
            "the last 90 days)"
        )
