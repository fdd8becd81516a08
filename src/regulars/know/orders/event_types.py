"""Events of orders. Data: {"order": number, "order_id": id, "value": minor units} and, where it applies, "units"."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop
from regulars.core.money import formatted


def _order(shop: Shop, data: Mapping[str, Any]) -> str:
    if data.get("value") is None:
        return str(data.get("order", ""))
    value = formatted(int(data["value"]), shop.currency, get_language() or shop.locale)
    if not data.get("order"):  # goods that came back without saying from which order
        return value
    return _("%(order)s over %(value)s") % {"order": data.get("order", ""), "value": value}


ORDER_PLACED = event_type("order.placed", gettext_lazy("Order placed"), icon="shopping-bag", describe=_order)
ORDER_CHANGED = event_type("order.changed", gettext_lazy("Order changed"), icon="pencil", describe=_order)
ORDER_CANCELLED = event_type("order.cancelled", gettext_lazy("Order cancelled"), icon="ban", describe=_order)
RETURN_RECEIVED = event_type("return.received", gettext_lazy("Return received"), icon="undo-2", describe=_order)
REFUND_PAID = event_type("refund.paid", gettext_lazy("Refund paid"), icon="banknote", describe=_order)


def _product(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("product", ""))


def _parcel(shop: Shop, data: Mapping[str, Any]) -> str:
    return " · ".join(str(data[name]) for name in ("order", "carrier") if data.get(name))


def _price(shop: Shop, data: Mapping[str, Any]) -> str:
    language = get_language() or shop.locale
    prices = [formatted(int(data.get(name) or 0), shop.currency, language) for name in ("old", "new")]
    return f"{data.get('product', '')}: {prices[0]} → {prices[1]}"


def _checkout(shop: Shop, data: Mapping[str, Any]) -> str:
    return formatted(int(data.get("value") or 0), shop.currency, get_language() or shop.locale)


SHIPMENT_SHIPPED = event_type("shipment.shipped", gettext_lazy("Parcel sent"), icon="truck", describe=_parcel)
SHIPMENT_DELIVERED = event_type(
    "shipment.delivered", gettext_lazy("Parcel delivered"), icon="package-check", describe=_parcel
)
CHECKOUT_LEFT = event_type("checkout.left", gettext_lazy("Checkout left"), icon="shopping-cart", describe=_checkout)
PRODUCT_ADDED = event_type("product.added", gettext_lazy("New in the shop"), icon="sparkles", describe=_product)
"""Data: {"product": sku, "product_id", "category"}. Of no customer: whom it may interest is the trigger's matter."""
PRODUCT_RESTOCKED = event_type("product.restocked", gettext_lazy("In stock again"), icon="package", describe=_product)
"""Data: {"product": sku, "product_id", "old", "new"}: units. Of no customer: who waits is the trigger's matter."""
PRODUCT_PRICE_DROPPED = event_type(
    "product.price_dropped", gettext_lazy("Price dropped"), icon="trending-down", describe=_price
)
"""Data: {"product": sku, "product_id", "old", "new", "lowest_30": minor units, "percent"}. Of no customer, too."""
PRODUCT_VIEWED = event_type(
    "product.viewed", gettext_lazy("Product viewed"), icon="eye", describe=_product, is_open=True
)
PRODUCT_WISHED = event_type(
    "product.wished", gettext_lazy("Product wished for"), icon="heart", describe=_product, is_open=True
)
PRODUCT_UNWISHED = event_type(
    "product.unwished", gettext_lazy("Wish withdrawn"), icon="heart", describe=_product, is_open=True
)
"""Interest in a product, told by the shop. Data: {"product": sku}."""
