"""When a product is used up: by the customer's own rhythm, else by what is typical of the product. Days are the shop's.

A rhythm is told for one unit: whoever took two packs has twice the time.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Self

from django.core.cache import cache
from django.db.models import Q

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.segments.models import CustomerProfile
from regulars.know.orders.models import Order, OrderLine

LOOK_BACK = timedelta(days=730)
"""Purchases of so long tell a rhythm."""
LAST_WITHIN = timedelta(days=400)
"""Whoever bought nothing for longer has no rhythm any more."""
SHORTEST, LONGEST = 7, 300
"""Days: below, it is the same purchase once more; beyond, nobody is waiting for it."""
GAPS = 2
"""So many gaps of their own make a rhythm of a customer."""
BUYERS, SHARE = 5, 0.25
"""What is typical of a product is told where so many customers bought it again, and that share of its buyers."""
NEWEST, TOLD = 1_500, 500
"""Orders whose customers are asked for what is typical, the newest: more tell nothing else. Products of which it is told."""
GRACE = 7
"""Days for which a moment that was missed, such as a weekend without a worker, is made up for."""

Days = list[tuple[date, int]]
"""The days on which one customer bought one product, in their order, each with the units."""


@dataclass(frozen=True)
class Asked:
    """Of which products the rhythm is asked. category, skus: only these, empty for all. days: what is typical of one unit,
    0 to learn it from the orders. lead_days: so long before the end of it."""

    category: str = ""
    skus: frozenset[str] = frozenset()
    days: int = 0
    lead_days: int = 5

    @classmethod
    def of(cls, trigger: Mapping[str, Any]) -> Self:
        """As a trigger says it."""
        named = (one.strip() for one in str(trigger.get("products") or "").split(","))
        return cls(
            str(trigger.get("category") or ""),
            frozenset(one for one in named if one),
            int(trigger.get("days") or 0),
            int(trigger.get("lead_days", 5)),
        )

    @property
    def has_scope(self) -> bool:
        """Whether it is about some products only."""
        return bool(self.category or self.skus)

    def lines(self) -> Q:
        """Which order lines are meant."""
        named = Q()
        if self.category:
            named |= Q(product__category=self.category)
        if self.skus:
            named |= Q(product__sku__in=sorted(self.skus))
        return named


@dataclass(frozen=True)
class Due:
    """A product that a customer will have used up soon. bought_on: when they bought it last."""

    product_id: int
    bought_on: date
    ends_on: date


def purchases(shop: Shop, customer_ids: Collection[int], asked: Asked, now: datetime) -> dict[int, dict[int, Days]]:
    """Customer → product → when they bought it, within `LOOK_BACK`. One query."""
    # Not by shop: SQLite would read the index of the shop, all of it, for a page of customers.
    rows = OrderLine.objects.filter(
        asked.lines(),
        order__customer__among=set(customer_ids),
        order__is_counted=True,
        order__placed_at__gte=now - LOOK_BACK,
        order__placed_at__lt=now,
        is_merchandise=True,
        product__isnull=False,
        quantity__gt=0,
    ).order_by("order__placed_at")
    found: dict[int, dict[int, Days]] = defaultdict(lambda: defaultdict(list))
    for customer_id, product_id, at, quantity in rows.values_list(
        "order__customer_id", "product_id", "order__placed_at", "quantity"
    ):
        days, day = found[customer_id][product_id], clock.local_date(at, shop.timezone)
        if days and (day - days[-1][0]).days < SHORTEST:
            days[-1] = (day, days[-1][1] + quantity)
        else:
            days.append((day, quantity))
    return found


def gaps(days: Days) -> list[float]:
    """Days for which one unit lasted, from one purchase to the next."""
    return [(later[0] - before[0]).days / before[1] for before, later in pairwise(days)]


def typical(shop: Shop, asked: Asked, now: datetime) -> dict[int, float]:
    """Product → days for which one unit lasts its buyers, in the middle. Three queries, once a day."""
    scope = hashlib.sha256("\n".join([asked.category, *sorted(asked.skus)]).encode()).hexdigest()[:24]
    key = f"journeys.rhythm:{shop.pk}:{clock.local_date(now, shop.timezone)}:{scope}"
    kept: dict[int, float] | None = cache.get(key)
    if kept is not None:
        return kept
    newest = Order._base_manager.filter(shop=shop, placed_at__lt=now, placed_at__gte=now - LAST_WITHIN)
    lately = set(newest.order_by("-placed_at").values_list("customer_id", flat=True)[:NEWEST]) - {None}
    again = CustomerProfile._base_manager.filter(customer__among=lately, orders__gte=2)
    ids = list(again.values_list("customer_id", flat=True))
    found = learned(purchases(shop, ids, asked, now).values()) if ids else {}
    cache.set(key, found, 86400)
    return found


def learned(bought: Iterable[Mapping[int, Days]]) -> dict[int, float]:
    """What is typical of each product, from what customers bought: only of what is really bought again."""
    buyers: dict[int, int] = defaultdict(int)
    lasted: dict[int, list[float]] = defaultdict(list)
    for products in bought:
        for product_id, days in products.items():
            buyers[product_id] += 1
            if own := gaps(days):
                lasted[product_id].append(median(own))
    known = {
        product_id: median(some)
        for product_id, some in lasted.items()
        if len(some) >= BUYERS and len(some) >= SHARE * buyers[product_id] and median(some) <= LONGEST
    }
    most = sorted(known, key=lambda one: (-len(lasted[one]), one))[:TOLD]
    return {one: known[one] for one in most}


def due_on(
    bought: Mapping[int, Mapping[int, Days]], day: date, asked: Asked, usual: Mapping[int, float]
) -> dict[int, Due]:
    """Customer → the product that will be used up soonest, where the day to say so has come and is not long past."""
    found: dict[int, Due] = {}
    for customer_id, products in bought.items():
        for product_id, days in products.items():
            lasts = _lasts(days, asked, usual.get(product_id))
            if lasts is None:
                continue
            ends = days[-1][0] + timedelta(days=lasts)
            begin = max(ends - timedelta(days=asked.lead_days), days[-1][0] + timedelta(days=1))
            if begin <= day < begin + timedelta(days=GRACE):
                one = Due(product_id, days[-1][0], ends)
                before = found.get(customer_id)
                if before is None or (one.ends_on, one.product_id) < (before.ends_on, before.product_id):
                    found[customer_id] = one
    return found


def _lasts(days: Sequence[tuple[date, int]], asked: Asked, usual: float | None) -> int | None:
    """Days for which the last purchase lasts; None where nothing tells it."""
    own = gaps(list(days))
    if len(own) >= GAPS:
        unit: float | None = median(own)
    else:
        unit = float(asked.days) if asked.days and asked.has_scope else usual
    if unit is None:
        return None
    whole = round(unit * days[-1][1])
    return whole if SHORTEST <= whole <= LONGEST else None
