"""Products in from a source, as sets; their prices and stock leave a history, and three facts that wishes wait for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.turns import take_turn
from regulars.know.customers.actions import Upserted
from regulars.know.orders.event_types import PRODUCT_ADDED, PRODUCT_PRICE_DROPPED, PRODUCT_RESTOCKED
from regulars.know.orders.models import Product, ProductChange
from regulars.know.timeline.actions import Fact, record

LOWEST_WITHIN = timedelta(days=30)
"""A reduced price may only be advertised beside the lowest one of the 30 days before (§ 11 PAngV)."""
TEXTS = ("title", "category", "url", "image_url")
COLUMNS = (*TEXTS, "price", "stock", "source_version")
CHANGES = ("shop_id", "product_id", "kind", "old", "new", "at")


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """One product as a source tells it. None: the source says nothing, what is known stays.

    price: in minor units; stock: units that can be sold. version: newest wins, compared as text; "" says nothing about it.
    """

    sku: str
    title: str | None = None
    category: str | None = None
    url: str | None = None
    image_url: str | None = None
    price: int | None = None
    stock: int | None = None
    version: str = ""


@transaction.atomic
def upsert_products(
    shop: Shop, drafts: Sequence[ProductDraft], *, now: datetime, source: str, is_history: bool
) -> Upserted:
    """Writes products, a ProductChange for each new price and stock, and, unless it is history, the Events
    `product.added`, `product.restocked` and `product.price_dropped`. Each sku may come once in a batch. A constant number
    of queries."""
    if len({draft.sku for draft in drafts}) < len(drafts):
        raise Refused("a product comes twice in one batch")
    take_turn(shop)
    result = Upserted()
    before = {row.sku: row for row in Product._base_manager.filter(shop=shop, sku__among={d.sku for d in drafts})}
    fresh = [draft for draft in drafts if draft.sku not in before]
    Product._base_manager.bulk_create(
        [
            Product(
                shop=shop,
                sku=draft.sku,
                price=draft.price,
                stock=draft.stock,
                source_version=draft.version,
                **{name: getattr(draft, name) or "" for name in TEXTS},
            )
            for draft in fresh
        ],
        batch_size=2000,
    )
    result.ids = {sku: row.pk for sku, row in before.items()}
    result.ids |= dict(bulk.select(Product, ("sku", "id"), shop.pk, "sku", [draft.sku for draft in fresh]))
    result.outcomes = {draft.sku: "created" for draft in fresh}
    changes: list[tuple[int, str, int | None, int]] = [
        (result.ids[draft.sku], kind, None, new) for draft in fresh for kind, new in _told(draft) if new is not None
    ]
    updates = []
    for draft in drafts:
        row = before.get(draft.sku)
        if row is not None:
            outcome, moved = _apply(row, draft)
            result.outcomes[draft.sku] = outcome
            changes += [(row.pk, *change) for change in moved]
            if outcome in ("changed", "unchanged"):
                updates.append(row)
    bulk.update(Product, COLUMNS, [(*(getattr(row, name) for name in COLUMNS), row.pk) for row in updates])
    said = list(result.outcomes.values())
    result.created, result.changed = said.count("created"), said.count("changed")
    result.unchanged = len(said) - result.created - result.changed
    _remember(shop, changes, result.ids, now, source, is_history, fresh)
    return result


def _told(draft: ProductDraft) -> list[tuple[str, int | None]]:
    return [(ProductChange.Kind.PRICE.value, draft.price), (ProductChange.Kind.STOCK.value, draft.stock)]


def _apply(row: Product, draft: ProductDraft) -> tuple[str, list[tuple[str, int | None, int]]]:
    """Writes onto `row` what the draft says; returns what was done, and (kind, old, new) of each price and stock."""
    if draft.version and row.source_version and draft.version < row.source_version:
        return "older", []
    moved = []
    outcome = "unchanged"
    for name in (*TEXTS, "price", "stock"):
        value, old = getattr(draft, name), getattr(row, name)
        if value is None or value == old:
            continue
        setattr(row, name, value)
        outcome = "changed"
        if name in ("price", "stock"):
            moved.append((name, old, value))
    row.source_version = draft.version or row.source_version
    return outcome, moved


def _remember(
    shop: Shop,
    changes: Sequence[tuple[int, str, int | None, int]],
    ids: dict[str, int],
    now: datetime,
    source: str,
    is_history: bool,
    fresh: Sequence[ProductDraft],
) -> None:
    """Writes the history, and the facts that somebody may have waited for. fresh: products told for the first time."""
    dropped = {pk for pk, kind, old, new in changes if kind == "price" and old is not None and new < old}
    lowest = _lowest(shop, dropped, now) if dropped and not is_history else {}
    at = bulk.moment(now)
    bulk.insert(ProductChange, CHANGES, [(shop.pk, pk, kind, old, new, at) for pk, kind, old, new in changes])
    if is_history:
        return
    skus = {pk: sku for sku, pk in ids.items()}
    facts = [
        Fact(PRODUCT_ADDED, now, data={"product": one.sku, "product_id": ids[one.sku], "category": one.category or ""})
        for one in fresh
    ]
    for pk, kind, old, new in changes:
        data: dict[str, Any] = {"product": skus[pk], "product_id": pk, "old": old, "new": new}
        if kind == "stock" and old is not None and old <= 0 < new:
            facts.append(Fact(PRODUCT_RESTOCKED, now, data=data))
        elif old is not None and pk in dropped and kind == "price":
            data["percent"] = round(100 * (old - new) / old, 1)
            data["lowest_30"] = min(old, lowest.get(pk, old))
            facts.append(Fact(PRODUCT_PRICE_DROPPED, now, data=data))
    record(shop, facts, now=now, source=source)


def _lowest(shop: Shop, products: set[int], now: datetime) -> dict[int, int]:
    """product → lowest price that was asked in the 30 days before `now`, as far as it changed in them."""
    rows = ProductChange._base_manager.filter(
        shop=shop, product__among=products, kind=ProductChange.Kind.PRICE, at__gt=now - LOWEST_WITHIN
    ).order_by()
    found = rows.values_list("product").annotate(low_old=Min("old"), low_new=Min("new"))
    return {pk: min(one for one in (old, new) if one is not None) for pk, old, new in found}
