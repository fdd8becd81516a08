"""Verbs of orders: upsert orders, returns and refunds as the shop reports them."""

from regulars.know.customers.actions import Upserted

from .drafts import LineDraft, OrderDraft, RefundDraft, ReturnDraft
from .orders import upsert_orders
from .returns import upsert_refunds, upsert_returns

__all__ = [
    "LineDraft",
    "OrderDraft",
    "RefundDraft",
    "ReturnDraft",
    "Upserted",
    "upsert_orders",
    "upsert_refunds",
    "upsert_returns",
]
