"""Whether each segment hears enough and not too much in the coming weeks: gaps and collisions of what is planned.

Looked at are planned contacts: campaigns, announcements of entries, and mailings and calls that are announced by nothing. A
customer in several segments hears all of theirs, so what is too much is told from the stored members: customers are grouped
by the segments they are in, and each group is counted once. Of more than `COUNTED` memberships a sample is looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from regulars.core.clock import day_start, local_date
from regulars.core.models import Shop
from regulars.decide.segments.estimate import COUNTED, Sample, everybody, sample_of
from regulars.decide.segments.models import Segment, SegmentMember
from regulars.journeys.campaigns.models import Campaign

from .models import CalendarEntry
from .occurrences import occurrences
from .plan import campaigns_within, entries_within

WEEKS = 8
MOST_SEGMENTS = 60
"""Segments that are looked at: as many as fit into the bits of one number."""
MOST_SAID = 50
MOST_GROUPS = 3000
"""Groups of customers that are looked at, the largest: with twelve segments there cannot be more than 4096."""
TOLD_BY_ITSELF = (CalendarEntry.Kind.MAILING, CalendarEntry.Kind.CALL)


@dataclass(frozen=True)
class Planned:
    """One planned contact of a segment. entry, campaign: what it comes from; what: what of an entry would be moved."""

    segment: int
    day: date
    title: str
    what: str
    entry: CalendarEntry | None = None
    campaign: Campaign | None = None


@dataclass(frozen=True)
class SegmentWeeks:
    """weeks: for each the contacts that are planned. gaps: how many weeks have none."""

    segment: Segment
    weeks: Sequence[Sequence[Planned]]

    @property
    def gaps(self) -> int:
        return sum(not week for week in self.weeks)


@dataclass(frozen=True)
class Collision:
    """kind: "day" (several on one day), "week" or "month" (more than the budget in 7 or 30 days up to `day`). contacts: what
    is planned for them. customers: how many hear it all; about so many where `is_about`. limit: what the budget allows.
    """

    kind: str
    day: date
    contacts: Sequence[Planned]
    customers: int
    is_about: bool
    limit: int


@dataclass(frozen=True)
class Balance:
    """mondays: of the weeks. more: collisions that are not told. unseen: segments beyond those that are looked at."""

    mondays: Sequence[date]
    segments: Sequence[SegmentWeeks]
    collisions: Sequence[Collision]
    more: int
    unseen: int
    is_about: bool


def balance_of(shop: Shop, now: datetime) -> Balance:
    """The coming weeks, from the present one on. A fixed number of queries."""
    today = local_date(now, shop.timezone)
    monday = today - timedelta(days=today.weekday())
    mondays = [monday + timedelta(days=7 * number) for number in range(WEEKS)]
    rows = list(Segment.objects.order_by("-size", "name").defer("rule", "description")[: MOST_SEGMENTS + 1])
    unseen = Segment.objects.count() - MOST_SEGMENTS if len(rows) > MOST_SEGMENTS else 0
    segments = {one.pk: one for one in rows[:MOST_SEGMENTS]}
    planned = [one for one in _planned(shop, today, mondays[-1] + timedelta(days=6)) if one.segment in segments]
    weeks: dict[int, list[list[Planned]]] = {pk: [[] for _week in mondays] for pk in segments}
    for one in planned:
        weeks[one.segment][(one.day - monday).days // 7].append(one)
    groups, sample = _groups(shop, sorted({one.segment for one in planned}), segments)
    found = _collisions(planned, groups, sample, shop.contacts_per_week, shop.contacts_per_month)
    return Balance(
        mondays=mondays,
        segments=sorted(
            (SegmentWeeks(segments[pk], parts) for pk, parts in weeks.items()),
            key=lambda one: (-(WEEKS - one.gaps), -(one.segment.size or 0), one.segment.name),
        ),
        collisions=found[:MOST_SAID],
        more=max(len(found) - MOST_SAID, 0),
        unseen=unseen,
        is_about=sample is not None,
    )


def _planned(shop: Shop, first: date, last: date) -> list[Planned]:
    """Planned contacts of a segment, in the order of their days."""
    begin, end = day_start(first, shop.timezone), day_start(last + timedelta(days=1), shop.timezone)
    zone = ZoneInfo(shop.timezone)
    found = []
    campaigns, _more = campaigns_within(begin, end)
    rows, _unshown = entries_within(begin, end)
    told = {row.measure_id for row in campaigns if row.measure_id}  # what announces them is that campaign itself
    rows = [one for one in rows if one.segment_id and one.status != CalendarEntry.Status.CANCELLED]
    rows = [one for one in rows if one.measure_id not in told]
    for one in rows:
        if one.announced_at is not None and begin <= one.announced_at < end:
            day = one.announced_at.astimezone(zone).date()
            found.append(Planned(one.segment_id or 0, day, one.title, "announcement", one))
    by_themselves = [one for one in rows if one.announced_at is None and one.kind in TOLD_BY_ITSELF]
    for time in occurrences(by_themselves, begin, end):
        day = time.begins_at.astimezone(zone).date()
        if first <= day <= last:
            found.append(Planned(time.entry.segment_id or 0, day, time.entry.title, "entry", time.entry))
    for row in campaigns:
        if row.segment_id and row.status not in (Campaign.Status.CANCELLED, Campaign.Status.DRAFT):
            day = row.moment.astimezone(zone).date()
            found.append(Planned(row.segment_id, day, row.name, "campaign", campaign=row))
    return sorted(found, key=lambda one: (one.day, one.title))


def _groups(
    shop: Shop, used: Sequence[int], segments: dict[int, Segment]
) -> tuple[dict[frozenset[int], int], Sample | None]:
    """Which segments customers are in together → how many are in exactly these. Of a sample where there are many."""
    if not used:
        return {}, None
    sample = None
    if sum(segments[pk].size or 0 for pk in used) > COUNTED:
        sample = sample_of(shop, everybody(shop))
    members = SegmentMember.objects.filter(segment__in=used)
    if sample is not None:
        members = members.filter(customer__among=sample.ids)
    sql, parameters = members.order_by().values_list("customer_id", "segment_id").query.sql_with_params()
    bits = " ".join(f"WHEN {pk:d} THEN {1 << place:d}" for place, pk in enumerate(used))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT parts, COUNT(*) FROM (SELECT customer_id, SUM(CASE segment_id {bits} END) AS parts"  # noqa: S608 - numbers
            f" FROM ({sql}) AS member GROUP BY customer_id) AS customer GROUP BY parts",
            parameters,
        )
        rows = cursor.fetchall()
    return {
        frozenset(pk for place, pk in enumerate(used) if int(parts) >> place & 1): int(count) for parts, count in rows
    }, sample


def _collisions(
    planned: Sequence[Planned], groups: dict[frozenset[int], int], sample: Sample | None, per_week: int, per_month: int
) -> list[Collision]:
    """What is too much for somebody: the same contacts once, with all customers who hear them; the most first by day."""
    hit: Counter[tuple[str, date, tuple[int, ...]]] = Counter()
    for group, customers in sorted(groups.items(), key=lambda pair: -pair[1])[:MOST_GROUPS]:
        mine = [place for place, one in enumerate(planned) if one.segment in group]
        for key in _of_one(planned, mine, per_week, per_month):
            hit[key] += customers
    limits = {"day": 1, "week": per_week, "month": per_month}
    found = [
        Collision(
            kind,
            day,
            [planned[place] for place in places],
            sample.about(count) if sample else count,
            sample is not None or len(groups) > MOST_GROUPS,
            limits[kind],
        )
        for (kind, day, places), count in hit.items()
    ]
    return sorted(found, key=lambda one: (one.day, ("day", "week", "month").index(one.kind), -one.customers))


def _of_one(
    planned: Sequence[Planned], mine: Sequence[int], per_week: int, per_month: int
) -> Iterator[tuple[str, date, tuple[int, ...]]]:
    """The collisions of customers who hear `mine` (places in `planned`, by day). Of windows that are too full the first is
    told, and the next begins behind it; what all stands on one day is told as that."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for place in mine:
        by_day[planned[place].day].append(place)
    for day, places in by_day.items():
        if len(places) > 1:
            yield "day", day, tuple(places)
    for kind, days, limit in (("week", 7, per_week), ("month", 30, per_month)):
        at = 0
        while at < len(mine):
            first = planned[mine[at]].day
            window = tuple(place for place in mine[at:] if (planned[place].day - first).days < days)
            last = planned[window[-1]].day
            if len(window) > limit and last != first:
                yield kind, last, window
                at += len(window)
            else:
                at += 1
