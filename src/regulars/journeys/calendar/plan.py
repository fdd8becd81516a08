"""What stands on each day: entries and their announcements, campaigns planned and sent, public holidays."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from regulars.core.clock import day_start
from regulars.core.models import Shop
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.campaigns.results import progress_of

from .models import CalendarEntry
from .occurrences import Occurrence, occurrences

LONGEST = 120
"""Days that one entry is shown on."""
MOST = 1000
"""Rows of each sort within one view."""


@dataclass(frozen=True)
class Item:
    """what: entry, announcement, campaign or holiday. at: None for whole days and holidays. sent: messages of a campaign.

    begins: whether this is its first day; the others of a longer entry are shown smaller.
    """

    what: str
    title: str
    at: datetime | None = None
    entry: CalendarEntry | None = None
    campaign: Campaign | None = None
    sent: int | None = None
    planned: int | None = None
    begins: bool = True

    @property
    def is_off(self) -> bool:
        """Called off: shown crossed out."""
        row = self.entry or self.campaign
        return row is not None and row.status == "cancelled"


def items_by_day(shop: Shop, first: date, last: date) -> dict[date, list[Item]]:
    """The items of each day of `first` to `last` that has any, on the clock of the shop. A fixed number of queries."""
    begin, end = day_start(first, shop.timezone), day_start(last + timedelta(days=1), shop.timezone)
    zone = ZoneInfo(shop.timezone)
    found: dict[date, list[Item]] = defaultdict(list)
    for day, name in _holidays(shop.country, first, last):
        found[day].append(Item("holiday", name))
    rows = list(entries_within(begin, end)[:MOST])
    for one in occurrences(rows, begin, end):
        _spread(found, one, first, last, zone)
    for entry in rows:
        if entry.announced_at is not None and begin <= entry.announced_at < end:
            day = entry.announced_at.astimezone(zone).date()
            found[day].append(Item("announcement", entry.title, entry.announced_at, entry))
    for item in _campaigns(begin, end):
        assert item.at is not None
        found[item.at.astimezone(zone).date()].append(item)
    for day_items in found.values():
        day_items.sort(key=lambda item: (item.what != "holiday", item.at is not None, item.at or begin, item.title))
    return dict(sorted(found.items()))


def entries_within(begin: datetime, end: datetime) -> QuerySet[CalendarEntry]:
    """Entries, with their segment, that happen or are announced in [begin, end), or repeat.

    The changed occurrences of what repeats are among them.
    """
    happens = Q(begins_at__lt=end, ends_at__gte=begin)
    announced = Q(announced_at__gte=begin, announced_at__lt=end)
    repeats = Q(begins_at__lt=end) & (~Q(recurrence="") | ~Q(further=[]))
    rows: QuerySet[CalendarEntry] = CalendarEntry.objects.filter(happens | announced | repeats | ~Q(recurrence_id=""))
    return rows.select_related("segment").order_by("begins_at", "pk")


def _spread(found: dict[date, list[Item]], one: Occurrence, first: date, last: date, zone: ZoneInfo) -> None:
    """An entry stands on each of its days: whole days on those of its zone, others on the clock of the shop."""
    begins, ends = one.first_day, one.last_day
    if not one.entry.whole_days:
        begins = one.begins_at.astimezone(zone).date()
        ends = max(begins, (one.ends_at - timedelta(microseconds=1)).astimezone(zone).date())
    for number in range(min((ends - begins).days + 1, LONGEST)):
        day = begins + timedelta(days=number)
        if first <= day <= last:
            at = None if one.entry.whole_days or number else one.begins_at
            found[day].append(Item("entry", one.entry.title, at, one.entry, begins=not number))


def _campaigns(begin: datetime, end: datetime) -> list[Item]:
    moment = Coalesce("began_at", "begins_at", "starts_at")
    rows = list(
        Campaign.objects.annotate(moment=moment)
        .filter(moment__gte=begin, moment__lt=end)
        .select_related("segment")
        .order_by("moment", "pk")[:MOST]
    )
    progress = progress_of(rows)
    return [
        Item(
            "campaign", row.name, row.moment, campaign=row, planned=row.agreed,
            sent=progress[row.pk].sent if row.pk in progress else None,
        )
        for row in rows
    ]  # fmt: skip


def _holidays(country: str, first: date, last: date) -> Sequence[tuple[date, Any]]:
    """Public holidays all over the country, in the language of whoever looks where the names are known in it."""
    try:
        language = {"en": "en_US"}.get(get_language() or "", get_language())
        years = range(first.year, last.year + 1)
        known = holidays.country_holidays(country.upper(), years=years, language=language)
    except NotImplementedError:
        return []
    return [(day, name) for day, name in sorted(known.items()) if first <= day <= last]
