"""Entries written by hand."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.occurrences import repeats_until
from regulars.journeys.calendar.rules import Work

CHANGEABLE = {
    "kind", "title", "description", "place", "begins_at", "ends_at", "whole_days", "announced_at", "segment", "measure",
    "status", "recurrence",
}  # fmt: skip


@transaction.atomic
def add(shop: Shop, values: Mapping[str, Any], now: datetime, staff: Staff | None = None) -> CalendarEntry:
    """A new entry from `values` of columns that may be changed; on the clock of the shop. Raises Refused."""
    entry = CalendarEntry(
        shop=shop, uid=f"{uuid.uuid4()}@regulars", zone=shop.timezone, created_at=now, updated_at=now, revised_at=now,
        updated_by=staff,
    )  # fmt: skip
    _set(entry, values)
    entry.save()
    audit("calendar.added", now=now, shop=shop, staff=staff, target=entry, title=entry.title)
    return entry


@transaction.atomic
def change(
    entry: CalendarEntry,
    values: Mapping[str, Any],
    now: datetime,
    staff: Staff | None = None,
    *,
    seen: int | None = None,
) -> CalendarEntry:
    """Changes `values` of columns. seen: the sequence that was shown; Refused if somebody else changed it since."""
    row: CalendarEntry = (
        CalendarEntry._base_manager.select_for_update(of=("self",)).select_related("shop").get(pk=entry.pk)
    )
    if seen is not None and seen != row.sequence:
        raise Refused(
            _("“%(title)s” was changed in the meantime: look at it again, then change it.") % {"title": row.title},
            code="changed_meanwhile",
        )
    before = {name: getattr(row, name) for name in values}
    _set(row, values)
    if all(getattr(row, name) == was for name, was in before.items()):
        return row
    row.sequence += 1
    row.revised_at = row.updated_at = now
    row.updated_by = staff
    row.save()
    audit("calendar.changed", now=now, shop=row.shop, staff=staff, target=row, changed=sorted(values))
    return row


def cancel(entry: CalendarEntry, now: datetime, staff: Staff | None = None) -> CalendarEntry:
    """Calls it off. It stays, so that calendar programs hear of it."""
    return change(entry, {"status": CalendarEntry.Status.CANCELLED}, now, staff)


def _set(entry: CalendarEntry, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - CHANGEABLE:
        raise Refused(f"no columns of an entry that may be changed: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(entry, name, value)
    if not entry.title.strip():
        raise Refused(_("Give it a title."), code="no_title")
    if entry.ends_at < entry.begins_at:
        raise Refused(_("It ends before it begins: choose a later end."), code="ends_early")
    for owned in (entry.segment, entry.measure):
        if owned is not None and owned.shop_id != entry.shop_id:
            raise Refused("the segment and the measure belong to another shop")
    entry.repeats_until = repeats_until(entry, Work())
