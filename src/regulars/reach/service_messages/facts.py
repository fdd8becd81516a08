"""What a service message knows of the order, the parcel and the refund it tells of, in the customer's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.db.models import Prefetch

from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, OrderLine, Refund, Shipment
from regulars.know.orders.tracking import tracking_url
from regulars.know.timeline.models import Event

LINES = 50
"""Of one order, as many as a loop of a mail shows."""


@dataclass
class Facts:
    """The rows that a batch of Events names, by their ids and numbers. Six queries at most."""

    shop: Shop
    orders: dict[int, Order] = field(default_factory=dict)
    parcels: dict[str, Shipment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    locales: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, shop: Shop, events: Sequence[Event]) -> "Facts":
        """Reads them for all events at once."""
        named: dict[str, set[Any]] = {"order_id": set(), "shipment": set(), "refund": set()}
        for event in events:
            for name, found in named.items():
                if event.data.get(name):
                    found.add(event.data[name])
        lines = Prefetch("lines", OrderLine.objects.order_by("-is_merchandise", "pk"), to_attr="shown_lines")
        facts = cls(shop)
        if named["order_id"]:
            orders = Order._base_manager.filter(shop=shop, pk__among=named["order_id"]).prefetch_related(lines)
            facts.orders = {one.pk: one for one in orders}
        if named["shipment"]:
            rows = Shipment._base_manager.filter(shop=shop, number__in=named["shipment"])
            facts.parcels = {one.number: one for one in rows}
        if named["refund"]:
            refunds = Refund._base_manager.filter(shop=shop, number__in=named["refund"])
            facts.refunds = {one.number: one for one in refunds}
        customers = {event.customer_id for event in events}
        known = Customer._base_manager.filter(shop=shop, pk__among=customers)
        facts.locales = dict(known.values_list("pk", "locale"))
        return facts

    def is_over(self, kind: str, event: Event) -> bool:
        """Whether the state that `event` told of has passed: telling it now would be wrong."""
        order = self.orders.get(event.data.get("order_id") or 0)
        if kind == "ordered":
            return order is None or order.status == Order.Status.CANCELLED
        if kind == "shipped":
            parcel = self.parcels.get(event.data.get("shipment", ""))
            return parcel is None or parcel.delivered_at is not None
        return False

    def values(self, event: Event) -> Mapping[str, Any]:
        """The variables of one message; what is not known is empty."""
        locale = (self.locales.get(event.customer_id or 0) or self.shop.locale)[:2]
        order = self.orders.get(event.data.get("order_id") or 0)
        parcel = self.parcels.get(event.data.get("shipment", ""))
        refund = self.refunds.get(event.data.get("refund", ""))
        return {
            **self._of_order(order, event, locale),
            "parcel.number": parcel.number if parcel else "",
            "parcel.carrier": parcel.carrier if parcel else "",
            "parcel.tracking_code": parcel.tracking_code if parcel else "",
            "parcel.tracking_url": tracking_url(parcel) if parcel else "",
            "parcel.promised_on": self._day(parcel.promised_on if parcel else None, locale),
            "refund.total": formatted(refund.total, self.shop.currency, locale) if refund else "",
            "refund.date": self._day(refund.refunded_at if refund else None, locale),
        }

    def _of_order(self, order: Order | None, event: Event, locale: str) -> dict[str, Any]:
        if order is None:
            empty = {f"order.{name}": "" for name in ("date", "discount", "shipping", "total")}
            return {**empty, "order.number": str(event.data.get("order", "")), "order.lines": []}

        def money(value: int) -> str:
            return formatted(value, order.currency, locale)

        shown: list[OrderLine] = order.shown_lines  # type: ignore[attr-defined]
        return {
            "order.number": order.number,
            "order.date": self._day(order.placed_at, locale),
            "order.lines": [
                {
                    "quantity": line.quantity,
                    "title": line.title or line.sku,
                    "value": money(line.list_value or line.value),
                }
                for line in shown[:LINES]
                if line.is_merchandise
            ],
            "order.discount": money(order.discount) if order.discount else "",
            "order.shipping": money(order.shipping) if order.shipping else "",
            "order.total": money(order.value + (order.shipping or 0)),
        }

    def _day(self, value: datetime | date | None, locale: str) -> str:
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(self.shop.timezone)).date()
        return format_date(value, "long", locale=locale) if value else ""
