"""Orders in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.orders.actions import LineDraft, OrderDraft, complete_checkouts, upsert_orders
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE, customers_of
from regulars.web.api.rows import LineIn, OrderIn

router = Router(tags=["orders"])
EXAMPLE = {
    "number": "1001",
    "placed_at": "2026-06-10T08:00:00Z",
    "customer": {"number": "C-1001", "email": "rosa@example.com"},
    "lines": [{"sku": "LP-7", "title": "Kind of Blue", "quantity": 1, "value": 2490, "list_value": 2990}],
    "currency": "EUR",
    "shipping": 490,
    "checkout": "b7c1",
    "version": 1,
}


def lines_of(lines: Sequence[LineIn]) -> tuple[LineDraft, ...]:
    """The lines of an order, return or checkout."""
    return tuple(
        LineDraft(
            line.sku,
            line.title,
            line.quantity,
            line.value if line.list_value is None else line.list_value,
            line.value,
            line.is_merchandise,
        )
        for line in lines
    )


def _write(shop: Shop, rows: Sequence[OrderIn], is_history: bool, now: datetime) -> list[str]:
    people = customers_of(shop, rows, is_history, now)
    drafts = [
        OrderDraft(
            number=row.number,
            placed_at=row.placed_at,
            lines=lines_of(row.lines),
            customer_id=person,
            currency=row.currency or shop.currency,
            cancelled_at=row.cancelled_at,
            is_test=row.is_test,
            tax=row.tax,
            shipping=row.shipping,
            voucher_code=row.voucher_code,
            version=row.told_version(),
        )
        for row, person in zip(rows, people, strict=True)
    ]
    done = upsert_orders(shop, drafts, now=now, source=SOURCE, is_history=is_history)
    complete_checkouts(shop, {row.checkout: row.number for row in rows if row.checkout}, now=now)
    return [done.outcomes[row.number] for row in rows]


NOUN = Noun("orders", OrderIn, "number", _write)


@router.post(
    "/orders", response={200: BatchOut, **BODY_ERRORS}, summary="Send orders", openapi_extra=described(OrderIn, EXAMPLE)
)
@needs("orders:write")
def send(request: HttpRequest) -> Any:
    """One order or up to 1000, each whole: send it again when something changed, with a higher version. Who placed it
    becomes a customer where not known; products are made as well. A checkout named is completed."""
    return take(request, NOUN)
