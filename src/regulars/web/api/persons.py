"""Whom the rows of a batch are about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.core.models import Shop
from regulars.know.customers.actions import CustomerDraft, identify

SOURCE = "api"


def customers_of(shop: Shop, rows: Sequence[Any], is_history: bool, now: datetime) -> list[int | None]:
    """The id of each row's customer; somebody not known yet becomes a customer, an erased person is nobody."""
    drafts = [_draft(row.customer) for row in rows]
    return identify(shop, drafts, now=now, source=SOURCE, is_history=is_history)


def _draft(person: Any) -> CustomerDraft:
    if person is None:
        return CustomerDraft("")
    return CustomerDraft(
        person.number,
        first_name=person.first_name,
        last_name=person.last_name,
        emails=(person.email,) if person.email else (),
        phones=(person.phone,) if person.phone else (),
        locale=person.locale,
        country=person.country,
        fills_gaps=True,
    )
