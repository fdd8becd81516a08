"""Shipments in from a source, as sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.actions import Upserted
from regulars.know.orders.event_types import SHIPMENT_DELIVERED, SHIPMENT_SHIPPED
from regulars.know.orders.models import Order, Shipment
from regulars.know.timeline.actions import Fact, record

COLUMNS = (
    "order_id", "number", "shipped_at", "promised_on", "delivered_at", "carrier", "tracking_code", "tracking_url",
    "source_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShipmentDraft:
    """One parcel. None and "": the source says nothing, what is known stays. tracking_url: where the shop wants it followed.
    version: newest wins, compared as text."""

    number: str
    order_number: str
    shipped_at: datetime | None = None
    promised_on: date | None = None
    delivered_at: datetime | None = None
    carrier: str = ""
    tracking_code: str = ""
    tracking_url: str = ""
    version: str = ""


@transaction.atomic
def upsert_shipments(
    shop: Shop, drafts: Sequence[ShipmentDraft], *, now: datetime, source: str, is_history: bool
) -> Upserted:
    """Writes parcels; `shipment.shipped` and `shipment.delivered`, once each, unless it is history.

    A parcel of an order that is not known is left out (outcome "unknown_order"). Each number may come once in a batch.
    A constant number of queries.
    """
    if len({draft.number for draft in drafts}) < len(drafts):
        raise Refused("a shipment comes twice in one batch")
    take_turn(shop)
    result = Upserted()
    found = Order._base_manager.filter(shop=shop, number__among={draft.order_number for draft in drafts})
    orders = {number: (pk, customer) for number, pk, customer in found.values_list("number", "pk", "customer_id")}
    numbers = {draft.number for draft in drafts}
    before = {row.number: row for row in Shipment._base_manager.filter(shop=shop, number__among=numbers)}
    fresh: list[Shipment] = []
    changed: list[Shipment] = []
    facts: list[Fact] = []
    for draft in drafts:
        if draft.order_number not in orders:
            result.outcomes[draft.number] = "unknown_order"
            continue
        order_id, customer_id = orders[draft.order_number]
        row = before.get(draft.number) or Shipment(shop=shop, number=draft.number)
        outcome = _apply(row, draft, order_id)
        result.outcomes[draft.number] = outcome
        if outcome in ("created", "changed"):
            (fresh if outcome == "created" else changed).append(row)
            data = {"shipment": row.number, "order": draft.order_number, "order_id": order_id, "carrier": row.carrier}
            for kind, at in ((SHIPMENT_SHIPPED, row.shipped_at), (SHIPMENT_DELIVERED, row.delivered_at)):
                if at is not None:
                    facts.append(Fact(kind, at, customer_id, data, f"shipment:{row.number}"))
    moment = bulk.moments()

    def values(row: Shipment) -> tuple[object, ...]:
        promised = None if row.promised_on is None else row.promised_on.isoformat()
        return (
            row.order_id, row.number, moment(row.shipped_at), promised, moment(row.delivered_at), row.carrier,
            row.tracking_code, row.tracking_url, row.source_version,
        )  # fmt: skip

    bulk.insert(Shipment, ("shop_id", *COLUMNS), [(shop.pk, *values(row)) for row in fresh])
    bulk.update(Shipment, COLUMNS, [(*values(row), row.pk) for row in changed])
    result.created, result.changed = len(fresh), len(changed)
    result.unchanged = len(drafts) - len(fresh) - len(changed)
    if not is_history:
        record(shop, facts, now=now, source=source)
    return result


def _apply(row: Shipment, draft: ShipmentDraft, order_id: int) -> str:
    is_new = row.pk is None
    if draft.version and row.source_version and draft.version < row.source_version:
        return "older"
    told = {
        name: value
        for name in ("shipped_at", "promised_on", "delivered_at", "carrier", "tracking_code", "tracking_url")
        if (value := getattr(draft, name)) not in (None, "")
    }
    told["order_id"] = order_id
    told["source_version"] = draft.version or row.source_version
    is_changed = any(getattr(row, name) != value for name, value in told.items())
    for name, value in told.items():
        setattr(row, name, value)
    return "created" if is_new else "changed" if is_changed else "unchanged"
