"""Orders in from a source, as sets: a constant number of queries whatever the size of the batch."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.actions import Upserted, ensure_numbers
from regulars.know.orders.event_types import ORDER_CANCELLED, ORDER_CHANGED, ORDER_PLACED
from regulars.know.orders.models import Order, OrderLine, Product
from regulars.know.timeline.actions import Fact, record

from .drafts import OrderDraft, fingerprint

COLUMNS = (
    "customer_id", "number", "placed_at", "currency", "status", "cancelled_at", "is_test", "is_counted", "list_value",
    "discount", "value", "tax", "shipping", "units", "voucher_code", "source", "source_version", "fingerprint",
)  # fmt: skip
LINE_COLUMNS = (
    "order_id", "product_id", "sku", "title", "quantity", "list_value", "value", "is_merchandise",
)  # fmt: skip


@dataclass(slots=True)
class _There:
    """What is known of an order that is there already."""

    pk: int
    fingerprint: str
    version: str
    customer_id: int | None
    status: str


@transaction.atomic
def upsert_orders(
    shop: Shop,
    drafts: Sequence[OrderDraft],
    *,
    now: datetime,
    source: str,
    is_history: bool,
    known: Mapping[str, int | None] | None = None,
) -> Upserted:
    """Writes whole orders; Events for those placed, changed and cancelled, unless it is history.

    An order that is there with the same content, or in a newer version, is left as it is. A changed one has its lines
    replaced. Customers and products not known yet are made; `known` tells the ids of customer numbers that the caller
    has looked up itself (None: nobody's). Each number may come once in a batch. Raises Refused for a
    currency that is not the shop's.
    """
    numbers = {draft.number for draft in drafts}
    if len(numbers) < len(drafts):
        raise Refused("an order comes twice in one batch")
    for draft in drafts:
        if draft.currency and draft.currency != shop.currency:
            raise Refused(f"order {draft.number} is in {draft.currency}, the shop's currency is {shop.currency}")
    take_turn(shop)
    there = _there(shop, numbers)
    fresh: list[tuple[OrderDraft, str]] = []
    changed: list[tuple[OrderDraft, str]] = []
    older: list[str] = []
    for draft in drafts:
        mark = fingerprint(draft)
        before = there.get(draft.number)
        if before is None:
            fresh.append((draft, mark))
        elif draft.version < before.version:
            older.append(draft.number)
        elif before.fingerprint != mark:
            changed.append((draft, mark))
    result = Upserted(len(fresh), len(changed), len(drafts) - len(fresh) - len(changed))
    result.outcomes = dict.fromkeys(numbers, "unchanged") | dict.fromkeys(older, "older")
    result.outcomes |= {draft.number: "created" for draft, _ in fresh}
    result.outcomes |= {draft.number: "changed" for draft, _ in changed}
    result.ids = {number: row.pk for number, row in there.items()}
    if fresh or changed:
        result.customers = _write(shop, fresh, changed, there, result.ids, source, now, known or {})
    if not is_history:
        record(shop, _facts(fresh, changed, there, result.ids, now), now=now, source=source)
    return result


def _there(shop: Shop, numbers: Collection[str]) -> dict[str, _There]:
    columns = ("number", "id", "fingerprint", "source_version", "customer_id", "status")
    return {number: _There(*rest) for number, *rest in bulk.select(Order, columns, shop.pk, "number", numbers)}


def _write(
    shop: Shop,
    fresh: Sequence[tuple[OrderDraft, str]],
    changed: Sequence[tuple[OrderDraft, str]],
    there: dict[str, _There],
    ids: dict[str, int],
    source: str,
    now: datetime,
    known: Mapping[str, int | None],
) -> int:
    """Writes rows, adds the new ones to `ids`, and returns how many customers were made."""
    moment = bulk.moments()
    every = [draft for draft, _ in chain(fresh, changed)]
    customers, made = ensure_numbers(shop, {draft.customer_number for draft in every} - known.keys(), now)
    customers |= {number: pk for number, pk in known.items() if pk is not None}
    products = find_or_create_products(shop, {line[0]: line[1] for draft in every for line in draft.lines})
    if fresh:
        rows = [_row(draft, mark, customers.get(draft.customer_number), source, moment) for draft, mark in fresh]
        bulk.insert(Order, ("shop_id", *COLUMNS), [(shop.pk, *row) for row in rows])
    if changed:
        updates = []
        for draft, mark in changed:
            before = there[draft.number]
            # An order never loses its customer: who was erased is no longer found by the number.
            customer_id = customers.get(draft.customer_number) or before.customer_id
            updates.append((*_row(draft, mark, customer_id, source, moment), before.pk))
        bulk.update(Order, COLUMNS, updates)
        OrderLine.objects.filter(order__in=[there[draft.number].pk for draft, _ in changed]).delete()
    ids |= dict(bulk.select(Order, ("number", "id"), shop.pk, "number", [draft.number for draft, _ in fresh]))
    bulk.insert(OrderLine, LINE_COLUMNS, _lines(every, ids, products))
    _known_since(every, customers, now)
    return made


def _row(
    draft: OrderDraft, mark: str, customer_id: int | None, source: str, moment: Callable[[datetime | None], Any]
) -> tuple[object, ...]:
    """Values of COLUMNS. Counted (KPIS.md): placed, not cancelled, no test, merchandise before discounts above 0."""
    goods = [line for line in draft.lines if line[5]]
    list_value = sum([line[3] for line in goods])
    value = sum([line[4] for line in goods])
    is_counted = draft.cancelled_at is None and not draft.is_test and (list_value > 0 or draft.counts_zero)
    return (
        draft.customer_id or customer_id,
        draft.number,
        moment(draft.placed_at),
        draft.currency,
        Order.Status.PLACED.value if draft.cancelled_at is None else Order.Status.CANCELLED.value,
        moment(draft.cancelled_at),
        draft.is_test,
        is_counted,
        list_value,
        list_value - value,
        value,
        draft.tax,
        draft.shipping,
        sum([line[2] for line in goods]),
        draft.voucher_code,
        source,
        draft.version,
        mark,
    )


def _lines(drafts: Sequence[OrderDraft], ids: dict[str, int], products: dict[str, int]) -> Iterator[tuple[object, ...]]:
    """Rows of LINE_COLUMNS. This runs once a line: nothing is done here that can be done elsewhere."""
    find = products.get
    for draft in drafts:
        order_id = ids[draft.number]
        for line in draft.lines:
            yield (order_id, find(line[0]), *line)


def find_or_create_products(shop: Shop, titles: dict[str, str]) -> dict[str, int]:
    """sku → id for all of `titles` (sku → title); those not known yet are made. Three queries at most."""
    titles.pop("", None)
    ids = dict(bulk.select(Product, ("sku", "id"), shop.pk, "sku", titles))
    missing = [sku for sku in titles if sku not in ids]
    if missing:
        Product._base_manager.bulk_create(
            [Product(shop=shop, sku=sku, title=titles[sku]) for sku in missing], ignore_conflicts=True, batch_size=2000
        )
        ids |= dict(bulk.select(Product, ("sku", "id"), shop.pk, "sku", missing))
    return ids


def _known_since(drafts: Sequence[OrderDraft], customers: dict[str, int], now: datetime) -> None:
    """A customer is known at the latest since the first order; who ordered counts as touched at `now`."""
    first: dict[int, datetime] = {}
    for draft in drafts:
        pk = draft.customer_id or customers.get(draft.customer_number)
        if pk is not None and (pk not in first or draft.placed_at < first[pk]):
            first[pk] = draft.placed_at
    moment = bulk.moments()
    at_now = moment(now)
    rows = [(since := moment(at), since, at_now, pk) for pk, at in first.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE customers_customer SET since = CASE WHEN since IS NULL OR since > %s THEN %s ELSE since END, "
            "updated_at = %s WHERE id = %s",
            rows,
        )


def _facts(
    fresh: Sequence[tuple[OrderDraft, str]],
    changed: Sequence[tuple[OrderDraft, str]],
    there: dict[str, _There],
    ids: dict[str, int],
    now: datetime,
) -> list[Fact]:
    """order.placed for the new ones, order.cancelled for those cancelled now, order.changed for the others."""
    every = [draft for draft, _ in chain(fresh, changed)]
    rows = Order._base_manager.filter(pk__in=[ids[draft.number] for draft in every])
    told = {pk: (customer, value) for pk, customer, value in rows.values_list("pk", "customer_id", "value")}
    facts = []
    for draft in every:
        pk = ids[draft.number]
        customer_id, value = told[pk]
        data = {"order": draft.number, "order_id": pk, "value": value}
        if draft.is_test:
            continue
        if draft.number not in there:
            facts.append(Fact(ORDER_PLACED, draft.placed_at, customer_id, data, f"order:{draft.number}"))
        elif draft.cancelled_at is None:
            facts.append(Fact(ORDER_CHANGED, now, customer_id, data))
        if draft.cancelled_at is not None and (
            draft.number not in there or there[draft.number].status != Order.Status.CANCELLED
        ):
            facts.append(Fact(ORDER_CANCELLED, draft.cancelled_at, customer_id, data, f"cancelled:{draft.number}"))
    return facts
