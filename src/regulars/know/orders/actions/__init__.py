"""Verbs of orders: upsert what the shop reports; complete checkouts and mark those that were left."""

from regulars.know.customers.actions import Upserted

from .checkouts import CheckoutDraft, complete_checkouts, leave_checkouts, upsert_checkouts
from .drafts import LineDraft, OrderDraft, RefundDraft, ReturnDraft
from .orders import upsert_orders
from .products import ProductDraft, upsert_products
from .returns import upsert_refunds, upsert_returns
from .shipments import ShipmentDraft, upsert_shipments

__all__ = [
    "CheckoutDraft",
    "LineDraft",
    "OrderDraft",
    "ProductDraft",
    "RefundDraft",
    "ReturnDraft",
    "ShipmentDraft",
    "Upserted",
    "complete_checkouts",
    "leave_checkouts",
    "upsert_checkouts",
    "upsert_orders",
    "upsert_products",
    "upsert_refunds",
    "upsert_returns",
    "upsert_shipments",
]
