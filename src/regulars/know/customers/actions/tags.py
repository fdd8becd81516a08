"""Verbs of tags: set and remove a word on customers, as a set."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.know.customers.event_types import CUSTOMER_TAGGED, CUSTOMER_UNTAGGED
from regulars.know.customers.models import Customer, Tag
from regulars.know.timeline.actions import Fact, record

LONGEST = 40


def tidy_tag(text: str) -> str:
    """A tag as it is kept: no blanks around it, one between its words. Raises Refused for none and for a long one."""
    name = " ".join(text.replace("\x00", "").split())
    if not 0 < len(name) <= LONGEST:
        raise Refused(_("A tag has 1 to %(most)s characters.") % {"most": LONGEST})
    return name


@transaction.atomic
def tag(shop: Shop, customer_ids: Collection[int], name: str, now: datetime, *, source: str = "") -> int:
    """Sets a tag on customers; returns on how many it was not yet, each with its Event. A constant number of queries."""
    name = tidy_tag(name)
    living = Customer._base_manager.filter(shop=shop, pk__among=set(customer_ids), merged_into=None, erased_at=None)
    fresh = sorted(living.exclude(tags__name=name).values_list("pk", flat=True))
    if fresh:
        at = bulk.moment(now)
        rows = [(shop.pk, pk, name, at) for pk in fresh]
        bulk.insert(Tag, ("shop_id", "customer_id", "name", "at"), rows, ignore_conflicts=True)
        record(shop, [Fact(CUSTOMER_TAGGED, now, pk, {"tag": name}) for pk in fresh], now=now, source=source)
    return len(fresh)


@transaction.atomic
def untag(shop: Shop, customer_ids: Collection[int], name: str, now: datetime, *, source: str = "") -> int:
    """Removes a tag from customers; returns how many had it, each with its Event. A constant number of queries."""
    there = Tag._base_manager.select_for_update().filter(
        shop=shop, customer_id__among=set(customer_ids), name=tidy_tag(name)
    )
    gone = sorted(there.values_list("customer_id", flat=True))
    if gone:
        Tag._base_manager.filter(shop=shop, customer_id__among=gone, name=tidy_tag(name)).delete()
        facts = [Fact(CUSTOMER_UNTAGGED, now, pk, {"tag": tidy_tag(name)}) for pk in gone]
        record(shop, facts, now=now, source=source)
    return len(gone)
