"""Where letters reach customers: written by sources and by staff, and what came back from there."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.know.customers.event_types import CUSTOMER_CHANGED
from regulars.know.customers.models import Customer, PostalAddress
from regulars.know.timeline.actions import Fact, record

from .drafts import CustomerDraft, PostalDraft

LENGTHS = {"recipient": 120, "street": 160, "postal_code": 16, "city": 80, "region": 80, "country": 2}
FIELDS = tuple(LENGTHS)


def write_postal(shop: Shop, said: Iterable[tuple[int, CustomerDraft]], now: datetime) -> set[int]:
    """Writes the addresses that drafts tell, customer by customer in their order; returns whose is new or another one.

    A draft that only fills gaps leaves a known address alone. Three queries, none where no draft tells one.
    """
    told = [(pk, draft, draft.postal) for pk, draft in said if draft.postal is not None]
    if not told:
        return set()
    known = {
        row.customer_id: row for row in PostalAddress._base_manager.filter(customer__among={pk for pk, *_ in told})
    }
    fresh: dict[int, PostalAddress] = {}
    changed: dict[int, PostalAddress] = {}
    for pk, draft, postal in told:
        row = known.get(pk) or fresh.get(pk)
        values = _fitted(postal)
        if row is None:
            fresh[pk] = PostalAddress(shop=shop, customer_id=pk, updated_at=now, **values)
        elif not draft.fills_gaps and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            row.returned_at, row.updated_at = None, now
            if pk in known:
                changed[pk] = row
    PostalAddress._base_manager.bulk_create(fresh.values())
    PostalAddress._base_manager.bulk_update(changed.values(), [*FIELDS, "returned_at", "updated_at"], batch_size=500)
    return set(fresh) | set(changed)


def _fitted(postal: PostalDraft) -> dict[str, str]:
    """Its texts as the table holds them: tidied line by line, cut to their lengths."""
    lines = {name: [" ".join(line.split()) for line in text.splitlines()] for name, text in asdict(postal).items()}
    return {name: "\n".join(filter(None, some))[: LENGTHS[name]] for name, some in lines.items()}


@transaction.atomic
def change_postal(customer: Customer, postal: PostalDraft | None, now: datetime, staff: Staff | None) -> None:
    """Somebody of the staff writes the address, or takes it away (None). Raises Refused without street and city."""
    if postal is not None and not (postal.street.strip() and postal.city.strip()):
        raise Refused(_("A postal address needs a street and a city."), code="incomplete")
    if postal is None:
        PostalAddress._base_manager.filter(customer=customer).delete()
    else:
        write_postal(customer.shop, [(customer.pk, CustomerDraft(customer.number, postal=postal))], now)
    record(customer.shop, [Fact(CUSTOMER_CHANGED, now, customer.pk)], now=now, source="staff")
    audit("customer.postal_changed", now=now, shop=customer.shop, staff=staff, target=customer)


@transaction.atomic
def note_returned(shop: Shop, customer_ids: Sequence[int], now: datetime, staff: Staff | None = None) -> int:
    """Post came back from these customers' addresses: no more letters there until a new one is told. Returns how many."""
    rows = PostalAddress._base_manager.filter(shop=shop, customer__in=customer_ids, returned_at=None)
    count = rows.update(returned_at=now)
    if count:
        audit("customer.post_returned", now=now, shop=shop, staff=staff, customers=list(customer_ids))
    return count
