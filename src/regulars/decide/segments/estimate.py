"""How many customers a rule takes in, told at once: counted, and in a large shop estimated from a sample.

A rule may ask for any trait, so that no index helps, and a million profiles take seconds to go through. The builder asks
after every change; the size of a saved segment is always counted.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from regulars.core.models import Shop

from .models import CustomerProfile
from .rules import Node, queryset

COUNTED = 100_000
"""Profiles up to which all are looked at."""
BLOCKS, BLOCK = 200, 100
"""The sample: so many stretches of so many ids, evenly over all customers from the oldest to the newest."""
LEAST = 5000
"""Profiles that a sample must hold; in an installation of several shops it may be thin, and then all are looked at."""


@dataclass(frozen=True)
class Size:
    """customers: how many; exactly where `sampled` is 0, else about so many, told from that many profiles.

    most: where the sample holds none of them, fewer than so many (with 95 %). found: profiles to show examples from.
    """

    customers: int
    sampled: int
    most: int
    found: QuerySet[CustomerProfile]


def size(shop: Shop, rule: Node, now: datetime, everybody: int) -> Size:
    """The size of a rule. everybody: how many profiles there are. Four queries at most."""
    found = queryset(shop, rule, now)
    sample = _sample() if everybody > COUNTED else []
    there = CustomerProfile._base_manager.filter(shop=shop, customer__among=sample).count() if sample else 0
    if there < LEAST:
        return Size(found.count(), 0, 0, found)
    found = found.filter(customer__among=sample)
    hits = found.count()
    return Size(_rounded(hits / there * everybody), there, 0 if hits else _rounded(3 / there * everybody), found)


def _sample() -> list[int]:
    """Ids of customers, whichever of them there are."""
    ids = CustomerProfile._base_manager.values_list("customer_id", flat=True)
    first, last = (ids.order_by(order).first() or 0 for order in ("customer_id", "-customer_id"))
    step = max(BLOCK, (last - first + 1) / BLOCKS)
    starts = [first + round(place * step) for place in range(BLOCKS)]
    return [start + n for start in starts if start <= last for n in range(BLOCK)]


def _rounded(number: float) -> int:
    """To two digits: more would pretend to be counted."""
    return int(float(f"{number:.2g}"))
