"""What stands on each day: entries and their announcements, campaigns planned and sent, public holidays."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from regulars.core.clock import day_start
from regulars.core.models import Shop
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.campaigns.results import progress_of

from .models import CalendarEntry
from .occurrences import Occurrence, occurrences
from .rules import Work
from .vevent import short_moment

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


@dataclass
class Plan:
    """days: the items of each day that has any, in order. unshown: rows that are too many for one view. unfinished: entries
    whose rule was too much to be worked out."""

    days: dict[date, list[Item]]
    unshown: int
    unfinished: Sequence[CalendarEntry]


def plan_of(shop: Shop, first: date, last: date) -> Plan:
    """What stands on the days `first` to `last`, on the clock of the shop. A fixed number of queries."""
    begin, end = day_start(first, shop.timezone), day_start(last + timedelta(days=1), shop.timezone)
    zone, work = ZoneInfo(shop.timezone), Work()
    found: dict[date, list[Item]] = defaultdict(list)
    for day, name in _holidays(shop.country, first, last):
        found[day].append(Item("holiday", name))
    rows, unshown = entries_within(begin, end)
    for one in occurrences(rows, begin, end, work):
        _spread(found, one, first, last, zone)
    for entry in rows:
        if entry.announced_at is not None and begin <= entry.announced_at < end:
            day = entry.announced_at.astimezone(zone).date()
            found[day].append(Item("announcement", entry.title, entry.announced_at, entry))
    campaigns, more = _campaigns(begin, end)
    for item in campaigns:
        assert item.at is not None
        found[item.at.astimezone(zone).date()].append(item)
    for day_items in found.values():
        day_items.sort(key=lambda item: (item.what != "holiday", item.at is not None, item.at or begin, item.title))
    return Plan(dict(sorted(found.items())), unshown + more, list(dict.fromkeys(work.unfinished)))


def entries_within(begin: datetime, end: datetime) -> tuple[list[CalendarEntry], int]:
    """Entries, with their segment, that happen or are announced in [begin, end), or may by their rule; and how many more
    there are. The changed occurrences of what repeats are among them. Where there are too many, the oldest are left out.
    """
    happens = Q(begins_at__lt=end, ends_at__gte=begin)
    announced = Q(announced_at__gte=begin, announced_at__lt=end)
    once = Q(recurrence="", further=[])
    goes_on = Q(repeats_until=None) | Q(repeats_until__gte=begin)
    repeats = ~once & Q(begins_at__lt=end, recurrence_id="") & goes_on
    around = timedelta(days=LONGEST)
    instead = Q(recurrence_id__gte=short_moment((begin - around).date())) & Q(
        recurrence_id__lt=short_moment((end + around).date())
    )
    found: list[CalendarEntry] = []
    unshown = 0
    single = Q(recurrence_id="")
    sorts = (
        once & single & (happens | announced),
        single & (repeats | (~once & announced)),
        ~single & (instead | happens | announced),
    )
    for which in sorts:
        rows = CalendarEntry.objects.filter(which).select_related("segment").order_by("-begins_at", "-pk")
        part = list(rows[: MOST + 1])
        if len(part) > MOST:
            unshown += rows.count() - MOST
        found += part[:MOST]
    return sorted(found, key=lambda row: (row.begins_at, row.pk)), unshown


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


def _campaigns(begin: datetime, end: datetime) -> tuple[list[Item], int]:
    """Campaigns of this span, and how many more there are."""
    found = Campaign.objects.annotate(moment=Coalesce("began_at", "begins_at", "starts_at"))
    found = found.filter(moment__gte=begin, moment__lt=end).select_related("segment").order_by("moment", "pk")
    rows = list(found[: MOST + 1])
    more = found.count() - MOST if len(rows) > MOST else 0
    rows = rows[:MOST]
    progress = progress_of(rows)
    return [
        Item(
            "campaign", row.name, row.moment, campaign=row, planned=row.agreed,
            sent=progress[row.pk].sent if row.pk in progress else None,
        )
        for row in rows
    ], more  # fmt: skip


def _holidays(country: str, first: date, last: date) -> Sequence[tuple[date, Any]]:
    """Public holidays all over the country, in the language of whoever looks where the names are known in it."""
    try:
        language = {"en": "en_US"}.get(get_language() or "", get_language())
        years = range(first.year, last.year + 1)
        known = holidays.country_holidays(country.upper(), years=years, language=language)
    except NotImplementedError:
        return []
    return [(day, name) for day, name in sorted(known.items()) if first <= day <= last]
