"""Orders for the tests of insights: written straight into the tables, as an import leaves them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest


@pytest.fixture
def write_orders(now: datetime) -> Callable[..., list[Any]]:
    """`write_orders(shop, [(customer number or None, "2026-05-01 10:00", value in minor units), …], **fields)`.

    Moments are in the shop's zone. Customers are made as needed; numbers of orders go on from those that are there.
    """
    from regulars.know.customers.models import Customer
    from regulars.know.orders.models import Order

    def write(shop: Any, rows: Sequence[tuple[str | None, str, int]], **fields: Any) -> list[Any]:
        zone = ZoneInfo(shop.timezone)
        there = dict(Customer._base_manager.filter(shop=shop).values_list("number", "pk"))
        missing = sorted({name for name, _, _ in rows if name is not None} - set(there))
        Customer._base_manager.bulk_create(
            [Customer(shop=shop, number=name, created_at=now, updated_at=now) for name in missing], batch_size=2000
        )
        there = dict(Customer._base_manager.filter(shop=shop).values_list("number", "pk"))
        begun = Order._base_manager.filter(shop=shop).count()
        return Order._base_manager.bulk_create(
            [
                Order(
                    shop=shop,
                    customer_id=there.get(name),
                    number=f"R{begun + number}",
                    placed_at=datetime.fromisoformat(moment).replace(tzinfo=zone).astimezone(UTC),
                    currency=shop.currency,
                    **{"value": value, "list_value": value, "units": 1, **fields},
                )
                for number, (name, moment, value) in enumerate(rows, 1)
            ],
            batch_size=2000,
        )

    return write
