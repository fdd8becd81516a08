"""Shipments in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.intake.rows import Fault
from regulars.know.orders.actions import ShipmentDraft, upsert_shipments
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE
from regulars.web.api.rows import ShipmentIn

router = Router(tags=["shipments"])
EXAMPLE = {"number": "P-1", "order": "1001", "shipped_at": "2026-06-11T15:00:00Z", "promised_on": "2026-06-13"}


def _write(shop: Shop, rows: Sequence[ShipmentIn], is_history: bool, now: datetime) -> list[str | Fault]:
    drafts = [
        ShipmentDraft(
            row.number,
            row.order,
            shipped_at=row.shipped_at,
            promised_on=row.promised_on,
            delivered_at=row.delivered_at,
            carrier=row.carrier,
            tracking_code=row.tracking_code,
            tracking_url=row.tracking_url,
            version=row.told_version(),
        )
        for row in rows
    ]
    done = upsert_shipments(shop, drafts, now=now, source=SOURCE, is_history=is_history)
    said: list[str | Fault] = []
    for row in rows:
        outcome = done.outcomes[row.number]
        unknown = Fault(0, "order", f"there is no order {row.order}; send the order first, then this row again")
        said.append(unknown if outcome == "unknown_order" else outcome)
    return said


NOUN = Noun("shipments", ShipmentIn, "number", _write)


@router.post(
    "/shipments",
    response={200: BatchOut, **BODY_ERRORS},
    summary="Send shipments",
    openapi_extra=described(ShipmentIn, EXAMPLE),
)
@needs("shipments:write")
def send(request: HttpRequest) -> Any:
    """One parcel or up to 1000. Its order must be known; what a row leaves out stays as it is."""
    return take(request, NOUN)
