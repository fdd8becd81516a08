"""What happens to orders when customers are merged, exported or erased: bookkeeping stays, under a pseudonym."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.personal_data import declare

from .models import Checkout, Order, OrderLine, Refund, Return

COLUMNS = ("number", "placed_at", "status", "currency", "list_value", "discount", "value", "tax", "shipping", "units")


def _export_orders(shop: Shop, customer_id: int) -> list[dict[str, Any]]:
    """The orders with their lines; two queries."""
    orders = {
        row["pk"]: {name: row[name] for name in COLUMNS} | {"lines": []}
        for row in Order._base_manager.filter(customer=customer_id).order_by("placed_at", "pk").values("pk", *COLUMNS)
    }
    lines = OrderLine._base_manager.filter(order__customer=customer_id).order_by("pk")
    for order_id, sku, title, quantity, value in lines.values_list("order_id", "sku", "title", "quantity", "value"):
        orders[order_id]["lines"].append({"sku": sku, "title": title, "quantity": quantity, "value": value})
    return list(orders.values())


declare(Order, title=_("Orders"), export=_export_orders, erase="keep")
declare(Return, title=_("Returns"), export=("number", "returned_at", "units", "value"), erase="keep")
declare(Refund, title=_("Refunds"), export=("number", "refunded_at", "merchandise", "total"), erase="keep")
declare(
    Checkout,
    title=_("Checkouts"),
    export=("token", "status", "started_at", "active_at", "completed_at", "value", "lines"),
    erase="delete",
)
