"""What stands on each day: entries and their announcements, campaigns planned and sent, gatherings, what running journeys
will about send, public holidays."""

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
from django.utils.translation import gettext as _

from regulars.core.clock import day_start
from regulars.core.models import Shop
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.campaigns.results import progress_of
from regulars.reward.gatherings.models import Gathering

from .forecast import Forecast, forecasts, sent_of
from .models import CalendarEntry
from .occurrences import Occurrence, occurrences, original_of
from .rules import Work
from .vevent import short_moment

LONGEST = 120
"""Days that one entry is shown on."""
MOST = 1000
"""Rows of each sort within one view."""
OF_ENTRIES = (
    "shop", "uid", "recurrence_id", "kind", "title", "place", "begins_at", "ends_at", "whole_days", "zone", "announced_at",
    "segment__name", "segment__key", "measure", "status", "sequence", "recurrence", "further", "left_out", "planned_for",
)  # fmt: skip
OF_CAMPAIGNS = (
    "shop", "key", "name", "status", "segment__name", "segment__key", "measure", "agreed", "starts_at", "begins_at", "began_at",
)  # fmt: skip
"""What views show: a row of all columns takes twice as long."""


@dataclass(frozen=True)
class Item:
    """what: entry, announcement, campaign, gathering, forecast or holiday. at: None for whole days, holidays, forecasts.

    begins: whether this is its first day; the others of a longer entry are shown smaller. original: which repetition of an
    entry. planned, sent: customers it was for, and messages that went out; None where nobody knows, or it is still to come.
    """

    what: str
    title: str
    at: datetime | None = None
    entry: CalendarEntry | None = None
    campaign: Campaign | None = None
    gathering: Gathering | None = None
    forecast: Forecast | None = None
    sent: int | None = None
    planned: int | None = None
    begins: bool = True
    original: str = ""

    @property
    def is_off(self) -> bool:
        """Called off: shown crossed out."""
        row = self.entry or self.campaign or self.gathering
        return row is not None and row.status == "cancelled"


@dataclass
class Plan:
    """days: the items of each day that has any, in order. unshown: rows that are too many for one view. unfinished: entries
    whose rule was too much to be worked out."""

    days: dict[date, list[Item]]
    unshown: int
    unfinished: Sequence[CalendarEntry]

    @property
    def is_empty(self) -> bool:
        """Nothing but public holidays."""
        return all(item.what == "holiday" for items in self.days.values() for item in items)


def plan_of(shop: Shop, first: date, last: date, now: datetime) -> Plan:
    """What stands on the days `first` to `last`, on the clock of the shop. A fixed number of queries."""
    begin, end = day_start(first, shop.timezone), day_start(last + timedelta(days=1), shop.timezone)
    zone, work = ZoneInfo(shop.timezone), Work()
    found: dict[date, list[Item]] = defaultdict(list)
    for day, name in _holidays(shop.country, first, last):
        found[day].append(Item("holiday", name))
    rows, unshown = entries_within(begin, end)
    for one in occurrences(rows, begin, end, work):
        _spread(found, one, first, last, zone)
    announced = [one for one in rows if one.announced_at is not None and begin <= one.announced_at < end]
    sent = sent_of(shop, announced, now)
    for entry in announced:
        at: Any = entry.announced_at
        item = Item("announcement", entry.title, at, entry, sent=sent.get(entry.pk), planned=entry.planned_for)
        found[at.astimezone(zone).date()].append(item)
    campaigns, more = _campaigns(begin, end)
    for item in (*campaigns, *_gatherings(begin, end)):
        assert item.at is not None
        found[item.at.astimezone(zone).date()].append(item)
    for items in found.values():
        items.sort(key=lambda item: (item.what != "holiday", item.at is not None, item.at or begin, item.title))
    for day, forecast in forecasts(shop, first, last, now.astimezone(zone).date()).items():
        found[day].append(Item("forecast", _("Running journeys"), forecast=forecast))
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
        rows = CalendarEntry.objects.filter(which).select_related("segment").only(*OF_ENTRIES)
        rows = rows.order_by("-begins_at", "-pk")
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
    original = original_of(one.entry, one.begins_at) if one.entry.repeats and not one.entry.recurrence_id else ""
    for number in range(min((ends - begins).days + 1, LONGEST)):
        day = begins + timedelta(days=number)
        if first <= day <= last:
            at = None if one.entry.whole_days or number else one.begins_at
            found[day].append(Item("entry", one.entry.title, at, one.entry, begins=not number, original=original))


def campaigns_within(begin: datetime, end: datetime) -> tuple[list[Any], int]:
    """Campaigns that began, or will begin, in [begin, end), each with its `moment`; and how many more there are."""
    found = Campaign.objects.annotate(moment=Coalesce("began_at", "begins_at", "starts_at"))
    found = found.filter(moment__gte=begin, moment__lt=end).select_related("segment").order_by("moment", "pk")
    found = found.only(*OF_CAMPAIGNS)
    rows = list(found[: MOST + 1])
    return rows[:MOST], found.count() - MOST if len(rows) > MOST else 0


def _campaigns(begin: datetime, end: datetime) -> tuple[list[Item], int]:
    rows, more = campaigns_within(begin, end)
    progress = progress_of(rows)
    return [
        Item(
            "campaign", row.name, row.moment, campaign=row, planned=row.agreed,
            sent=progress[row.pk].sent if row.pk in progress and row.began_at is not None else None,
        )
        for row in rows
    ], more  # fmt: skip


def _gatherings(begin: datetime, end: datetime) -> list[Item]:
    language = get_language() or "en"
    rows = Gathering.objects.filter(starts_at__gte=begin, starts_at__lt=end).defer("texts").order_by("starts_at", "pk")
    return [Item("gathering", one.title_in(language), one.starts_at, gathering=one) for one in rows[:MOST]]


def _holidays(country: str, first: date, last: date) -> Sequence[tuple[date, Any]]:
    """Public holidays all over the country, in the language of whoever looks where the names are known in it."""
    try:
        language = {"en": "en_US"}.get(get_language() or "", get_language())
        years = range(first.year, last.year + 1)
        known = holidays.country_holidays(country.upper(), years=years, language=language)
    except NotImplementedError:
        return []
    return [(day, name) for day, name in sorted(known.items()) if first <= day <= last]
