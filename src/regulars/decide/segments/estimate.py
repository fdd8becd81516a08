"""How many customers a rule takes in, told at once: counted, and in a large shop estimated from a sample.

A rule may ask for any trait, so that no index helps, and a million profiles take seconds to go through. The builder asks
after every change; the size of a saved segment is always counted.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from regulars.core.models import Shop
from regulars.core.tallies import counted

from .models import CustomerProfile
from .rules import Node, queryset
from .tallies import PROFILES

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


def everybody(shop: Shop) -> int:
    """How many customers have a profile, from the kept number. One query."""
    return sum(counted(PROFILES, [shop.pk])[shop.pk].values())


@dataclass(frozen=True)
class Sample:
    """Ids of customers, evenly over all from the oldest to the newest. there: how many of them have a profile in the shop;
    everybody: how many profiles the shop has.
    """

    ids: list[int]
    there: int
    everybody: int

    def about(self, hits: float) -> int:
        """How many of all there are, where the sample holds `hits`; to two digits: more would pretend to be counted."""
        return int(float(f"{hits / self.there * self.everybody:.2g}"))


def sample_of(shop: Shop, everybody: int) -> Sample | None:
    """A sample of a large shop; None where all are looked at. Three queries at most."""
    ids = _sample() if everybody > COUNTED else []
    there = CustomerProfile._base_manager.filter(shop=shop, customer__among=ids).count() if ids else 0
    return Sample(ids, there, everybody) if there >= LEAST else None


def size(shop: Shop, rule: Node, now: datetime, everybody: int) -> Size:
    """The size of a rule. everybody: how many profiles there are. Four queries at most."""
    found = queryset(shop, rule, now)
    sample = sample_of(shop, everybody)
    if sample is None:
        return Size(found.count(), 0, 0, found)
    found = found.filter(customer__among=sample.ids)
    hits = found.count()
    return Size(sample.about(hits), sample.there, 0 if hits else sample.about(3), found)


def _sample() -> list[int]:
    """Ids of customers, whichever of them there are."""
    ids = CustomerProfile._base_manager.values_list("customer_id", flat=True)
    first, last = (ids.order_by(order).first() or 0 for order in ("customer_id", "-customer_id"))
    step = max(BLOCK, (last - first + 1) / BLOCKS)
    starts = [first + round(place * step) for place in range(BLOCKS)]
    return [start + n for start in starts if start <= last for n in range(BLOCK)]
