"""The rows behind a figure: the orders or customers that it counts, from the same facts as the figure itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from regulars.core.models import Shop
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order

from . import kpis
from .figures import Ask, Figure, Kpi
from .periods import Period
from .snapshot import Snapshot
from .warehouse import open_snapshot


@dataclass(frozen=True)
class Found:
    """The figure of one period with the ids of one page of its rows. kind: "orders", "customers", or "" where there are
    none."""

    figure: Figure
    kind: str
    total: int
    ids: Sequence[int]

    def rows(self) -> Sequence[Any]:
        """The rows from the records: orders, or customers with what they ordered so far. A constant number of queries."""
        return _orders(self.ids) if self.kind == "orders" else _customers(self.ids)


def behind(shop: Shop, one: Kpi, at: Snapshot, period: Period, *, now: datetime, offset: int, limit: int) -> Found:
    """The figure and the rows `offset` to `offset + limit`, newest first."""
    with open_snapshot(at) as warehouse:
        ask = Ask(shop, at, warehouse, [period], now)
        ask.give_periods()
        return found(ask, one, kpis.answers(ask, [one])[0], offset=offset, limit=limit)


def found(ask: Ask, one: Kpi, figure: Figure, *, offset: int, limit: int) -> Found:
    """What lies behind `figure`, the only period of `ask`."""
    if one.rows is None or ask.snapshot.first_day is None:
        return Found(figure, "", 0, ())
    kind, sql = one.rows
    ids = f"SELECT DISTINCT {kind[:-1]}_id AS id FROM ({sql})"
    total = ask.rows(f"SELECT COUNT(*) AS n FROM ({ids})")[0]["n"]
    page = [row["id"] for row in ask.rows(f"{ids} ORDER BY id DESC LIMIT {int(limit)} OFFSET {int(offset)}")]
    return Found(figure, kind, total, page)


def _orders(ids: Sequence[int]) -> list[Order]:
    found = Order._base_manager.filter(pk__in=ids).select_related("customer")
    return sorted(found, key=lambda order: order.placed_at, reverse=True)


def _customers(ids: Sequence[int]) -> list[dict[str, Any]]:
    names = Customer._base_manager.in_bulk(ids)
    sums: dict[int, Any] = {
        row["customer_id"]: row
        for row in Order._base_manager.filter(customer_id__in=ids, is_counted=True)
        .values("customer_id")
        .annotate(orders=Count("pk"), revenue=Sum("value"))
    }
    return [
        {
            "customer": names[pk],
            "orders": sums.get(pk, {}).get("orders", 0),
            "revenue": sums.get(pk, {}).get("revenue", 0),
        }
        for pk in ids
        if pk in names
    ]


def trend(shop: Shop, one: Kpi, at: Snapshot, periods: Sequence[Period], now: datetime) -> list[Any] | None:
    """The values in each of the periods; None for a table."""
    if one.is_table:
        return None
    return [figure.value for figure in kpis.compute_periods(shop, periods, [one], now=now, snapshot=at)]
