"""Checkouts in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.orders.actions import CheckoutDraft, upsert_checkouts
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE, customers_of
from regulars.web.api.rows import CheckoutIn

from .orders import lines_of

router = Router(tags=["checkouts"])
EXAMPLE = {
    "token": "b7c1",
    "active_at": "2026-06-10T07:40:00Z",
    "customer": {"email": "rosa@example.com"},
    "lines": [{"sku": "LP-7", "title": "Kind of Blue", "quantity": 1, "value": 2490}],
    "url": "https://shop.example/checkout/b7c1",
}


def _write(shop: Shop, rows: Sequence[CheckoutIn], is_history: bool, now: datetime) -> list[str]:
    people = customers_of(shop, rows, is_history, now)
    drafts = [
        CheckoutDraft(
            row.token,
            started_at=row.started_at or row.active_at,
            active_at=row.active_at,
            lines=lines_of(row.lines),
            customer_id=person,
            url=row.url,
            version=row.told_version(),
        )
        for row, person in zip(rows, people, strict=True)
    ]
    done = upsert_checkouts(shop, drafts, now=now, source=SOURCE, is_history=is_history)
    return [done.outcomes[row.token] for row in rows]


NOUN = Noun("checkouts", CheckoutIn, "token", _write)


@router.post(
    "/checkouts",
    response={200: BatchOut, **BODY_ERRORS},
    summary="Send checkouts",
    openapi_extra=described(CheckoutIn, EXAMPLE),
)
@needs("checkouts:write")
def send(request: HttpRequest) -> Any:
    """One checkout or up to 1000, each whole. One in which nothing happens for an hour (a setting of the shop) counts as
    left, once; an order that names its token completes it, whichever of the two comes first."""
    return take(request, NOUN)
