"""Orders in from a source: whole, idempotent, newest wins, events only for news."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.actions import erase
from regulars.know.customers.models import Customer
from regulars.know.orders.actions import (
    LineDraft,
    OrderDraft,
    RefundDraft,
    ReturnDraft,
    upsert_orders,
    upsert_refunds,
    upsert_returns,
)
from regulars.know.orders.models import Order, OrderLine, Product, Refund, Return, ReturnLine
from regulars.know.timeline.models import Event

DAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
RECORD = LineDraft("LP-1", "Blue Train", 2, 3000, 2500)
POSTAGE = LineDraft("POST", "Postage", 1, 490, 490, False)


def order(number: str = "1001", **changes: Any) -> OrderDraft:
    draft = OrderDraft(number, DAY, (RECORD, RECORD, POSTAGE), customer_number="rosa", currency="EUR")
    return replace(draft, **changes)


def put(shop: Shop, now: datetime, *drafts: OrderDraft, history: bool = False) -> tuple[int, int, int]:
    done = upsert_orders(shop, drafts, now=now, source="test", is_history=history)
    assert set(done.ids) == {draft.number for draft in drafts}
    return done.created, done.changed, done.unchanged


def test_an_order_is_written_whole_and_equal_lines_are_two_lines(shop: Shop, rosa: Customer, now: datetime) -> None:
    assert put(shop, now, order()) == (1, 0, 0)

    with scope(shop=shop):
        written = Order.objects.get()
        assert (written.customer_id, written.number, written.placed_at) == (rosa.pk, "1001", DAY)
        assert (written.list_value, written.value, written.discount, written.units) == (6000, 5000, 1000, 4)
        assert written.is_counted
        lines = written.lines.order_by("pk").values_list("sku", "quantity", "value", "is_merchandise")
        assert list(lines) == [("LP-1", 2, 2500, True), ("LP-1", 2, 2500, True), ("POST", 1, 490, False)]
        assert dict(Product.objects.values_list("sku", "title")) == {"LP-1": "Blue Train", "POST": "Postage"}
        assert set(written.lines.values_list("product__sku", flat=True)) == {"LP-1", "POST"}
        event = Event.objects.get()
    assert (event.type, event.at, event.customer_id, event.is_history) == ("order.placed", DAY, rosa.pk, False)
    assert event.data == {"order": "1001", "order_id": written.pk, "value": 5000}


def test_the_same_again_changes_nothing(shop: Shop, rosa: Customer, now: datetime) -> None:
    put(shop, now, order())
    with scope(shop=shop):
        before = list(OrderLine.objects.values()), list(Order.objects.values())

    assert put(shop, now + timedelta(days=1), order()) == (0, 0, 1)

    with scope(shop=shop):
        assert (list(OrderLine.objects.values()), list(Order.objects.values())) == before
        assert Event.objects.count() == 1


def test_the_newest_version_wins_and_a_late_older_one_changes_nothing(
    shop: Shop, rosa: Customer, now: datetime
) -> None:
    put(shop, now, order(version="2026-05-04T12:00"))
    cancelled = order(version="2026-05-06T12:00", cancelled_at=DAY + timedelta(days=2))
    assert put(shop, now, cancelled) == (0, 1, 0)

    assert put(shop, now, order(version="2026-05-05T12:00", lines=(RECORD,))) == (0, 0, 1)

    with scope(shop=shop):
        written = Order.objects.get()
        assert (written.status, written.is_counted, written.lines.count()) == ("cancelled", False, 3)
        assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == ["order.placed", "order.cancelled"]


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, True),
        ({"is_test": True}, False),
        ({"cancelled_at": DAY}, False),
        ({"lines": (POSTAGE,)}, False),
        ({"lines": (LineDraft("LP-1", "", 1, 0, 0),)}, False),
        ({"lines": (LineDraft("LP-1", "", 1, 0, 0),), "counts_zero": True}, True),
        ({"lines": (LineDraft("LP-1", "", 1, 900, 0),)}, True),
    ],
)
def test_which_orders_count(shop: Shop, now: datetime, changes: dict[str, Any], counted: bool) -> None:
    put(shop, now, order(**changes))

    with scope(shop=shop):
        assert Order.objects.get().is_counted is counted


def test_history_writes_no_events(shop: Shop, now: datetime) -> None:
    assert put(shop, now, order(), history=True) == (1, 0, 0)

    with scope(shop=shop):
        assert Order.objects.count() == 1
        assert not Event.objects.exists()


def test_customers_are_made_and_known_since_their_first_order(shop: Shop, now: datetime) -> None:
    put(shop, now, order("2", placed_at=DAY), order("1", placed_at=DAY - timedelta(days=9)), history=True)
    put(shop, now, order("3", placed_at=DAY - timedelta(days=2)), order("4", customer_number=""), history=True)

    with scope(shop=shop):
        assert list(Customer.objects.values_list("number", "since")) == [("rosa", DAY - timedelta(days=9))]
        assert Order.objects.get(number="4").customer_id is None


def test_another_currency_is_refused_and_nothing_is_written(shop: Shop, now: datetime) -> None:
    with pytest.raises(Refused, match="order 2 is in USD, the shop's currency is EUR"):
        put(shop, now, order("1"), order("2", currency="USD"))

    with scope(shop=shop):
        assert not Order.objects.exists()


def test_an_erased_person_keeps_the_old_orders_and_gets_no_new_ones(shop: Shop, rosa: Customer, now: datetime) -> None:
    put(shop, now, order("1"))
    erase(shop, [rosa.pk], now)

    put(shop, now, order("1", lines=(RECORD,)), order("2"), history=True)

    with scope(shop=shop):
        assert dict(Order.objects.values_list("number", "customer_id")) == {"1": rosa.pk, "2": None}
        assert Customer.objects.count() == 1


def test_returns_and_refunds(shop: Shop, rosa: Customer, now: datetime) -> None:
    put(shop, now, order("1", customer_number="rosa"))
    back = ReturnDraft("R1", DAY, (LineDraft("LP-1", "Blue Train", 1, 1250, 1250),), order_number="1")
    money = RefundDraft("R1", DAY, 1250, 1740, order_number="1")

    for created, unchanged in ((1, 0), (0, 1)):
        done = upsert_returns(shop, [back], now=now, source="test", is_history=False)
        paid = upsert_refunds(shop, [money], now=now, source="test", is_history=False)
        assert (done.created, done.changed, done.unchanged) == (created, 0, unchanged)
        assert (paid.created, paid.changed, paid.unchanged) == (created, 0, unchanged)

    with scope(shop=shop):
        row = Return.objects.get()
        assert (row.customer_id, row.order.number, row.units, row.value) == (rosa.pk, "1", 1, 1250)
        assert ReturnLine.objects.count() == 1
        assert Refund.objects.values_list("customer_id", "merchandise", "total").get() == (rosa.pk, 1250, 1740)
        assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
            "order.placed", "return.received", "refund.paid",
        ]  # fmt: skip


def queries(shop: Shop, now: datetime, prefix: str, count: int) -> int:
    drafts = [order(f"{prefix}{n}", customer_number=f"{prefix}{n}") for n in range(count)]
    with CaptureQueriesContext(
        connection,
    ) as seen:
        put(shop, now, *drafts)
        put(shop, now, *(replace(draft, lines=(RECORD,)) for draft in drafts))
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_batch(shop: Shop, now: datetime) -> None:
    queries(shop, now, "warm", 1)
    assert queries(shop, now, "a", 3) == queries(shop, now, "b", 300)
