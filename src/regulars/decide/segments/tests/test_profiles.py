"""Profiles against records counted by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.core.scoping import scope
from regulars.decide.segments.models import CustomerProfile
from regulars.decide.segments.profiles import refresh
from regulars.know.orders.models import Order, OrderLine, Product, Refund, Return


def order(shop: Any, customer: Any, at: datetime, value: int, **fields: Any) -> Order:
    lines = fields.pop("lines", [])
    made = Order._base_manager.create(
        shop=shop,
        customer=customer,
        number=f"{customer.number}-{at.isoformat()}",
        placed_at=at,
        currency="EUR",
        **{"value": value, "list_value": value, "units": 1, **fields},
    )
    for product, line_value in lines:
        OrderLine.objects.create(order=made, product=product, sku=product.sku, value=line_value)
    return made


@pytest.mark.django_db
@pytest.mark.postgres
def test_rosas_profile_is_what_her_records_say(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    jazz = Product._base_manager.create(shop=shop, sku="J1", category="Jazz")
    folk = Product._base_manager.create(shop=shop, sku="F1", category="Folk")
    order(shop, rosa, now - timedelta(days=400), 1000, lines=[(jazz, 400), (folk, 600)], units=2)
    order(shop, rosa, now - timedelta(days=100), 3001, list_value=4001, discount=1000, lines=[(jazz, 3001)])
    order(shop, rosa, now - timedelta(days=20), 2000, voucher_code="X", lines=[(folk, 2000)])
    order(shop, rosa, now - timedelta(days=10), 9999, status="cancelled", is_counted=False)
    Return._base_manager.create(
        shop=shop, customer=rosa, number="R1", returned_at=now - timedelta(days=5), units=1, value=500
    )
    Refund._base_manager.create(shop=shop, customer=rosa, number="E1", refunded_at=now, merchandise=500, total=900)
    assert refresh(shop, now) == 2
    profile = CustomerProfile._base_manager.get(pk=rosa.pk)
    assert {name: getattr(profile, name) for name in (
        "orders", "revenue", "list_revenue", "discount", "units", "average_basket", "largest_basket", "last_basket",
        "orders_30", "orders_90", "orders_365", "revenue_30", "revenue_90", "revenue_365", "cancelled_orders",
        "discounted_orders", "voucher_orders", "products", "categories", "favourite_category", "returns",
        "returned_units", "refunded", "revenue_after_refunds", "birthday", "birth_year", "has_email", "has_phone",
        "may_email", "may_phone", "has_objected", "contacts_30",
    )} == {
        "orders": 3, "revenue": 6001, "list_revenue": 7001, "discount": 1000, "units": 4, "average_basket": 2000,
        "largest_basket": 3001, "last_basket": 2000, "orders_30": 1, "orders_90": 1, "orders_365": 2,
        "revenue_30": 2000, "revenue_90": 2000, "revenue_365": 5001, "cancelled_orders": 1, "discounted_orders": 1,
        "voucher_orders": 1, "products": 2, "categories": 2, "favourite_category": "Jazz", "returns": 1,
        "returned_units": 1, "refunded": 500, "revenue_after_refunds": 5501, "birthday": 612, "birth_year": 1984,
        "has_email": True, "has_phone": False, "may_email": True, "may_phone": False, "has_objected": False,
        "contacts_30": 0,
    }  # fmt: skip
    assert profile.first_order_at == now - timedelta(days=400)
    assert profile.second_order_at == now - timedelta(days=100)
    assert profile.last_order_at == now - timedelta(days=20)
    assert profile.days_between_orders == pytest.approx(190)
    assert profile.discount_share == pytest.approx(1000 / 7001)
    assert profile.return_share == pytest.approx(0.25)
    empty = CustomerProfile._base_manager.get(pk=nico.pk)
    assert (empty.orders, empty.revenue, empty.average_basket, empty.last_order_at) == (0, 0, None, None)


@pytest.mark.django_db
def test_only_the_touched_are_recomputed_and_scores_stay(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    refresh(shop, now)
    CustomerProfile._base_manager.filter(pk=rosa.pk).update(p_alive=0.5)
    order(shop, rosa, now, 100)
    order(shop, nico, now, 100)
    assert refresh(shop, now, [rosa.pk]) == 1
    with scope(shop=shop):
        assert CustomerProfile.objects.get(pk=rosa.pk).orders == 1
        assert CustomerProfile.objects.get(pk=rosa.pk).p_alive == 0.5
        assert CustomerProfile.objects.get(pk=nico.pk).orders == 0


@pytest.mark.django_db
def test_the_erased_the_merged_and_testers_have_no_profile(shop: Any, rosa: Any, nico: Any, now: datetime) -> None:
    refresh(shop, now)
    nico.erased_at = now
    nico.save()
    rosa.is_test = True
    rosa.save()
    assert refresh(shop, now, [rosa.pk, nico.pk]) == 0
    assert not CustomerProfile._base_manager.exists()
