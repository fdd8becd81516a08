"""Customers in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.customers.actions import CustomerDraft, PostalDraft, number_of, upsert_customers
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE
from regulars.web.api.rows import CustomerIn, PostalIn, told_birthday

router = Router(tags=["customers"])
EXAMPLE = {
    "number": "C-1001",
    "emails": ["rosa@example.com"],
    "first_name": "Rosa",
    "last_name": "Rot",
    "locale": "de",
    "birthday": "--06-12",
    "postal_address": {"street": "Rillenweg 33", "postal_code": "12345", "city": "Berlin", "country": "DE"},
    "updated_at": "2026-06-10T08:00:00Z",
}


def _write(shop: Shop, rows: Sequence[CustomerIn], is_history: bool, now: datetime) -> list[str]:
    drafts = [
        CustomerDraft(
            row.number,
            first_name=row.first_name,
            last_name=row.last_name,
            emails=tuple(row.emails),
            phones=tuple(row.phones),
            locale=row.locale,
            timezone=row.timezone,
            country=row.country,
            birthday=told_birthday(row.birthday) if row.birthday else None,
            is_test=row.is_test,
            since=row.since,
            version=row.told_version(),
            postal=_postal(row.postal_address),
        )
        for row in rows
    ]
    done = upsert_customers(shop, drafts, now=now, source=SOURCE, is_history=is_history)
    return [done.outcomes[number_of(shop, draft)] for draft in drafts]


def _postal(said: PostalIn | None) -> PostalDraft | None:
    if said is None:
        return None
    return PostalDraft(said.street, said.postal_code, said.city, said.region, said.country or "", said.recipient)


NOUN = Noun("customers", CustomerIn, "name", _write)


@router.post(
    "/customers",
    response={200: BatchOut, **BODY_ERRORS},
    summary="Send customers",
    openapi_extra=described(CustomerIn, EXAMPLE),
)
@needs("customers:write")
def send(request: HttpRequest) -> Any:
    """One customer or up to 1000. A customer is known by the number, else by one of the addresses; what a row leaves out
    stays as it is. An address that another customer has stays with that one."""
    return take(request, NOUN)
