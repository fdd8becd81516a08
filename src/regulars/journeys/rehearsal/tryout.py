"""One page of customers tried out: who enters, whom the gate would refuse, what the budget would not bear. Reads only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.contact_policy import actions as contact_policy
from regulars.decide.contact_policy.budget import MONTH, Budget
from regulars.decide.contact_policy.grounds import ADVERTISING
from regulars.decide.contact_policy.models import Contact
from regulars.journeys.kinds import step_kinds, trigger_kinds
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order

from .past_entries import Note, Past, entries

MEETS_SENDER = timedelta(hours=1)
"""A mail is out by then, and its customer goes on."""


@dataclass(frozen=True)
class Path:
    """The way through a journey on which most is sent, with the time that passes on it.

    sends: when each mail goes out, after entering. lasts: how long customers are on the way at most.
    asks: steps that ask whether the customer ordered, with the time that has passed by then.
    """

    sends: Sequence[timedelta]
    lasts: timedelta
    asks: Mapping[str, timedelta]


def path_of(steps: Sequence[Mapping[str, Any]]) -> Path:
    """The path through the steps of a document that was found whole."""
    place = {one["key"]: number for number, one in enumerate(steps)}
    following: list[list[int]] = []
    for number, one in enumerate(steps):
        kind, params = step_kinds()[one["kind"]], one.get("params", {})
        after = [place[to] for to in kind.targets(params)]
        if kind.goes_on(params) and number + 1 < len(steps):
            after.append(number + 1)
        following.append(after)
    longest, most = [timedelta(0)] * len(steps), [0] * len(steps)
    for number in range(len(steps) - 1, -1, -1):
        one = steps[number]
        longest[number] = _takes(one) + max((longest[to] for to in following[number]), default=timedelta(0))
        most[number] = (one["kind"] == "send") + max((most[to] for to in following[number]), default=0)
    came: dict[int, timedelta] = {0: timedelta(0)}
    for number, one in enumerate(steps):
        if number in came:
            for to in following[number]:
                came[to] = max(came.get(to, timedelta(0)), came[number] + _takes(one))
    sends, here, passed = [], 0, timedelta(0)
    while steps:
        if steps[here]["kind"] == "send":
            sends.append(passed)
        passed += _takes(steps[here])
        if not following[here]:
            break
        here = max(following[here], key=lambda to: (most[to], -to))
    asks = {
        one["key"]: came[number]
        for number, one in enumerate(steps)
        if number in came and one["kind"] == "branch" and one.get("params", {}).get("ordered")
    }
    return Path(sends, longest[0] if steps else timedelta(0), asks)


def _takes(step: Mapping[str, Any]) -> timedelta:
    params = step.get("params", {})
    if step["kind"] in ("wait", "wait_for"):
        return timedelta(days=params.get("days", 0), hours=params.get("hours", 0))
    return MEETS_SENDER if step["kind"] == "send" else timedelta(0)


@dataclass
class Sums:
    """What was counted so far; as JSON in the row of the rehearsal."""

    enrolled: int = 0
    customers: int = 0
    mails: int = 0
    over_budget: int = 0
    too_soon: int = 0
    contacts: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    ordered: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def people_after(shop: Shop, after: int, limit: int) -> dict[int, str]:
    """The next page of living customers, with the names of their zones. One query."""
    rows = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None, pk__gt=after).order_by("pk")
    return dict(rows.values_list("pk", "timezone")[:limit])


def try_page(
    shop: Shop,
    document: Mapping[str, Any],
    people: Mapping[int, str],
    since: datetime,
    until: datetime,
    sums: Sums,
) -> None:
    """Adds one page of customers to the sums. A constant number of queries."""
    past = Past(shop, document["trigger"], since, until, sums.notes)
    found = entries(past, people)
    path = path_of(document["steps"])
    entering = {pk: _let_in(document, shop, moments, path.lasts, sums) for pk, moments in found.items()}
    ids = [pk for pk, moments in entering.items() if moments]
    if not ids:
        return
    channel, purpose = document.get("channel", "email"), document.get("purpose", "marketing")
    reasons = contact_policy.enrolment_checks(shop, ids, channel, purpose, until)
    allowed = {}
    for pk in ids:
        if reason := reasons.get(pk):
            sums.refused[reason] = sums.refused.get(reason, 0) + 1
        else:
            allowed[pk] = entering[pk]
    for moments in allowed.values():
        sums.customers += 1
        sums.enrolled += len(moments)
        for at in moments:
            day = clock.local_date(at, shop.timezone).isoformat()
            sums.days[day] = sums.days.get(day, 0) + 1
    _mails(shop, allowed, path, purpose, since, until, sums)
    if path.asks:
        _orders(shop, allowed, path, since, sums)


def _let_in(
    document: Mapping[str, Any], shop: Shop, moments: Sequence[tuple[datetime, str]], lasts: timedelta, sums: Sums
) -> list[datetime]:
    """The moments at which a customer comes in, by the rule of re-entry. As `enrol` does it, for one customer."""
    rule, again = document["reentry"]["rule"], document["reentry"].get("days")
    own_years = trigger_kinds()[document["trigger"]["kind"]].keys_by_year
    keys: set[str] = set()
    let_in: list[datetime] = []
    for at, told in moments:
        key = told
        if rule == "yearly" and not own_years:
            key = f"year:{clock.local_date(at, shop.timezone).year}"
        barred = key in keys
        if rule != "every_time" and let_in:
            barred = barred or at < let_in[-1] + lasts
            if rule == "once":
                barred = True
            elif rule == "after_days":
                barred = barred or let_in[-1] > at - timedelta(days=again or 0)
        keys.add(key)
        if barred:
            sums.too_soon += 1
        else:
            let_in.append(at)
    return let_in


def _mails(
    shop: Shop,
    allowed: Mapping[int, Sequence[datetime]],
    path: Path,
    purpose: str,
    since: datetime,
    until: datetime,
    sums: Sums,
) -> None:
    """Asks the budget for every mail, beside what was really sent to the customer then."""
    planned = {pk: sorted(at + after for at in moments for after in path.sends) for pk, moments in allowed.items()}
    sums.mails += sum(len(moments) for moments in planned.values())
    if purpose not in ADVERTISING or not path.sends:
        return
    made: dict[int, list[datetime]] = defaultdict(list)
    contacts = Contact._base_manager.filter(
        shop=shop, customer_id__among=set(allowed), purpose__in=ADVERTISING, at__gte=since - MONTH, at__lt=until
    )
    for pk, at in contacts.values_list("customer_id", "at"):
        made[pk].append(at)
        sums.contacts += 1
    budget = Budget(shop.contacts_per_week, shop.contacts_per_month)
    for pk, moments in planned.items():
        for at in moments:
            if budget.has_room(made[pk], at):
                made[pk].append(at)
            else:
                sums.over_budget += 1


def _orders(shop: Shop, allowed: Mapping[int, Sequence[datetime]], path: Path, since: datetime, sums: Sums) -> None:
    """How many would have ordered by the time each step asks for it."""
    orders = Order._base_manager.filter(
        shop=shop, customer_id__among=set(allowed), is_counted=True, placed_at__gt=since
    )
    placed: dict[int, list[datetime]] = defaultdict(list)
    for pk, at in orders.values_list("customer_id", "placed_at"):
        placed[pk].append(at)
    for pk, moments in allowed.items():
        for key, after in path.asks.items():
            hits = sum(1 for at in moments if any(at < one <= at + after for one in placed[pk]))
            if hits:
                sums.ordered[key] = sums.ordered.get(key, 0) + hits
