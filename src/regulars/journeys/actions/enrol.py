"""Taking customers in, as a set: who may enter, what the gate says at the door, and which arm they are in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.experiments import actions as experiments
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.journeys.answers import barring
from regulars.journeys.event_types import JOURNEY_ENTERED
from regulars.journeys.kinds import Entry, trigger_kinds
from regulars.journeys.models import Enrolment, Journey
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record


@dataclass(frozen=True)
class Enrolled:
    """How many were let in treated, let in held out, refused at the door, and passed over (in already, or too soon)."""

    treated: int = 0
    holdout: int = 0
    refused: int = 0
    passed_over: int = 0

    @property
    def written(self) -> int:
        """Rows written."""
        return self.treated + self.holdout + self.refused


@transaction.atomic
def enrol(shop: Shop, journey: Journey, entries: Sequence[Entry], now: datetime) -> Enrolled:
    """Takes customers into a journey; a constant number of queries, whatever their number. Idempotent by entry key.

    In this order: whether they may enter (the measure runs, they live, are not in it, not again too soon); the checks of
    the gate that come before the holdout, each refusal with its Decision; the arm. The held-out are enrolled silently.
    """
    measure = journey.measure
    is_running = measure.status == Measure.Status.RUNNING
    fresh = _may_enter(journey, _keyed(shop, journey, entries, now), now) if is_running else []
    if not fresh:
        return Enrolled(passed_over=len(entries))
    ids = [one.customer_id for one in fresh]
    channel, purpose = journey.definition["channel"], journey.definition["purpose"]
    reasons = contact_policy.enrolment_checks(shop, list(dict.fromkeys(ids)), channel, purpose, now, measure.pk)
    allowed = [pk for pk in ids if not reasons.get(pk)]
    arms = experiments.assign(shop, measure, allowed, now) if allowed else {}
    first = journey.definition["steps"][0]["key"]
    rows = []
    for one in fresh:
        reason = reasons.get(one.customer_id)
        rows.append(
            Enrolment(
                shop=shop,
                journey=journey,
                customer_id=one.customer_id,
                entry_key=one.entry_key,
                arm="" if reason else arms[one.customer_id],
                step="" if reason else first,
                step_at=now,
                entered_at=now,
                status=Enrolment.Status.REFUSED if reason else Enrolment.Status.DUE,
                due_at=None if reason else one.due_at or now,
                ended_at=now if reason else None,
                exit_reason=reason or "",
            )
        )
    rows = Enrolment._base_manager.bulk_create(rows, batch_size=5000)
    _decide(shop, measure, rows, now)
    treated = [row for row in rows if row.arm == Assignment.Arm.TREATED]
    record(
        shop,
        [
            Fact(
                type=JOURNEY_ENTERED,
                at=now,
                customer_id=row.customer_id,
                data={"measure": measure.name, "measure_id": measure.pk},
                source_key=f"enrolment:{row.pk}",
            )
            for row in treated
        ],
        now=now,
        source="journeys",
    )
    refused = sum(1 for row in rows if row.status == Enrolment.Status.REFUSED)
    return Enrolled(len(treated), len(rows) - len(treated) - refused, refused, len(entries) - len(rows))


def _keyed(shop: Shop, journey: Journey, entries: Sequence[Entry], now: datetime) -> Sequence[Entry]:
    """Where customers enter yearly, the year of the shop is the key, unless the trigger's own keys name one."""
    if journey.definition.get("reentry") != "yearly":
        return entries
    if trigger_kinds()[journey.definition["trigger"]["kind"]].keys_by_year:
        return entries
    key = f"year:{clock.local_date(now, shop.timezone).year}"
    return [replace(one, entry_key=key) for one in entries]


def _may_enter(journey: Journey, entries: Iterable[Entry], now: datetime) -> list[Entry]:
    """The entries of living customers who are not in the measure, did not enter by this key, and not again too soon.

    Where customers enter every time, each key is a way of its own.
    """
    is_every_time = journey.definition.get("reentry") == "every_time"
    by_way: dict[tuple[int, str], Entry] = {}
    for one in entries:
        by_way.setdefault((one.customer_id, one.entry_key if is_every_time else ""), one)
    customers = {pk for pk, _key in by_way}
    living = set(
        Customer._base_manager.filter(shop_id=journey.shop_id, pk__among=customers, merged_into=None).values_list(
            "pk", flat=True
        )
    )
    keys = {one.entry_key for one in by_way.values()}
    out = set()
    ways = barring(journey, now, keys).filter(customer_id__among=living)
    for customer_id, key, status in ways.values_list("customer_id", "entry_key", "status"):
        way = customer_id, key if is_every_time else ""
        if way in by_way and (status != Enrolment.Status.REFUSED or by_way[way].entry_key == key):
            out.add(way)
    return [one for way, one in by_way.items() if way[0] in living and way not in out]


def _decide(shop: Shop, measure: Measure, rows: Sequence[Enrolment], now: datetime) -> None:
    """Writes why somebody was not let in, or is left untreated by plan."""
    reasons = {row.customer_id: row.exit_reason or row.arm for row in rows if row.arm != Assignment.Arm.TREATED}
    if reasons:
        contact_policy.note_decisions(shop, measure.pk, reasons, now)
