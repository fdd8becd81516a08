"""What running journeys will about send on the days to come, told from what they sent of late and who waits in them.

No model: the mean of the same weekday over the last weeks, and where more customers already stand before a message on a day,
those. It is shown as "about", and nothing is shown where too little is known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from regulars.core.models import Shop

from .models import CalendarEntry, MeasureDay

BEHIND = 56
"""Days that the mean looks back: eight of each weekday."""
AHEAD = 42
LEAST_DAYS, LEAST_SENT = 14, 20
"""Days that a journey must have run, and contacts it must have made, before its mean says anything."""
AFTER = 14
"""Days after an announcement whose contacts count as its."""


def expected(
    since: date, today: date, sent: Mapping[date, int], due: Mapping[date, int], days: Sequence[date]
) -> dict[date, int]:
    """About how many contacts one journey makes on each of `days`; nothing below one, nothing where too little is known.

    since: the first day that counts (it ran all day from the next). sent: contacts of the days up to yesterday.
    """
    past = [since + timedelta(days=number) for number in range(1, (today - since).days)]
    means: dict[int, float] = {}
    if len(past) >= LEAST_DAYS and sum(sent.get(day, 0) for day in past) >= LEAST_SENT:
        by_weekday: dict[int, list[int]] = defaultdict(list)
        for day in past:
            by_weekday[day.weekday()].append(sent.get(day, 0))
        means = {weekday: sum(counts) / len(counts) for weekday, counts in by_weekday.items()}
    found = {day: round(max(means.get(day.weekday(), 0.0), due.get(day, 0))) for day in days}
    return {day: about for day, about in found.items() if about}


def about(count: float) -> int:
    """To two digits: more would pretend to be counted."""
    return int(float(f"{count:.2g}"))


@dataclass(frozen=True)
class Forecast:
    """total: about so many contacts on a day. measures: (key, name, about so many), the most first."""

    total: int
    measures: Sequence[tuple[str, str, int]]


def forecasts(shop: Shop, first: date, last: date, today: date) -> dict[date, Forecast]:
    """The forecast of each day from `today` on that has one. One query."""
    rows = MeasureDay._base_manager.filter(shop=shop, day__gte=max(first, today), day__lte=last, expected__gt=0)
    found: dict[date, list[tuple[str, str, int]]] = defaultdict(list)
    for day, key, name, count in rows.values_list("day", "measure__key", "measure__name", "expected"):
        found[day].append((key, name, count or 0))
    return {
        day: Forecast(
            about(sum(count for _key, _name, count in parts)),
            [(key, name, about(count)) for key, name, count in sorted(parts, key=lambda part: (-part[2], part[1]))],
        )
        for day, parts in found.items()
    }


def sent_of(shop: Shop, entries: Sequence[CalendarEntry], now: datetime) -> dict[int, int]:
    """Contacts of an entry's measure from the day of its announcement on, at most AFTER days, up to the day it is over: by
    the id of the entry. Only of what has a measure and was announced. One query.
    """
    wanted = [one for one in entries if one.measure_id and one.announced_at and one.announced_at <= now]
    if not wanted:
        return {}
    spans = {one.pk: _span(one) for one in wanted}
    rows = MeasureDay._base_manager.filter(
        shop=shop,
        measure__in={one.measure_id for one in wanted},
        day__gte=min(first for first, _last in spans.values()),
        day__lte=max(last for _first, last in spans.values()),
    ).values_list("measure", "day").annotate(n=Sum("sent"))  # fmt: skip
    by_measure: dict[int, dict[date, int]] = defaultdict(dict)
    for measure, day, count in rows.order_by():
        by_measure[measure][day] = count or 0
    found = {}
    for one in wanted:
        first, last = spans[one.pk]
        days = by_measure[one.measure_id or 0]
        found[one.pk] = sum(count for day, count in days.items() if first <= day <= last)
    return found


def _span(entry: CalendarEntry) -> tuple[date, date]:
    first = entry.announced_day
    assert first is not None
    return first, max(first, min(entry.last_day, first + timedelta(days=AFTER)))
