"""A person's own matters: two records that are one person, export, erasure; over every table that is declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.personal_data import DECLARED, Declared
from regulars.know.customers.erased import NUMBER, remember
from regulars.know.customers.event_types import CUSTOMER_MERGED
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.actions import Fact, record


@dataclass(frozen=True)
class Receipt:
    """What an erasure did. tables: label of the table → rows that belonged to the persons before."""

    customers: int
    tables: dict[str, int]
    at: datetime


def _declared() -> list[Declared]:
    return sorted(DECLARED.values(), key=lambda one: (one.order, one.model._meta.label))


@transaction.atomic
def merge(shop: Shop, from_id: int, into_id: int, now: datetime, staff: Staff | None = None) -> None:
    """Makes two customers one: all rows move to `into_id`; the old number leads there from now on.

    Raises Refused when either is not a living customer of the shop. Idempotent.
    """
    rows = {
        row.pk: row
        for row in Customer._base_manager.select_for_update()
        .filter(shop=shop, pk__in=[from_id, into_id])
        .order_by("pk")
    }
    if from_id == into_id or len(rows) < 2:
        raise Refused(_("two different customers of this shop are needed to merge"))
    source, target = rows[from_id], rows[into_id]
    if source.merged_into_id == into_id:
        return
    for row in (source, target):
        if row.merged_into_id is not None or row.erased_at is not None:
            raise Refused(_("the customer %(number)s was merged or erased before") % {"number": row.number})
    for one in _declared():
        one.merge(shop, from_id, into_id, now)
    fact = Fact(CUSTOMER_MERGED, now, into_id, {"from": from_id}, source_key=f"merge:{from_id}")
    record(shop, [fact], now=now, source="staff")
    audit("customer.merged", now=now, shop=shop, staff=staff, target=target, merged=from_id)


def export(shop: Shop, customer_id: int) -> dict[str, Any]:
    """All that is kept about a customer: title of the table → rows of plain values (a copy under Art. 15 and 20 GDPR)."""
    return {str(one.title): rows for one in _declared() if (rows := one.export(shop, customer_id))}


@transaction.atomic
def erase(shop: Shop, customer_ids: Sequence[int], now: datetime, staff: Staff | None = None) -> Receipt:
    """Erases persons from every declared table, and keeps keyed digests so that no import brings them back.

    Who was merged into them goes with them. Bookkeeping stays, under a number that tells nothing. Idempotent.
    """
    people = Customer._base_manager.select_for_update().filter(shop=shop, erased_at=None)
    rows = list(people.filter(models.Q(pk__in=customer_ids) | models.Q(merged_into__in=customer_ids)).order_by("pk"))
    ids = [row.pk for row in rows]
    known = [(NUMBER, row.number) for row in rows]
    for kind, key in Identity._base_manager.filter(customer__in=ids).values_list("kind", "key"):
        known.append((NUMBER if kind == Identity.Kind.SHOP_ID else kind, key))
    remember(shop, known, now)
    tables = _counted(ids)
    for one in _declared():
        one.erase(shop, ids, now)
    audit("customer.erased", now=now, shop=shop, staff=staff, customers=ids, tables=tables)
    return Receipt(len(ids), tables, now)


def _counted(customer_ids: Sequence[int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in _declared():
        for field in one.model._meta.concrete_fields:
            if field.is_relation and field.related_model is Customer and one.model is not Customer:
                rows = one.model._base_manager.filter(**{f"{field.name}__in": customer_ids}).count()
                if rows:
                    counts[one.model._meta.label] = counts.get(one.model._meta.label, 0) + rows
    return counts
