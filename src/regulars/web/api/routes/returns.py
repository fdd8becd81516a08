"""Returns in, with the refunds that belong to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.intake.rows import Fault
from regulars.know.orders.actions import RefundDraft, ReturnDraft, upsert_refunds, upsert_returns
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE, customers_of
from regulars.web.api.rows import ReturnIn

from .orders import lines_of

router = Router(tags=["returns"])
EXAMPLE = {
    "number": "R-1",
    "order": "1001",
    "returned_at": "2026-06-20T09:00:00Z",
    "lines": [{"sku": "LP-7", "quantity": 1, "value": 2490}],
    "refund": {"number": "G-1", "refunded_at": "2026-06-21T09:00:00Z", "total": 2490},
}


def _write(shop: Shop, rows: Sequence[ReturnIn], is_history: bool, now: datetime) -> list[str | Fault]:
    named = {refund.number: row for row in rows if (refund := row.refund) is not None}
    people = customers_of(shop, rows, is_history, now)
    returns, refunds = [], []
    said: list[str | Fault] = []
    for row, person in zip(rows, people, strict=True):
        if row.refund is not None and named[row.refund.number] is not row:
            said.append(Fault(0, "refund.number", f"the refund {row.refund.number} comes with another return, too"))
            continue
        said.append("")
        version = row.told_version()
        returns.append(
            ReturnDraft(
                row.number,
                row.returned_at,
                lines_of(row.lines),
                customer_id=person,
                order_number=row.order,
                version=version,
            )
        )
        if row.refund is not None:
            total = row.refund.total
            goods = total if row.refund.merchandise is None else row.refund.merchandise
            refunds.append(
                RefundDraft(
                    row.refund.number,
                    row.refund.refunded_at,
                    goods,
                    total,
                    customer_id=person,
                    order_number=row.order,
                    version=version,
                )
            )
    done = upsert_returns(shop, returns, now=now, source=SOURCE, is_history=is_history).outcomes
    paid = upsert_refunds(shop, refunds, now=now, source=SOURCE, is_history=is_history).outcomes
    for place, row in enumerate(rows):
        if said[place] == "":
            outcome = done[row.number]
            moved = row.refund is not None and paid[row.refund.number] in ("created", "changed")
            said[place] = "changed" if outcome == "unchanged" and moved else outcome
    return said


NOUN = Noun("returns", ReturnIn, "number", _write)


@router.post(
    "/returns",
    response={200: BatchOut, **BODY_ERRORS},
    summary="Send returns and refunds",
    openapi_extra=described(ReturnIn, EXAMPLE),
)
@needs("returns:write")
def send(request: HttpRequest) -> Any:
    """One return or up to 1000, each whole, with the refund for it. Money given back without goods is a return without
    lines."""
    return take(request, NOUN)
