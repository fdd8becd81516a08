"""The pages of orders, and what orders add to the page of a customer."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from regulars.core.models import Shop
from regulars.core.scoping import scope
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
from regulars.know.orders.histories import LINES_SHOWN, PAGE, figures_of
from regulars.know.orders.models import Order, Shipment

pytestmark = pytest.mark.django_db

POSTAGE = LineDraft("POST", "Postage", 1, 490, 490, False)


def url(shop: Shop, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(unescape(response.content.decode()).split())


def buy(
    shop: Shop,
    now: datetime,
    number: str,
    *values: int,
    customer: str = "rosa",
    lines: Sequence[LineDraft] = (),
    **fields: Any,
) -> None:
    """One order with a line for each value, in cents."""
    drafts = lines or [LineDraft(f"LP-{value}", f"Record {value}", 1, value, value) for value in values]
    draft = OrderDraft(number, fields.pop("placed_at", now), drafts, customer_number=customer, **fields)
    upsert_orders(shop, [draft], now=now, source="test", is_history=False)


@pytest.mark.parametrize(
    ("role", "sees"),
    [("owner", 200), ("service", 200), ("marketer", 200), ("analyst", 200), ("till", 403), (None, 404)],
)
def test_each_role_sees_what_it_may(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime, role: str | None, sees: int
) -> None:
    buy(shop, now, "1001", 1000)
    client = signed_in(role)

    assert client.get(url(shop, "order", "1001")).status_code == sees
    assert client.get(url(shop, "customer-orders", rosa.pk)).status_code == sees


def test_orders_of_another_shop_are_not_there(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    other = Shop.objects.create(slug="other", name="Other")
    with scope(shop=other):
        Order.objects.create(shop=other, number="F1", placed_at=now, currency="EUR")

    assert signed_in().get(url(shop, "order", "F1")).status_code == 404


def test_one_order_with_all_that_belongs_to_it(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    lines = [LineDraft("LP-1", "Blue Train", 2, 3000, 2500), LineDraft("LP-2", "Low", 1, 1000, 1000), POSTAGE]
    buy(shop, now, "10/01 A", lines=lines, tax=559, shipping=490, voucher_code="ROSA-7", currency="EUR")
    upsert_returns(
        shop,
        [ReturnDraft("R-5", now, [LineDraft("LP-2", "Low", 1, 1000, 1000)], "rosa", order_number="10/01 A")],
        now=now,
        source="test",
        is_history=False,
    )
    upsert_refunds(
        shop,
        [RefundDraft("E-6", now, 1000, 1490, "rosa", order_number="10/01 A")],
        now=now,
        source="test",
        is_history=False,
    )
    with scope(shop=shop):
        Shipment.objects.create(
            shop=shop, order=Order.objects.get(), number="P-7", carrier="DHL", tracking_code="00340", shipped_at=now
        )

    page = text(signed_in(language="de").get(url(shop, "order", "10/01 A")))

    for word in (
        "Bestellung 10/01 A",
        "Rosa Rot",
        "Blue Train",
        "keine Ware",
        "ROSA-7",
        "R-5",
        "E-6",
        "P-7",
        "DHL",
        "00340",
    ):
        assert word in page, word
    for amount in ("40,00", "−5,00", "35,00", "5,59", "4,90", "14,90", "10,00"):  # list, discount, value, tax, …
        assert f"{amount}\xa0€".replace("\xa0", " ") in page.replace("\xa0", " "), amount


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cancelled_at": datetime.fromisoformat("2026-06-01T10:00:00+00:00")}, "Cancelled on 1 Jun 2026"),
        ({"is_test": True}, "A test order"),
        ({"lines": [POSTAGE]}, "This order holds no merchandise"),
    ],
)
def test_an_order_that_counts_in_no_figure_says_why(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime, fields: dict[str, Any], said: str
) -> None:
    buy(shop, now, "1001", 1000, **fields)

    assert said in text(signed_in().get(url(shop, "order", "1001")))


def test_an_order_without_a_customer_or_of_an_erased_one_has_a_page(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    buy(shop, now, "1001", 1000)
    buy(shop, now, "1002", 1000, customer="")
    client = signed_in()

    client.post(url(shop, "customer-erase", rosa.pk), {"number": "rosa"})

    assert "erased customer" in text(client.get(url(shop, "order", "1001")))
    assert "Rosa" not in text(client.get(url(shop, "order", "1001")))
    assert "not known" in text(client.get(url(shop, "order", "1002")))


def test_titles_are_text_and_never_markup(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    buy(shop, now, "<b>1", lines=[LineDraft("<i>sku", "<script>alert(1)</script>", 1, 1, 1)], voucher_code="<u>code")
    client = signed_in()

    for address in (url(shop, "order", "<b>1"), url(shop, "customer", rosa.pk)):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        for tag in ("<script>alert", "<b>1", "<i>sku", "<u>code"):
            assert tag not in page, (address, tag)


def test_figures_of_a_customer_count_what_counts(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    buy(shop, now, "1", 1000, 2000, placed_at=now - timedelta(days=30))
    buy(shop, now, "2", 4001, placed_at=now - timedelta(days=10))
    buy(shop, now, "3", 9999, cancelled_at=now, placed_at=now - timedelta(days=5))
    buy(shop, now, "4", 7777, customer="nico")
    upsert_refunds(shop, [RefundDraft("E", now, 500, 990, "rosa")], now=now, source="test", is_history=False)

    with scope(shop=shop):
        figures = figures_of(rosa.pk)
        nobody = figures_of(10**9)

    assert (figures.orders, figures.value, figures.refunded, figures.revenue) == (2, 7001, 500, 6501)
    assert figures.average == 3500  # 7001 / 2, half to even
    assert (figures.first_at, figures.last_at) == (now - timedelta(days=30), now - timedelta(days=10))
    assert (figures.returns, figures.not_counted) == (0, 1)
    assert (nobody.orders, nobody.revenue, nobody.average, nobody.first_at) == (0, 0, None, None)
    page = text(signed_in().get(url(shop, "customer", rosa.pk)))
    assert "€65.01" in page
    assert "€35.00" in page
    assert "1 not counted" in page


def test_the_list_of_customers_shows_counted_orders_and_the_last_one(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    buy(shop, now, "1", 1000, placed_at=now - timedelta(days=40))
    buy(shop, now, "2", 1000, placed_at=now - timedelta(days=30))
    buy(shop, now, "3", 1000, cancelled_at=now)

    [row] = signed_in().get(url(shop, "customers")).context["rows"]

    assert row.figures == {
        "orders_count": 2,
        "first": now - timedelta(days=40),
        "last": now - timedelta(days=30),
    }
    assert row.known_since == rosa.since


def test_older_orders_follow_where_the_list_stopped(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    for i in range(2 * PAGE + 1):  # two of them at each moment
        buy(shop, now, f"N{i:02}", 100, placed_at=now - timedelta(days=i // 2))
    client = signed_in()

    page = client.get(url(shop, "customer", rosa.pk)).content.decode()
    seen: list[str] = []
    part = client.get(url(shop, "customer-orders", rosa.pk))
    while True:
        seen += [order.number for order in part.context["orders"]]
        if part.context["older"] is None:
            break
        part = client.get(url(shop, "customer-orders", rosa.pk), {"before": part.context["older"]})

    assert [url(shop, "order", number) in page for number in seen] == [True] * PAGE + [False] * (PAGE + 1)
    assert seen == ["N01", "N00", "N03", "N02", "N05", "N04", "N07", "N06", "N09", "N08", "N10"]


def test_a_long_order_is_cut_short_on_the_customers_page(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    buy(shop, now, "1", *range(100, 130))

    [order] = signed_in().get(url(shop, "customer-orders", rosa.pk)).context["orders"]

    assert [line.value for line in order.shown_lines] == [100, 101, 102, 103]
    assert order.lines_left == 30 - LINES_SHOWN


def test_returns_without_an_order_have_a_place_of_their_own(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    client = signed_in()
    assert "Returns and refunds" not in text(client.get(url(shop, "customer", rosa.pk)))

    upsert_returns(
        shop,
        [ReturnDraft("R-LOOSE", now, [LineDraft("LP", "Low", 1, 700, 700)], "rosa")],
        now=now,
        source="test",
        is_history=False,
    )

    page = text(client.get(url(shop, "customer", rosa.pk)))
    assert "Returns and refunds" in page
    assert "R-LOOSE" in page


def test_pages_ask_the_same_number_of_questions_for_one_order_and_a_hundred(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def questions(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    client = signed_in()
    buy(shop, now, "one", 100, customer="nico")
    drafts = [
        OrderDraft(f"M{i}", now - timedelta(days=i), [LineDraft("LP", "Low", 1, 100, 100)] * 3, customer_number="rosa")
        for i in range(100)
    ]
    upsert_orders(shop, drafts, now=now, source="test", is_history=False)
    buy(shop, now, "long", *range(100, 180), customer="nico", placed_at=now - timedelta(days=1))
    questions(url(shop, "customer", nico.pk))

    assert questions(url(shop, "customer", rosa.pk)) == questions(url(shop, "customer", nico.pk))
    assert questions(url(shop, "order", "long")) == questions(url(shop, "order", "one"))
