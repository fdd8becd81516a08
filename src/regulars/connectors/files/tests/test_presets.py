"""Presets: what they make of files as shops and papers have them."""

from datetime import UTC, datetime

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers.models import Identity
from regulars.know.orders.models import Order, Refund
from regulars.know.timeline.models import EventDue

from .test_orders_import import Import, counts

SHOPIFY = (
    "Name,Email,Created at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Accepts Marketing,Cancelled at,Refunded Amount,Billing Country\n"
    "#1,Rosa@example.com,2026-02-21 10:30:00 +0100,EUR,27.00,4.90,0,31.90,SAVE,3.00,1,Blue Train,20.00,LP-1,yes,,5.00,DE\n"
    "#1,,,,,,,,,,2,Sleeve,5.00,SL,,,,\n"
    "#2,nico@example.com,2026-02-22 10:30:00 +0100,EUR,10.00,0,1.90,11.90,,0,1,Blue Train,10.00,LP-1,no,"
    "2026-02-23 10:30:00 +0100,0,DE\n"
)


def test_shopify_orders_have_what_concerns_the_order_on_its_first_row(bring: Import, shop: Shop) -> None:
    run = bring(SHOPIFY, preset="shopify_orders_csv")
    again = bring(SHOPIFY, preset="shopify_orders_csv")

    assert counts(run) == (3, 2, 2, 0, 0, 0)
    assert counts(again) == (3, 0, 0, 0, 0, 2)
    with scope(shop=shop):
        one, two = Order.objects.order_by("number")
        assert (one.list_value, one.discount, one.value, one.voucher_code) == (3000, 300, 2700, "SAVE")
        assert list(one.lines.order_by("pk").values_list("value", flat=True)) == [1800, 900]
        assert one.placed_at == datetime(2026, 2, 21, 9, 30, tzinfo=UTC)
        assert (two.value, two.status, two.is_counted) == (1190, "cancelled", False)  # tax came on top
        assert Refund.objects.values_list("order__number", "total").get() == ("#1", 500)
        assert set(Identity.objects.values_list("key", flat=True)) == {"rosa@example.com", "nico@example.com"}
        consent = Consent.objects.get()
        assert (consent.customer_id, consent.state, consent.evidence) == (one.customer_id, "unproven", {})
        assert not EventDue.objects.exists()


def test_cdnow_takes_each_row_for_an_order(bring: Import, shop: Shop) -> None:
    text = "customer_id,date,cds,value\n00001,1997-01-01,1,11.77\n00001,1997-01-01,2,0.0\n00002,1997-01-12,1,12.0\n"
    run = bring(text, preset="cdnow")

    assert counts(run) == (3, 3, 2, 0, 0, 0)
    assert counts(bring(text, preset="cdnow")) == (3, 0, 0, 0, 0, 3)
    with scope(shop=shop):
        told = list(Order.objects.order_by("number").values_list("number", "units", "value", "is_counted"))
        assert told == [
            ("00001-19970101-1", 1, 1177, True),
            ("00001-19970101-2", 2, 0, True),
            ("00002-19970112-1", 1, 1200, True),
        ]
