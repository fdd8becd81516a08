"""The rows behind a figure: the orders or customers that it counts, from the same facts as the figure itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Sum

from regulars.core.models import Shop
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order

from . import kpis, snapshot
from .figures import Ask, Figure, Kpi, figure, missing
from .periods import Period
from .snapshot import Snapshot
from .warehouse import open_snapshot


@dataclass(frozen=True)
class Behind:
    """The figure of one period with one page of its rows. kind: "orders", "customers", or "" where there are none."""

    figure: Figure
    kind: str
    total: int
    rows: Sequence[Any]


def behind(shop: Shop, one: Kpi, period: Period, *, now: datetime, offset: int, limit: int) -> Behind | None:
    """The figure and the rows `offset` to `offset + limit`, newest first; None before there is a snapshot."""
    at = snapshot.current(shop)
    if at is None:
        return None
    with open_snapshot(at) as warehouse:
        ask = Ask(shop, at, warehouse, [period], now)
        ask.give_periods()
        answer = missing("no_data") if at.first_day is None else one.compute(ask)[0]
        shown = figure(one, None if one.is_table else period, answer, shop.currency)
        if one.rows is None or at.first_day is None:
            return Behind(shown, "", 0, ())
        kind, sql = one.rows
        ids = f"SELECT DISTINCT {kind[:-1]}_id AS id FROM ({sql})"
        total = ask.rows(f"SELECT COUNT(*) AS n FROM ({ids})")[0]["n"]
        page = [row["id"] for row in ask.rows(f"{ids} ORDER BY id DESC LIMIT {int(limit)} OFFSET {int(offset)}")]
    return Behind(shown, kind, total, _orders(page) if kind == "orders" else _customers(page))


def _orders(ids: list[int]) -> list[Order]:
    found = Order.objects.filter(pk__in=ids).select_related("customer")
    return sorted(found, key=lambda order: order.placed_at, reverse=True)


def _customers(ids: list[int]) -> list[dict[str, Any]]:
    names = Customer.objects.in_bulk(ids)
    sums = {
        row["customer_id"]: row
        for row in Order.objects.filter(customer_id__in=ids, is_counted=True)
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


def trend(shop: Shop, one: Kpi, at: Snapshot, periods: Sequence[Period], now: datetime) -> list[Figure]:
    """The figure of each of the periods."""
    return kpis.compute_periods(shop, periods, [one], now=now, snapshot=at)
