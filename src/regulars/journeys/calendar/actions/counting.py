"""Keeps MeasureDay: what measures sent on each day, and what running journeys will about send; and for whom was announced."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery

from regulars.core.clock import day_start, local_date
from regulars.core.models import Shop
from regulars.decide.contact_policy.models import Contact
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import Segment
from regulars.journeys.calendar.forecast import AHEAD, BEHIND, expected
from regulars.journeys.calendar.models import CalendarEntry, MeasureDay
from regulars.journeys.models import Enrolment, Journey

LATELY = timedelta(days=3)
"""So long after an announcement it is still noted for how many it was; of older ones nobody knows any more."""
BATCH = 500

Day = tuple[int, date]


def count_days(shop: Shop, now: datetime) -> int:
    """Counts the contacts of the days since the last that were counted, and looks ahead; returns the rows changed.

    A number of short queries for each day of a bounded span, whatever the number of customers and measures.
    """
    today = local_date(now, shop.timezone)
    rows = MeasureDay._base_manager.filter(shop=shop)
    counted_to = rows.exclude(sent=None).filter(day__lte=today).order_by("-day").values_list("day", flat=True).first()
    begin = max(today - timedelta(days=BEHIND), (counted_to or date.min + timedelta(days=2)) - timedelta(days=1))
    changed = _write(shop, "sent", _sent(shop, _days(begin, today)), rows.filter(day__gte=begin, day__lte=today))
    since = today - timedelta(days=BEHIND)
    running = Measure._base_manager.filter(shop=shop, status=Measure.Status.RUNNING, campaign=None)
    started = {pk: local_date(at, shop.timezone) for pk, at in running.values_list("pk", "started_at") if at}
    history: dict[int, dict[date, int]] = defaultdict(dict)
    past = rows.filter(measure__in=started, day__gte=since, day__lt=today).exclude(sent=None)
    for pk, day, sent in past.values_list("measure", "day", "sent"):
        history[pk][day] = sent or 0
    ahead = _days(today, today + timedelta(days=AHEAD))
    due = _due(shop, ahead, now)
    wanted: dict[Day, int] = {}
    for pk, began in started.items():
        for day, about in expected(max(began, since), today, history[pk], due[pk], ahead).items():
            wanted[pk, day] = about
    return changed + _write(shop, "expected", wanted, rows.filter(day__gte=today))


def note_audiences(shop: Shop, now: datetime) -> int:
    """Notes of what was just announced for how many it was: the size of its segment. Returns how many. One statement."""
    size = Segment._base_manager.filter(pk=OuterRef("segment")).values("size")[:1]
    rows = CalendarEntry._base_manager.filter(shop=shop, planned_for=None, segment__size__isnull=False)
    return int(
        rows.filter(announced_at__gt=now - LATELY, announced_at__lte=now).update(planned_for=Subquery(size))
    )  # fmt: skip


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _bounds(shop: Shop, day: date) -> tuple[datetime, datetime]:
    return day_start(day, shop.timezone), day_start(day + timedelta(days=1), shop.timezone)


def _sent(shop: Shop, days: Iterable[date]) -> dict[Day, int]:
    found: dict[Day, int] = {}
    for day in days:
        begin, end = _bounds(shop, day)
        rows = Contact._base_manager.filter(shop=shop, at__gte=begin, at__lt=end).exclude(measure=None)
        for pk, count in rows.values_list("measure").annotate(n=Count("pk")).order_by():
            found[pk, day] = count
    return found


def _due(shop: Shop, days: Iterable[date], now: datetime) -> dict[int, dict[date, int]]:
    """measure → day → treated customers who stand before a message on that day."""
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    journeys = {
        one.pk: one
        for one in Journey._base_manager.filter(
            shop=shop, measure__status=Measure.Status.RUNNING, measure__campaign=None
        )
    }
    sends = {
        (pk, step["key"]) for pk, one in journeys.items() for step in one.definition["steps"] if step["kind"] == "send"
    }
    for day in days:
        begin, end = _bounds(shop, day)
        rows = Enrolment._base_manager.filter(
            shop=shop, status=Enrolment.Status.DUE, due_at__gte=max(begin, now), due_at__lt=end, arm="treated"
        )
        for pk, step, count in rows.values_list("journey", "step").annotate(n=Count("pk")).order_by():
            if (pk, step) in sends:
                found[journeys[pk].measure_id][day] += count
    return found


def _write(shop: Shop, column: str, wanted: dict[Day, int], there: object) -> int:
    """Makes `column` of the rows `there` what is wanted: only what changed is written, in batches."""
    known: dict[Day, MeasureDay] = {(row.measure_id, row.day): row for row in there}  # type: ignore[attr-defined]
    changed = []
    for key in {*wanted, *known}:
        row = known.get(key) or MeasureDay(shop=shop, measure_id=key[0], day=key[1])
        about = wanted.get(key)
        if column == "sent" and about is None and row.sent is not None:
            about = 0
        if getattr(row, column) != about:
            setattr(row, column, about)
            changed.append(row)
    for start in range(0, len(changed), BATCH):
        with transaction.atomic():
            batch = changed[start : start + BATCH]
            gone = [row.pk for row in batch if row.pk and row.sent is None and row.expected is None]
            MeasureDay._base_manager.filter(pk__in=gone).delete()
            MeasureDay._base_manager.bulk_create(
                [row for row in batch if not row.pk],
                update_conflicts=True,
                unique_fields=["measure", "day"],
                update_fields=[column],
            )
            MeasureDay._base_manager.bulk_update([r for r in batch if r.pk and r.pk not in gone], [column])
    return len(changed)
