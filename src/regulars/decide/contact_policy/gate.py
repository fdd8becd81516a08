"""The gate's questions in their order, each asked for a whole batch at once. `actions` write the answers.

    erased or test customer → suppressed address → objection → legal ground of the channel → frozen → holdout
    → contact budget → quiet hours and public holidays → too late to be welcome

This file answers those up to the holdout, which do not depend on the hour; `actions.granting` goes on with the budget
and the clock. SERVICE skips freeze, holdout and budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from django.db.models import Q

from regulars.core.models import Shop
from regulars.decide.experiments.actions import assign, globally_held_out
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure
from regulars.know.customers.models import Customer

from .addresses import ADDRESS_KINDS, normal_key
from .grounds import ADVERTISING, Permit, permits_for
from .models import ContactFreeze, Objection, Suppression
from .quiet import Clock


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the gate. `id` is the caller's name for it in the answer."""

    id: int
    customer_id: int
    channel: str
    purpose: str
    address: str
    measure_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What the gate knows of a customer. gone: erased, merged away or not of this shop."""

    is_gone: bool
    is_test: bool
    timezone: str
    country: str


@dataclass
class Answers:
    """refused: id → reason. permits: id → the ground that permits it. people: customer → Person."""

    refused: dict[int, str] = field(default_factory=dict)
    permits: dict[int, Permit] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)


STRANGER = Person(is_gone=True, is_test=False, timezone="", country="")


def ask(shop: Shop, asked: Sequence[Asked], now: datetime, *, before_holdout: bool = False) -> Answers:
    """Asks all that does not depend on the hour. With `before_holdout`, only what comes before freeze and holdout.

    The number of queries depends on how many channels, purposes and measures are in the batch, not on its size.
    """
    answers = Answers(people=people_of(shop, {one.customer_id for one in asked}))
    left = _refuse(answers, asked, _persons(answers, asked))
    left = _refuse(answers, left, _addresses(shop, left))
    left = _refuse(answers, left, _objections(left))
    left = _refuse(answers, left, _grounds(shop, answers, left, now))
    if not before_holdout:
        advertising = [one for one in left if one.purpose in ADVERTISING]
        held_out = _holdouts(shop, advertising, now)
        advertising = _refuse(answers, advertising, _freezes(advertising, now))
        _refuse(answers, advertising, held_out)
    return answers


def _refuse(answers: Answers, asked: Sequence[Asked], reasons: dict[int, str]) -> list[Asked]:
    """Notes the reasons and returns those that are left."""
    if not reasons:
        return list(asked)
    answers.refused |= {one.id: reasons[one.id] for one in asked if one.id in reasons}
    return [one for one in asked if one.id not in reasons]


def people_of(shop: Shop, customer_ids: set[int]) -> dict[int, Person]:
    """What the gate knows of these customers."""
    rows = Customer._base_manager.filter(shop=shop, pk__among=customer_ids).values_list(
        "pk", "erased_at", "merged_into", "is_test", "timezone", "country"
    )
    return {
        pk: Person(erased_at is not None or merged is not None, is_test, timezone, country)
        for pk, erased_at, merged, is_test, timezone, country in rows
    }


def _persons(answers: Answers, asked: Sequence[Asked]) -> dict[int, str]:
    reasons = {}
    for one in asked:
        person = answers.people.get(one.customer_id, STRANGER)
        if person.is_gone:
            reasons[one.id] = "erased"
        elif person.is_test:
            reasons[one.id] = "test"
    return reasons


def _addresses(shop: Shop, asked: Sequence[Asked]) -> dict[int, str]:
    keys = {
        one.id: (ADDRESS_KINDS[one.channel], normal_key(ADDRESS_KINDS[one.channel], one.address))
        for one in asked
        if one.channel in ADDRESS_KINDS
    }
    reasons = {pk: "no_address" for pk, (_kind, key) in keys.items() if not key}
    if len(reasons) < len(keys):
        rows = Suppression._base_manager.filter(shop=shop, key__among={key for _kind, key in keys.values() if key})
        suppressed = set(rows.values_list("kind", "key"))
        reasons |= {pk: "suppressed" for pk, key in keys.items() if key in suppressed}
    return reasons


def _objections(asked: Sequence[Asked]) -> dict[int, str]:
    advertising = [one for one in asked if one.purpose in ADVERTISING]
    if not advertising:
        return {}
    rows = Objection._base_manager.filter(customer_id__among={one.customer_id for one in advertising})
    objected = set(rows.values_list("customer_id", flat=True))
    return {one.id: "objection" for one in advertising if one.customer_id in objected}


def _grounds(shop: Shop, answers: Answers, asked: Sequence[Asked], now: datetime) -> dict[int, str]:
    groups: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        groups.setdefault((one.channel, one.purpose), []).append(one)
    reasons = {}
    for (channel, purpose), group in groups.items():
        permits = permits_for(shop, channel, purpose, list({one.customer_id for one in group}), now)
        for one in group:
            if one.customer_id in permits:
                answers.permits[one.id] = permits[one.customer_id]
            else:
                reasons[one.id] = "no_consent"
    return reasons


def _freezes(asked: Sequence[Asked], now: datetime) -> dict[int, str]:
    if not asked:
        return {}
    live = ContactFreeze._base_manager.filter(customer_id__among={one.customer_id for one in asked}, since__lte=now)
    frozen = set(live.filter(Q(until=None) | Q(until__gt=now)).values_list("customer_id", flat=True))
    return {one.id: "frozen" for one in asked if one.customer_id in frozen}


def _holdouts(shop: Shop, asked: Sequence[Asked], now: datetime) -> dict[int, str]:
    """Who is held out, by the arm stored at enrolment; who came here without one is assigned now, frozen or not."""
    if not asked:
        return {}
    everywhere = globally_held_out(shop, {one.customer_id for one in asked}, now)
    customers: dict[int, set[int]] = {}
    for one in asked:
        if one.measure_id is not None:
            customers.setdefault(one.measure_id, set()).add(one.customer_id)
    arms: dict[tuple[int, int], str] = {}
    if customers:
        rows = Assignment._base_manager.filter(
            measure_id__in=customers, customer_id__among=set().union(*customers.values())
        )
        arms = {(measure, customer): arm for measure, customer, arm in rows.values_list("measure", "customer", "arm")}
    missing = {
        measure_id: fresh
        for measure_id, ids in customers.items()
        if (fresh := sorted(pk for pk in ids if (measure_id, pk) not in arms))
    }
    if missing:
        for measure in Measure._base_manager.filter(shop=shop, pk__in=missing):
            drawn = assign(shop, measure, missing[measure.pk], now)
            arms |= {(measure.pk, customer_id): arm for customer_id, arm in drawn.items()}
    return {
        one.id: "holdout"
        for one in asked
        if one.customer_id in everywhere
        or (one.measure_id is not None and arms.get((one.measure_id, one.customer_id)) == Assignment.Arm.HOLDOUT)
    }


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def clock_of(shop: Shop, person: Person) -> Clock:
    """The customer's clock: their zone and country, else the shop's; the quiet hours are the shop's policy."""
    zone = person.timezone if person.timezone in _zones() else shop.timezone
    return Clock(zone, person.country or shop.country, shop.quiet_from, shop.quiet_until)
