"""Verb of the shop's notes: change what it affords."""

from datetime import datetime

from django.db import transaction

from regulars.channels.parcel_note.models import NotePolicy
from regulars.core.actions import audit
from regulars.core.models import Shop, Staff


def policy_of(shop: Shop) -> NotePolicy:
    """What the shop affords; without a row: no limit, gifts that cost nothing."""
    return NotePolicy._base_manager.filter(shop=shop).first() or NotePolicy(shop=shop)


@transaction.atomic
def change_policy(
    shop: Shop, now: datetime, staff: Staff | None, *, notes_per_month: int | None, gift_cost: int
) -> NotePolicy:
    """Sets notes a month (None: no limit) and the cost of a gift in minor units. What was granted stays granted."""
    values = {"notes_per_month": notes_per_month, "gift_cost": gift_cost}
    row, _made = NotePolicy._base_manager.update_or_create(shop=shop, defaults={**values, "updated_at": now})
    audit("notes.policy_changed", now=now, shop=shop, staff=staff, target=row, **values)
    return row
