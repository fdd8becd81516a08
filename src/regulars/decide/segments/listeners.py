"""Segments react to facts about customers: their profiles are computed anew."""

from collections.abc import Sequence
from datetime import datetime

from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.know.timeline.models import Event

from .profiles import refresh


@listener(
    "segments.profiles",
    types=[
        "order.placed",
        "order.changed",
        "order.cancelled",
        "return.received",
        "refund.paid",
        "customer.created",
        "customer.changed",
        "customer.merged",
        "consent.granted",
        "consent.withdrawn",
        "objection.made",
        "objection.lifted",
        "message.sent",
    ],
)
def touched(shop: Shop, events: Sequence[Event], now: datetime) -> None:
    """Recomputes the customers named by the batch, as one set."""
    ids = {event.customer_id for event in events if event.customer_id is not None}
    if ids:
        refresh(shop, now, sorted(ids))
