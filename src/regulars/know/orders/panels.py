"""What orders add to the page of a customer: figures on top, the orders themselves, goods and money that came back."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel
from regulars.know.customers.models import Customer

from .histories import figures_of, orders_of
from .models import Refund, Return

LOOSE = 10
"""Returns and refunds without an order that are shown."""


@panel("customer", key="order-figures", title=_("Purchases"), permission="view_customers", order=10, place="top")
def figures(request: HttpRequest, shop: Shop, customer: Customer) -> tuple[str, dict[str, Any]]:
    """Orders, revenue after refunds, average order value, first and last order."""
    return "orders/figures_panel.html", {"figures": figures_of(customer.pk), "shop": shop}


@panel("customer", key="orders", title=_("Orders"), permission="view_customers", order=10)
def orders(request: HttpRequest, shop: Shop, customer: Customer) -> tuple[str, dict[str, Any]]:
    """The newest orders with their lines; older ones on demand."""
    return "orders/orders_panel.html", listed(shop, customer.pk)


@panel("customer", key="returns", title=_("Returns and refunds"), permission="view_customers", order=20)
def without_order(request: HttpRequest, shop: Shop, customer: Customer) -> tuple[str, dict[str, Any]] | None:
    """The last returns and refunds whose order the shop does not name; those of an order stand at the order."""
    returns = list(Return._base_manager.filter(customer=customer, order=None).order_by("-returned_at", "-pk")[:LOOSE])
    refunds = list(Refund._base_manager.filter(customer=customer, order=None).order_by("-refunded_at", "-pk")[:LOOSE])
    if not returns and not refunds:
        return None
    return "orders/returns_panel.html", {"returns": returns, "refunds": refunds, "shop": shop}


def listed(shop: Shop, customer_id: int, before: int | None = None) -> dict[str, Any]:
    """What the list of a customer's orders wants."""
    shown, older = orders_of(customer_id, before)
    return {
        "orders": shown,
        "older": older,
        "orders_url": reverse("shop:customer-orders", args=[shop.slug, customer_id]),
        "shop": shop,
    }
