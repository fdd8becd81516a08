"""What events do to journeys: they take customers in, and they end waits."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core.models import Shop
from regulars.decide.goals.models import Measure
from regulars.journeys import data_rules
from regulars.journeys.definition import step_at
from regulars.journeys.kinds import Occasion, trigger_kinds
from regulars.journeys.models import Enrolment, Intake, Journey, Waiting

from .enrol import enrol


@transaction.atomic
def hear(shop: Shop, events: Sequence[Any], now: datetime) -> None:
    """Tells running journeys of a batch of events. The number of queries depends on the journeys, not on the events."""
    types = {event.type for event in events}
    journeys = Journey._base_manager.select_related("measure__goal", "shop").filter(
        shop=shop, is_current=True, measure__status=Measure.Status.RUNNING, hearings__type__in=types
    )
    for journey in journeys.distinct():
        trigger = journey.definition["trigger"]
        kind = trigger_kinds()[trigger["kind"]]
        heard = kind.hears(trigger)
        for_it = [event for event in events if event.type in heard]
        if not for_it:
            continue
        if entries := kind.entries(journey, for_it, now):
            enrol(shop, journey, entries, now)
        write_occasions(journey, kind.occasions(journey, for_it, now), now)
    wake(shop, events, now)


def write_occasions(journey: Journey, occasions: Sequence[Occasion], now: datetime) -> int:
    """Writes what takes many customers in; those that are there already are left alone. Two queries."""
    if not occasions:
        return 0
    keys = {one.key for one in occasions}
    there = set(Intake._base_manager.filter(journey=journey, key__among=keys).values_list("key", flat=True))
    fresh = {one.key: one for one in occasions if one.key not in there}
    if fresh:
        rows = [
            Intake(shop_id=journey.shop_id, journey=journey, key=key, data=dict(one.data), due_at=now, created_at=now)
            for key, one in fresh.items()
        ]
        Intake._base_manager.bulk_create(rows, ignore_conflicts=True)
    return len(fresh)


def wake(shop: Shop, events: Sequence[Any], now: datetime) -> int:
    """Lets the steps look now at customers who wait for one of these events; returns how many. They decide for themselves.

    Three queries, and one update for each step at which somebody waits. A customer whom a worker is moving at this
    instant is reached as soon as that is done: the update waits for the row and asks the step again.
    """
    by_customer: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for event in events:
        if event.customer_id is not None:
            by_customer[event.type, event.customer_id].append(event)
    if not by_customer:
        return 0
    waits = Waiting._base_manager.filter(
        shop=shop,
        type__among={kind for kind, _customer in by_customer},
        enrolment__customer_id__among={customer for _kind, customer in by_customer},
    ).values_list("enrolment_id", "enrolment__customer_id", "enrolment__journey_id", "step", "type", "until")
    rows = list(waits)
    if not rows:
        return 0
    journeys = Journey._base_manager.in_bulk({row[2] for row in rows})
    by_step: dict[tuple[int, str], list[int]] = defaultdict(list)
    for enrolment_id, customer_id, journey_id, step, kind, until in rows:
        _kind, params, _following = step_at(journeys[journey_id].definition, step)
        came = by_customer.get((kind, customer_id), ())
        if any(event.at <= until and data_rules.holds(params.get("where"), event.data) for event in came):
            by_step[journey_id, step].append(enrolment_id)
    woken = 0
    for (journey_id, step), ids in by_step.items():
        waiting = Enrolment._base_manager.filter(pk__among=ids, journey_id=journey_id, step=step)
        waiting = waiting.filter(status__in=(Enrolment.Status.DUE, Enrolment.Status.CLAIMED), due_at__gt=now)
        woken += waiting.update(due_at=now)
    return woken
