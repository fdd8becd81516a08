"""The orders of one customer as the pages show them: figures, and the orders themselves, turned over by key.

Queries name the customer or the order and not the shop, of which these are already: SQLite, asked for both, would read the
index of the shop from end to end.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Prefetch, Q, Sum
from django.db.models.functions import Coalesce

from .models import Order, OrderLine, Refund, Return

PAGE = 5
LINES_SHOWN = 4
"""Lines shown of each order; the others stand on the page of the order."""


@dataclass(frozen=True)
class Figures:
    """Over counted orders, in minor units, taxes in. revenue: after refunds of merchandise. average: value per order
    before refunds, None without orders."""

    orders: int
    value: int
    refunded: int
    first_at: datetime | None
    last_at: datetime | None
    returns: int
    not_counted: int

    @property
    def revenue(self) -> int:
        return self.value - self.refunded

    @property
    def average(self) -> int | None:
        return round(self.value / self.orders) if self.orders else None


def figures_of(customer_id: int) -> Figures:
    """What a customer bought, in three queries."""
    counted = Q(is_counted=True)
    sums = Order._base_manager.filter(customer_id=customer_id).aggregate(
        every=Count("pk"),
        orders=Count("pk", counted),
        total=Coalesce(Sum("value", filter=counted), 0),
        first_at=Min("placed_at", filter=counted),
        last_at=Max("placed_at", filter=counted),
    )
    refunded = Refund._base_manager.filter(customer_id=customer_id).aggregate(total=Coalesce(Sum("merchandise"), 0))[
        "total"
    ]
    return Figures(
        orders=sums["orders"],
        value=sums["total"],
        refunded=refunded,
        first_at=sums["first_at"],
        last_at=sums["last_at"],
        returns=Return._base_manager.filter(customer_id=customer_id).count(),
        not_counted=sums["every"] - sums["orders"],
    )


def orders_of(customer_id: int, before: int | None = None) -> tuple[list[Order], int | None]:
    """Some orders, newest first, each with its first lines (`shown_lines`), how many more it has (`lines_left`), returns
    and refunds; and the id of the order after which older ones lie. At most six queries."""
    rows = Order._base_manager.filter(customer_id=customer_id).order_by("-placed_at", "-pk")
    if before is not None:
        at = Order._base_manager.filter(pk=before, customer_id=customer_id).values_list("placed_at", flat=True).first()
        if at is None:
            return [], None
        rows = rows.filter(Q(placed_at__lt=at) | Q(placed_at=at, pk__lt=before), placed_at__lte=at)
    found: list[Any] = list(
        rows.prefetch_related(
            Prefetch("lines", OrderLine.objects.order_by("-is_merchandise", "pk")[:LINES_SHOWN], to_attr="shown_lines"),
            Prefetch("returns", Return._base_manager.order_by("returned_at", "pk")),
            Prefetch("refunds", Refund._base_manager.order_by("refunded_at", "pk")),
        )[: PAGE + 1]
    )
    shown = found[:PAGE]
    ids = [order.pk for order in shown]
    counts = dict(
        OrderLine.objects.filter(order__in=ids).order_by().values_list("order").annotate(Count("pk"))  # one GROUP BY
    )
    for order in shown:
        order.lines_left = counts.get(order.pk, 0) - len(order.shown_lines)
    return shown, shown[-1].pk if len(found) > PAGE else None
