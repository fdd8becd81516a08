"""Checkouts: left once, completed by their order whichever comes first, part of what is kept about a person."""

from datetime import UTC, datetime, timedelta

import pytest

from regulars.core.actions import change_shop, create_shop
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.actions import CustomerDraft, erase, export, upsert_customers
from regulars.know.orders.actions import (
    CheckoutDraft,
    LineDraft,
    OrderDraft,
    complete_checkouts,
    upsert_checkouts,
    upsert_orders,
)
from regulars.know.orders.models import Checkout
from regulars.know.orders.sweeps import left_checkouts
from regulars.know.timeline.models import Event

NOW = datetime(2026, 6, 10, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def craft(db: None) -> Shop:
    return create_shop("craft", now=NOW)


@pytest.fixture
def rosa(craft: Shop) -> int:
    return upsert_customers(craft, [CustomerDraft("C-1")], now=NOW, source="x", is_history=True).ids["C-1"]


def draft(token: str = "t", active: datetime = NOW, customer: int | None = None, value: int = 100) -> CheckoutDraft:
    return CheckoutDraft(token, NOW, active, (LineDraft("LP", "Blue", 1, value, value),), customer)


def put(shop: Shop, *drafts: CheckoutDraft, is_history: bool = False) -> dict[str, str]:
    return upsert_checkouts(shop, drafts, now=NOW, source="api", is_history=is_history).outcomes


def left(shop: Shop, now: datetime) -> int:
    with scope(shop=shop):
        return left_checkouts(shop, now)


def test_a_checkout_in_which_nothing_happens_is_left_once(craft: Shop, rosa: int) -> None:
    put(craft, draft(customer=rosa))
    assert left(craft, NOW + timedelta(minutes=59)) == 0
    assert left(craft, NOW + HOUR) == 1
    put(craft, draft(active=NOW + 2 * HOUR, customer=rosa))
    assert left(craft, NOW + 9 * HOUR) == 0

    event = Event._base_manager.get()
    row = Checkout._base_manager.get()
    assert (event.type, event.customer_id, event.data) == (
        "checkout.left",
        rosa,
        {"checkout": "t", "checkout_id": row.pk, "value": 100, "lines": 1},
    )
    assert row.status == "open"


def test_activity_and_the_shop_s_patience_put_it_off(craft: Shop) -> None:
    change_shop(craft, now=NOW, checkout_left_minutes=120)
    put(craft, draft())
    put(craft, draft(active=NOW + HOUR))
    assert left(craft, NOW + 3 * HOUR - timedelta(seconds=1)) == 0
    assert left(craft, NOW + 3 * HOUR) == 1


@pytest.mark.parametrize("is_order_first", [True, False])
def test_its_order_completes_it_whichever_comes_first(craft: Shop, rosa: int, is_order_first: bool) -> None:
    if not is_order_first:
        put(craft, draft(value=300))
    order = OrderDraft("1001", NOW, (LineDraft(value=100),), customer_id=rosa)
    upsert_orders(craft, [order], now=NOW, source="api", is_history=False)
    for _ in range(2):
        complete_checkouts(craft, {"t": "1001"}, now=NOW)
    put(craft, draft(active=NOW + HOUR, value=300))

    row = Checkout._base_manager.get()
    assert (row.status, row.order.number, row.customer_id, row.value) == ("completed", "1001", rosa, 300)
    assert left(craft, NOW + 9 * HOUR) == 0
    assert not Event._base_manager.filter(type="checkout.left").exists()


def test_history_is_left_without_a_word(craft: Shop) -> None:
    put(craft, draft(), is_history=True)
    assert left(craft, NOW + 9 * HOUR) == 0
    assert Checkout._base_manager.get().status == "left"
    assert not Event._base_manager.exists()


def test_a_checkout_is_exported_and_erased_with_its_customer(craft: Shop, rosa: int) -> None:
    put(craft, draft(customer=rosa))
    kept = export(craft, rosa)
    assert [rows[0]["token"] for rows in kept.values() if "token" in rows[0]] == ["t"]
    erase(craft, [rosa], NOW)
    assert not Checkout._base_manager.exists()
