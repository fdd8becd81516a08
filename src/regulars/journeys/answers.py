"""Questions that steps and exits ask about a batch of enrolments. One query each."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from regulars.core.models import Shop
from regulars.decide.segments import rules
from regulars.know.orders.models import Order
from regulars.know.timeline.models import Event

from . import data_rules
from .models import Enrolment, Journey


def ordered_since(enrolments: Sequence[Enrolment], now: datetime) -> set[int]:
    """Ids of those whose customer placed a counted order after entering, by `now`."""
    if not enrolments:
        return set()
    since = min(one.entered_at for one in enrolments)
    newest: dict[int, datetime] = {}
    orders = Order._base_manager.filter(
        customer_id__in={one.customer_id for one in enrolments},
        is_counted=True,
        placed_at__gt=since,
        placed_at__lte=now,
    )
    for customer_id, placed_at in orders.values_list("customer_id", "placed_at"):
        if customer_id not in newest or placed_at > newest[customer_id]:
            newest[customer_id] = placed_at
    return {one.pk for one in enrolments if one.customer_id in newest and newest[one.customer_id] > one.entered_at}


def goals_reached(
    shop: Shop, enrolments: Sequence[Enrolment], journeys: Mapping[int, Journey], now: datetime
) -> dict[int, str]:
    """The reason by id for those who leave because their journey's goal is reached. At most one query for each goal."""
    by_goal: dict[int, list[Enrolment]] = defaultdict(list)
    until_order = []
    for one in enrolments:
        definition = journeys[one.journey_id].definition
        if definition["ends_when"] == "ordered":
            until_order.append(one)
        elif definition.get("leave_when"):
            by_goal[one.journey_id].append(one)
    found = dict.fromkeys(ordered_since(until_order, now), "ordered")
    for journey_id, group in by_goal.items():
        goal = journeys[journey_id].definition["leave_when"]
        if "event" in goal:
            happened = happened_since(shop, group, goal["event"], now, where=goal.get("where"))
            reached = {one.pk for one in group if happened.get(one.pk)}
        else:
            reached = fits_profile(shop, group, goal["profile"], now)
        found |= dict.fromkeys(reached, "goal")
    return found


def fits_profile(shop: Shop, enrolments: Sequence[Enrolment], rule: rules.Node, now: datetime) -> set[int]:
    """Ids of those whose customer's profile fits a rule of segments. One query."""
    if not enrolments:
        return set()
    wanted = {one.customer_id for one in enrolments}
    fits = rules.queryset(shop, rule, now).filter(customer_id__among=wanted)
    customers = set(fits.values_list("customer_id", flat=True))
    return {one.pk for one in enrolments if one.customer_id in customers}


def happened_since(
    shop: Shop,
    enrolments: Sequence[Enrolment],
    event_type: str,
    now: datetime,
    *,
    where: Mapping[str, Any] | None = None,
    since: Callable[[Enrolment], datetime] = lambda one: one.entered_at,
    until: Callable[[Enrolment], datetime] | None = None,
) -> dict[int, int]:
    """How many events of a type that `where` lets through each enrolment's customer has had, by id; 0 is left out.

    They count after `since` (the entry) and up to `until`, by the moment at which they happened. Imported history does
    not count. One query.
    """
    if not enrolments:
        return {}
    begin = {one.pk: since(one) for one in enrolments}
    events = Event._base_manager.filter(
        shop=shop,
        type=event_type,
        customer_id__among={one.customer_id for one in enrolments},
        at__gt=min(begin.values()),
        at__lte=now,
        is_history=False,
    ).order_by()
    by_customer: dict[int, list[datetime]] = defaultdict(list)
    if where:
        for customer_id, at, data in events.values_list("customer_id", "at", "data"):
            if data_rules.holds(where, data):
                by_customer[customer_id].append(at)
    else:
        for customer_id, at in events.values_list("customer_id", "at"):
            by_customer[customer_id].append(at)
    found = {}
    for one in enrolments:
        end = until(one) if until else now
        count = sum(1 for at in by_customer.get(one.customer_id, ()) if begin[one.pk] < at <= end)
        if count:
            found[one.pk] = count
    return found


def barring(journey: Journey, now: datetime, keys: Collection[str]) -> "QuerySet[Enrolment]":
    """Enrolments in the measure that bar their customer from entering again now, by one of these entry keys.

    Those by the same key; those on the way; and those let in so shortly before that it is too soon (or ever, where the
    measure is entered once). Who was refused at the door may come again by another key. Where customers enter every
    time, only the key bars: two orders are two ways side by side. Where they enter yearly, the key names the year.
    """
    ways: QuerySet[Enrolment] = Enrolment._base_manager.filter(journey__measure_id=journey.measure_id)
    let_in = ~Q(status=Enrolment.Status.REFUSED)
    rule = journey.definition.get("reentry", "")
    by_key = Q(entry_key__among=set(keys))
    if rule == "every_time":
        return ways.filter(by_key)
    on_the_way = Q(status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED))
    if rule == "yearly":
        return ways.filter(by_key | on_the_way)
    again = journey.definition["again_after_days"]
    if again is not None:
        let_in &= Q(entered_at__gt=now - timedelta(days=again))
    return ways.filter(by_key | on_the_way | let_in)
