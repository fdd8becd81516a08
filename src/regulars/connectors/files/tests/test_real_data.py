"""Real shops' data, imported whole: the published totals come out."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.connectors.files.actions import perform, shop_for_import, start_run
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.orders.models import Order, OrderLine

from .test_orders_import import counts


@pytest.mark.data
def test_online_retail_gives_the_published_totals(shop: Shop, data_dir: Path, now: datetime) -> None:
    folder = data_dir / "online-retail"
    uk = shop_for_import("uci", now=now, create=True, currency="GBP", timezone="Europe/London")
    run = start_run(uk, "orders", folder / "transactions.parquet", now=now, preset="uci_online_retail")
    perform(run, now, clock=lambda: now)

    expected = json.loads((folder / "expected.json").read_text())
    assert counts(run) == (541_909, 22_061, 4_372, 3_836, 0, 0)
    with scope(shop=uk):
        known = Order.objects.counted().filter(customer__isnull=False)
        assert known.count() == expected["clean"]["orders"]
        assert known.values("customer").distinct().count() == expected["clean"]["customers"]
        by_month: dict[str, list[Any]] = {}
        for order in known.values_list("placed_at", "value", "customer_id"):
            by_month.setdefault(f"{order[0].astimezone(UTC):%Y-%m}", []).append(order)
        goods = OrderLine.objects.filter(order__in=known, is_merchandise=True)
        assert goods.count() == expected["clean"]["rows"]
    for month, told in expected["monthly"].items():
        placed = by_month[month]
        assert len(placed) == told["orders"]
        assert len({customer for _, _, customer in placed}) == told["customers"]
        assert abs(sum(value for _, value, _ in placed) / 100 - told["revenue"]) < 5  # half a penny a line at most
    revenue = sum(value for placed in by_month.values() for _, value, _ in placed) / 100
    assert revenue == pytest.approx(expected["clean"]["revenue"], abs=50)


@pytest.mark.data
def test_cdnow_gives_the_published_totals(shop: Shop, data_dir: Path, now: datetime) -> None:
    us = shop_for_import("cdnow", now=now, create=True, currency="USD", timezone="America/New_York")
    run = start_run(us, "orders", data_dir / "cdnow" / "transactions.csv.gz", now=now, preset="cdnow")
    perform(run, now, clock=lambda: now)

    assert counts(run) == (69_659, 69_659, 23_570, 0, 0, 0)
    with scope(shop=us):
        values = list(Order.objects.counted().values_list("value", "units"))
    assert len(values) == 69_659
    assert sum(value for value, _ in values) == 250_031_563
    assert sum(units for _, units in values) == 167_881
