"""Entries moved to another day: as a whole, one of their repetitions, or their announcement."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Staff
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.occurrences import happens_at

from .editing import change

FARTHEST = 3660
"""Days."""


def move(
    entry: CalendarEntry, begins_at: datetime, now: datetime, staff: Staff | None = None, *, seen: int | None = None
) -> CalendarEntry:
    """Lets it begin at `begins_at` and last as long as before; the announcement keeps its distance."""
    values: dict[str, Any] = {"begins_at": begins_at}
    if entry.whole_days:
        days = (begins_at.astimezone(ZoneInfo(entry.zone)).date() - entry.first_day).days
        values["ends_at"] = days_later(entry.ends_at, days, entry.zone)
        values["begins_at"] = days_later(entry.begins_at, days, entry.zone)
    else:
        values["ends_at"] = begins_at + (entry.ends_at - entry.begins_at)
    if entry.announced_at is not None:
        days = (values["begins_at"].astimezone(ZoneInfo(entry.zone)).date() - entry.first_day).days
        values["announced_at"] = days_later(entry.announced_at, days, entry.zone)
    return change(entry, values, now, staff, seen=seen)


def move_by(
    entry: CalendarEntry, days: int, now: datetime, staff: Staff | None = None, *, seen: int, original: str = ""
) -> CalendarEntry:
    """Moves it by whole days, at the same time of day; the announcement keeps its distance.

    original: of an entry that repeats, which repetition (`20260501T070000Z`, or `20260501` of whole days): only that one is
    moved, by a row of its own, which is returned; the others stay. seen: the sequence that was shown; Refused if somebody
    else changed it since.
    """
    if not days or abs(days) > FARTHEST:
        raise Refused(_("Choose another day."), code="no_day")
    if entry.repeats and not entry.recurrence_id:
        return _move_one(entry, original, days, now, staff, seen)
    return move(entry, days_later(entry.begins_at, days, entry.zone), now, staff, seen=seen)


def move_announcement(
    entry: CalendarEntry, days: int, now: datetime, staff: Staff | None = None, *, seen: int
) -> CalendarEntry:
    """Announces it so many days later or earlier. Raises Refused for what is not announced, or would be after its end."""
    if entry.announced_at is None or not days or abs(days) > FARTHEST:
        raise Refused(_("Choose another day."), code="no_day")
    at = days_later(entry.announced_at, days, entry.zone)
    if at > entry.ends_at and not entry.repeats:
        raise Refused(_("Then it would be over when it is announced: choose an earlier day."), code="announced_late")
    return change(entry, {"announced_at": at}, now, staff, seen=seen)


@transaction.atomic
def _move_one(
    entry: CalendarEntry, original: str, days: int, now: datetime, staff: Staff | None, seen: int
) -> CalendarEntry:
    """A row for this repetition, which takes its place. The series gets a new sequence, so that programs look at it anew."""
    row: CalendarEntry = CalendarEntry._base_manager.select_for_update(of=("self",)).get(pk=entry.pk)
    begins = happens_at(row, original)
    is_moved = CalendarEntry._base_manager.filter(shop=row.shop_id, uid=row.uid, recurrence_id=original).exists()
    if seen != row.sequence or begins is None or is_moved:
        raise Refused(
            _("“%(title)s” was changed in the meantime: look at it again, then change it.") % {"title": row.title},
            code="changed_meanwhile",
        )
    moved = days_later(begins, days, row.zone)
    row.sequence += 1
    row.revised_at = row.updated_at = now
    row.updated_by = staff
    row.save()
    one = CalendarEntry._base_manager.get(pk=row.pk)
    one.pk, one._state.adding = None, True
    one.recurrence_id, one.recurrence, one.further, one.left_out, one.repeats_until = original, "", [], [], None
    one.created_at = now
    one.begins_at, one.ends_at = moved, days_later(begins + (row.ends_at - row.begins_at), days, row.zone)
    if row.whole_days:
        one.ends_at = days_later(moved, (row.last_day - row.first_day).days + 1, row.zone)
    if row.announced_at is not None:
        one.announced_at, one.planned_for = None, None  # the series is announced once
    one.save()
    audit("calendar.moved_one", now=now, shop=one.shop, staff=staff, target=one, original=original)
    return one


def days_later(moment: datetime, days: int, zone: str) -> datetime:
    """So many days later: the same time of day on the clock of `zone`."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(moment.tzinfo)
