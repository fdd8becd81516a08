"""Questions that steps and exits ask about a batch of enrolments. One query each."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from regulars.know.orders.models import Order

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
