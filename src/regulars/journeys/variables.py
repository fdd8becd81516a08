"""Variables of messages that come from journeys: the voucher that a message carries, and what took the customer in.

The step `send` gives the values.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables

FIELDS = {
    "code": _("code of the voucher"),
    "value": _("what it is worth, such as 15 %"),
    "valid_until": _("last day on which it is valid"),
    "minimum": _("minimum order value, empty without one"),
}
SAMPLE = {"code": "K7QF-2MXPAB", "value": "15 %", "valid_until": "30. 6. 2026", "minimum": ""}
PRODUCT = {
    "title": _("title of the product that the journey is about"),
    "category": _("its category"),
    "url": _("its address"),
    "price": _("its price, empty where unknown"),
}
PRODUCT_SAMPLE = {
    "title": "Plattenbürste",
    "category": "Zubehör",
    "url": "https://shop.example/plattenbuerste",
    "price": "14,90 €",
}
CHECKOUT = {
    "url": _("address at which the customer can go on with the order"),
    "value": _("what the goods in it cost"),
    "lines": _("what is in it: a list with quantity, title and value of each line, ten at most"),
    "more": _("how many lines beyond ten there are, 0 without"),
}
CHECKOUT_SAMPLE = {
    "url": "https://shop.example/checkout/abc",
    "value": "24,90 €",
    "lines": [{"quantity": 1, "title": "Kind of Blue", "value": "24,90 €"}],
    "more": 0,
}


@variables("voucher", fields=FIELDS, sample=SAMPLE)
def voucher(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Empty for everybody: only a message that carries a voucher has one."""
    return {customer_id: dict.fromkeys(FIELDS, "") for customer_id in customer_ids}


@variables("product", fields=PRODUCT, sample=PRODUCT_SAMPLE)
def product(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Empty for everybody: only a journey that a product started is about one."""
    return {customer_id: dict.fromkeys(PRODUCT, "") for customer_id in customer_ids}


@variables("checkout", fields=CHECKOUT, sample=CHECKOUT_SAMPLE)
def checkout(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Empty for everybody: only a journey that a checkout started is about one."""
    return {customer_id: {"url": "", "value": "", "lines": [], "more": 0} for customer_id in customer_ids}
