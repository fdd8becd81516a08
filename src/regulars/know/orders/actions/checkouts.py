"""Checkouts: what was put together and not yet bought; completed by their order, else left after a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, router, transaction

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.actions import Upserted
from regulars.know.orders.event_types import CHECKOUT_LEFT
from regulars.know.orders.models import Checkout, Order
from regulars.know.timeline.actions import Fact, record

from .drafts import LineDraft

BATCH = 500
FIELDS = ("customer_id", "started_at", "active_at", "value", "lines", "url", "source_version")


@dataclass(frozen=True, slots=True)
class CheckoutDraft:
    """One checkout as the shop tells it, whole. token: the shop's own name for it, which its order carries, too.

    active_at: when the customer last did something in it. version: newest wins, compared as text; without one, the
    latest `active_at` does.
    """

    token: str
    started_at: datetime
    active_at: datetime
    lines: Sequence[LineDraft] = ()
    customer_id: int | None = None
    url: str = ""
    version: str = ""


@transaction.atomic
def upsert_checkouts(
    shop: Shop, drafts: Sequence[CheckoutDraft], *, now: datetime, source: str, is_history: bool
) -> Upserted:
    """Writes checkouts. Who is active again is waited for again; a completed one stays completed. History is never
    waited for. Each token may come once in a batch. A constant number of queries."""
    if len({draft.token for draft in drafts}) < len(drafts):
        raise Refused("a checkout comes twice in one batch")
    take_turn(shop)
    result = Upserted()
    found = Checkout._base_manager.filter(shop=shop, token__among={draft.token for draft in drafts})
    before = {row.token: row for row in found}
    fresh, changed = [], []
    patience = timedelta(minutes=shop.checkout_left_minutes)
    for draft in drafts:
        row = before.get(draft.token) or Checkout(shop=shop, token=draft.token)
        outcome = _apply(row, draft)
        result.outcomes[draft.token] = outcome
        if outcome in ("created", "changed") and row.status != Checkout.Status.COMPLETED:
            row.status = Checkout.Status.LEFT if is_history else Checkout.Status.OPEN
            row.due_at = None if is_history or row.left_at is not None else row.active_at + patience
        if outcome == "created":
            fresh.append(row)
        elif outcome == "changed":
            changed.append(row)
    Checkout._base_manager.bulk_create(fresh, batch_size=1000)
    if changed:
        Checkout._base_manager.bulk_update(changed, [*FIELDS, "status", "due_at"], batch_size=500)
    result.created, result.changed = len(fresh), len(changed)
    result.unchanged = len(drafts) - len(fresh) - len(changed)
    result.ids = {row.token: row.pk for row in (*before.values(), *fresh)}
    return result


def _apply(row: Checkout, draft: CheckoutDraft) -> str:
    is_new = row.pk is None
    if not is_new:
        is_older = draft.version < row.source_version if draft.version else draft.active_at < row.active_at
        if is_older and row.active_at is not None:
            return "older"
    told: dict[str, Any] = {
        "customer_id": draft.customer_id or row.customer_id,
        "started_at": draft.started_at,
        "active_at": draft.active_at,
        "value": sum(line.value for line in draft.lines if line.is_merchandise),
        "lines": [
            {"sku": line.sku, "title": line.title, "quantity": line.quantity, "value": line.value}
            for line in draft.lines
        ],
        "url": draft.url,
        "source_version": draft.version or row.source_version,
    }
    is_changed = any(getattr(row, name) != value for name, value in told.items())
    for name, value in told.items():
        setattr(row, name, value)
    return "created" if is_new else "changed" if is_changed else "unchanged"


@transaction.atomic
def complete_checkouts(shop: Shop, orders: Mapping[str, str], *, now: datetime) -> int:
    """Closes the checkouts that became orders (token → number of the order); returns how many were open or left.

    One whose order came first is noted as completed, so that nobody is reminded of what was bought.
    """
    if not orders:
        return 0
    take_turn(shop)
    found = Order._base_manager.filter(shop=shop, number__among=set(orders.values()))
    told = {
        number: (pk, customer, at)
        for number, pk, customer, at in found.values_list("number", "pk", "customer_id", "placed_at")
    }
    before = {row.token: row for row in Checkout._base_manager.filter(shop=shop, token__among=set(orders))}
    fresh: list[Checkout] = []
    closed: list[Checkout] = []
    for token, number in orders.items():
        if number not in told:
            continue
        order_id, customer_id, at = told[number]
        row = before.get(token) or Checkout(shop=shop, token=token, started_at=at, active_at=at)
        if row.status == Checkout.Status.COMPLETED:
            continue
        (closed if token in before else fresh).append(row)
        row.status, row.due_at, row.completed_at, row.order_id = Checkout.Status.COMPLETED, None, at, order_id
        row.customer_id = row.customer_id or customer_id
    Checkout._base_manager.bulk_create(fresh, batch_size=1000)
    if closed:
        Checkout._base_manager.bulk_update(
            closed, ["status", "due_at", "completed_at", "order_id", "customer_id"], batch_size=500
        )
    return len(closed)


@transaction.atomic
def leave_checkouts(shop: Shop, now: datetime) -> int:
    """Marks a batch of open checkouts whose time is over as left, each with one Event; returns how many."""
    due = Checkout._base_manager.filter(shop=shop, status=Checkout.Status.OPEN, due_at__lte=now).order_by(
        "due_at", "pk"
    )
    using = router.db_for_write(Checkout)
    if connections[using].features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True, of=("self",))
    rows = list(due[:BATCH])
    facts = [
        Fact(
            CHECKOUT_LEFT,
            now,
            row.customer_id,
            {"checkout": row.token, "checkout_id": row.pk, "value": row.value, "lines": len(row.lines)},
            f"checkout:{row.token}",
        )
        for row in rows
    ]
    record(shop, facts, now=now, source="checkouts")
    Checkout._base_manager.filter(pk__among={row.pk for row in rows}).update(
        status=Checkout.Status.LEFT, due_at=None, left_at=now
    )
    return len(rows)
