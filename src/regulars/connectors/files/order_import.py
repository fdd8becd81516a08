"""The import of orders: stage the lines, then write whole orders, batch by batch."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from django.db import transaction

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import ConsentDraft, grant_consents
from regulars.decide.segments.models import ProfileState
from regulars.decide.segments.profiles import refresh
from regulars.know.customers.actions import upsert_customers
from regulars.know.customers.models import Customer
from regulars.know.orders.actions import upsert_orders, upsert_refunds, upsert_returns

from .mapping import bound, demand, read_mapping
from .models import ImportRun
from .order_lines import NEEDS, Reading, staged
from .orders import Batch, batches, sound
from .source import chunks, expected_rows, header_of
from .staging import Reject, Staging

SOURCE = "files"
MOST_NAMED = 20_000
"""More touched customers than this are cheaper computed with all others."""


class _RolledBack(Exception):
    """A dry run takes back what it wrote."""


def import_orders(run: ImportRun, staging: Staging, now: datetime, tell: Callable[[int, int], None]) -> None:
    """Imports the orders of the run's file; `run.counts` says what was done. History: it triggers nothing."""
    reading = _reading(run, now)
    path = Path(run.path)
    key = f"{run.digest}:{run.shop.currency}:{run.shop.timezone}:{run.pk}"
    if not staging.matches(key):
        expected = expected_rows(path)
        staging.write(key, expected, _staged(path, reading, lambda done: tell(done // 3, max(expected, done))))
    run.counts = {**run.counts, "rows": staging.state["rows"]}
    seen: set[str] = set()
    done = staging.state["rows"] // 3
    part, skip = run.checkpoint or (0, 0)
    found = bool(run.checkpoint)
    for number in range(part, staging.parts):
        lines = staging.part(number)
        if lines is None:
            continue
        lines, rejects = sound(lines)
        staging.note_rejects(number, rejects)
        found = found or len(lines) > 0
        for batch in batches(lines, reading, skip if number == part else 0):
            _write(run, batch, reading.shop, now, number, seen)
            done += batch.lines * 2 // 3
            tell(done, staging.state["rows"])
    if not found:
        first = next((one for one in staging.rejects() if one[1]), None)
        why = f": line {first[0]}, column {first[1]!r}: {first[2]}" if first else ""
        raise Refused(f"{run.file_name} has no row of an order that can be taken{why}")
    if run.is_dry_run:
        run.counts = {**run.counts, "customers": len(seen)}
    else:
        _refresh_profiles(run, now)


def _reading(run: ImportRun, now: datetime) -> Reading:
    mapping = read_mapping(run.mapping, run.preset or "of yours", run.kind)
    path = Path(run.path)
    used = bound(mapping, header_of(path, mapping))
    demand(mapping, used, [*NEEDS, *([] if mapping.each_row_an_order else [("order",)])])
    return Reading(mapping, used, run.shop, now)


def _staged(path: Path, reading: Reading, tell: Callable[[int], None]) -> Iterator[tuple[pa.Table, list[Reject], int]]:
    done = 0
    for chunk in chunks(path, reading.mapping, sorted(set(reading.used.values()))):
        table, rejects, rows = staged(chunk, reading)
        done += rows
        tell(done)
        yield table, rejects, rows


def _write(run: ImportRun, batch: Batch, shop: Shop, now: datetime, part: int, seen: set[str]) -> None:
    """One transaction: the batch, what it counts for, and where the run stands. A dry run takes it back."""
    try:
        with transaction.atomic():
            counts = _upsert(batch, shop, now)
            run.counts = {**run.counts, **{name: run.counts.get(name, 0) + count for name, count in counts.items()}}
            if run.is_dry_run:
                seen.update(_made(batch, shop, now))
                raise _RolledBack
            run.checkpoint = [part, batch.until]
            ImportRun._base_manager.filter(pk=run.pk).update(counts=run.counts, checkpoint=run.checkpoint)
    except _RolledBack:
        pass


def _made(batch: Batch, shop: Shop, now: datetime) -> set[str]:
    """Numbers of the customers that this transaction made."""
    numbers = {order.customer_number for order in batch.orders} | {back.customer_number for back in batch.returns}
    made = Customer._base_manager.filter(shop=shop, number__in=numbers, created_at=now)
    return set(made.values_list("number", flat=True))


def _upsert(batch: Batch, shop: Shop, now: datetime) -> dict[str, int]:
    known: dict[str, int | None] = {}
    changed = 0
    if batch.customers:
        people = upsert_customers(shop, list(batch.customers.values()), now=now, source=SOURCE, is_history=True)
        known = {number: people.ids.get(number) for number in batch.customers}
        changed = people.created + people.changed
    orders = upsert_orders(shop, batch.orders, now=now, source=SOURCE, is_history=True, known=known)
    returns = upsert_returns(shop, batch.returns, now=now, source=SOURCE, is_history=True, known=known)
    refunds = upsert_refunds(shop, batch.refunds, now=now, source=SOURCE, is_history=True, known=known)
    consents = [
        ConsentDraft(pk, "email", "marketing", at, source="order")
        for number, at in batch.accepts.items()
        if (pk := known.get(number)) is not None
    ]
    if consents:
        grant_consents(shop, consents, now=now, source=SOURCE, is_history=True)
    return {
        "orders": orders.created + orders.changed,
        "unchanged": orders.unchanged,
        "returns": returns.created + returns.changed,
        "customers": changed + orders.customers + returns.customers + refunds.customers,
    }


def _refresh_profiles(run: ImportRun, now: datetime) -> None:
    """Profiles of a shop that has some are brought up to the import; a new shop's are made by the sweep."""
    if not ProfileState._base_manager.filter(shop=run.shop, windows_at__isnull=False).exists():
        return
    touched = Customer._base_manager.filter(shop=run.shop, updated_at__gte=min(run.created_at, now))
    ids = list(touched.values_list("pk", flat=True)[: MOST_NAMED + 1])
    if ids:
        refresh(run.shop, now, None if len(ids) > MOST_NAMED else ids, is_history=True)
