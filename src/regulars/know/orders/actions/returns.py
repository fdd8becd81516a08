"""Returns and refunds in from a source, as sets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.actions import Upserted, ensure_numbers
from regulars.know.orders.event_types import REFUND_PAID, RETURN_RECEIVED
from regulars.know.orders.models import Order, Refund, Return, ReturnLine
from regulars.know.timeline.actions import Fact, record

from .drafts import RefundDraft, ReturnDraft, fingerprint

RETURN_COLUMNS = (
    "customer_id", "order_id", "number", "returned_at", "units", "value", "source", "fingerprint",
    "source_version",
)  # fmt: skip
REFUND_COLUMNS = (
    "customer_id", "order_id", "number", "refunded_at", "merchandise", "total", "source", "fingerprint",
    "source_version",
)  # fmt: skip
Known = Mapping[str, int | None] | None
"""Customer number → id, where the caller has looked it up itself (None: nobody's)."""
LINE_COLUMNS = ("parent_id", "sku", "title", "quantity", "value", "is_merchandise")


@transaction.atomic
def upsert_returns(
    shop: Shop, drafts: Sequence[ReturnDraft], *, now: datetime, source: str, is_history: bool, known: Known = None
) -> Upserted:
    """Writes returns whole, with their lines; Events unless it is history. Units and value are those of merchandise."""
    moment = bulk.moments()

    def row(draft: ReturnDraft) -> tuple[Any, ...]:
        goods = [line for line in draft.lines if line.is_merchandise]
        units, value = sum(line.quantity for line in goods), sum(line.value for line in goods)
        return (draft.number, moment(draft.returned_at), units, value)

    if not drafts:
        return Upserted()
    result, written = _upsert(shop, Return, RETURN_COLUMNS, drafts, row, source, now, known)
    ids = [result.ids[draft.number] for draft in written]
    ReturnLine.objects.filter(parent__in=ids).delete()
    bulk.insert(
        ReturnLine,
        LINE_COLUMNS,
        [
            (pk, line.sku, line.title, line.quantity, line.value, line.is_merchandise)
            for pk, draft in zip(ids, written, strict=True)
            for line in draft.lines
        ],
    )
    if not is_history:
        rows = Return._base_manager.in_bulk(ids)
        record(
            shop,
            [
                Fact(
                    RETURN_RECEIVED,
                    draft.returned_at,
                    rows[pk].customer_id,
                    {
                        "return": draft.number,
                        "order": draft.order_number,
                        "order_id": rows[pk].order_id,
                        "value": rows[pk].value,
                        "units": rows[pk].units,
                    },
                    f"return:{draft.number}",
                )
                for pk, draft in zip(ids, written, strict=True)
            ],
            now=now,
            source=source,
        )
    return result


@transaction.atomic
def upsert_refunds(
    shop: Shop, drafts: Sequence[RefundDraft], *, now: datetime, source: str, is_history: bool, known: Known = None
) -> Upserted:
    """Writes refunds; Events unless it is history."""
    moment = bulk.moments()

    def row(draft: RefundDraft) -> tuple[Any, ...]:
        return (draft.number, moment(draft.refunded_at), draft.merchandise, draft.total)

    if not drafts:
        return Upserted()
    result, written = _upsert(shop, Refund, REFUND_COLUMNS, drafts, row, source, now, known)
    if not is_history:
        rows = Refund._base_manager.in_bulk([result.ids[draft.number] for draft in written])
        facts = []
        for draft in written:
            one = rows[result.ids[draft.number]]
            data = {"refund": draft.number, "order": draft.order_number, "order_id": one.order_id, "value": one.total}
            facts.append(Fact(REFUND_PAID, draft.refunded_at, one.customer_id, data, f"refund:{draft.number}"))
        record(shop, facts, now=now, source=source)
    return result


def _upsert(
    shop: Shop,
    model: type[models.Model],
    columns: Sequence[str],
    drafts: Sequence[Any],
    row: Any,
    source: str,
    now: datetime,
    own: Known,
) -> tuple[Upserted, list[Any]]:
    """Inserts and updates rows of `model`; returns what was done and the drafts that were written."""
    numbers = {draft.number for draft in drafts}
    if len(numbers) < len(drafts):
        raise Refused(f"a {model._meta.verbose_name} comes twice in one batch")
    take_turn(shop)
    known = model._base_manager.filter(shop=shop, number__in=numbers)
    told = ("number", "pk", "fingerprint", "customer_id", "source_version")
    there = {number: rest for number, *rest in known.values_list(*told)}
    marked = [(draft, fingerprint(draft)) for draft in drafts]
    fresh = [(draft, mark) for draft, mark in marked if draft.number not in there]
    older = {draft.number for draft in drafts if draft.number in there and draft.version < there[draft.number][3]}
    changed = [
        (draft, mark)
        for draft, mark in marked
        if draft.number in there and draft.number not in older and there[draft.number][1] != mark
    ]
    written = [draft for draft, _ in fresh + changed]
    own = own or {}
    customers, made = ensure_numbers(shop, {draft.customer_number for draft in written} - own.keys(), now)
    customers |= {number: pk for number, pk in own.items() if pk is not None}
    named = {draft.order_number for draft in written if draft.order_number}
    found = Order._base_manager.filter(shop=shop, number__in=named) if named else Order._base_manager.none()
    orders = {number: (pk, customer) for number, pk, customer in found.values_list("number", "pk", "customer_id")}

    def values(draft: Any, mark: str, before: int | None = None) -> tuple[Any, ...]:
        order_id, owner = orders.get(draft.order_number, (None, None))
        customer = draft.customer_id or customers.get(draft.customer_number) or owner or before
        return (customer, order_id, *row(draft), source, mark, draft.version)

    bulk.insert(model, ("shop_id", *columns), [(shop.pk, *values(*one)) for one in fresh])
    bulk.update(
        model,
        columns,
        [(*values(*one, there[one[0].number][2]), there[one[0].number][0]) for one in changed],
    )
    result = Upserted(len(fresh), len(changed), len(drafts) - len(written), customers=made)
    result.outcomes = dict.fromkeys(numbers, "unchanged") | dict.fromkeys(older, "older")
    result.outcomes |= {draft.number: "created" for draft, _ in fresh}
    result.outcomes |= {draft.number: "changed" for draft, _ in changed}
    result.ids = dict(known.all().values_list("number", "pk"))
    return result, written
