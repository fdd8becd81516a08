"""The gate's two verbs: grant (the serialised sweep, as a set) and confirm (the sender asks again)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy.budget import MONTH, Budget
from regulars.decide.contact_policy.gate import STRANGER, Answers, Asked, ask, clock_of
from regulars.decide.contact_policy.grounds import ADVERTISING
from regulars.decide.contact_policy.models import Contact, ContactRequest, Decision, Purpose
from regulars.decide.contact_policy.quiet import Clock, next_welcome, quiet_again

from .requests import OK

AHEAD = timedelta(hours=24)
"""Requests that may go out within this time are decided together."""
BATCH = 1000

Status = ContactRequest.Status


@dataclass(slots=True)
class Row:
    """A request as the gate handles it. rank: the present rank of the measure's goal."""

    pk: int
    customer_id: int
    measure_id: int | None
    channel: str
    purpose: str
    address: str
    earliest: datetime
    latest: datetime
    status: str
    reason: str
    send_at: datetime | None
    confirmed_at: datetime | None
    rank: int

    @property
    def order(self) -> tuple[int, datetime, int]:
        """Who goes first: the higher goal, then what must go out earlier."""
        return (self.rank, self.latest, self.pk)


COLUMNS = tuple(name for name in Row.__dataclass_fields__ if name != "rank")


@dataclass(slots=True)
class Taken:
    """What already counts in one customer's budget: contacts made, and grants that were not used yet."""

    contacts: dict[int, datetime] = field(default_factory=dict)
    grants: list[Row] = field(default_factory=list)

    def times(self, now: datetime, *, but: Iterable[int] = ()) -> list[datetime]:
        """The moments that count. A grant that is on its way counts when it was confirmed, else when it may go out."""
        left_out = set(but)
        planned = [
            row.confirmed_at or max(row.send_at or now, now)
            for row in self.grants
            if row.pk not in left_out and row.pk not in self.contacts
        ]
        return [*self.contacts.values(), *planned]


@dataclass(frozen=True, slots=True)
class Verdict:
    """May it go out now?

    until: allowed, the moment until which that holds; for reason "quiet", when to ask again; else None.
    consent_id: the consent that permits it, where the ground is one.
    """

    allowed: bool
    reason: str
    consent_id: int | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Outcome:
    """One answer to be written: the request's new columns and its Decision."""

    row: Row
    status: str
    reason: str
    stage: str
    send_at: datetime | None = None
    consent_id: int | None = None
    confirmed_at: datetime | None = None
    data: dict[str, Any] = field(default_factory=dict)


def _rows(queryset: Any) -> list[Row]:
    ranked = queryset.annotate(live_rank=Coalesce("measure__goal__rank", F("rank")))
    return [Row(*values) for values in ranked.values_list(*COLUMNS, "live_rank")]


def _taken(shop: Shop, customer_ids: set[int], now: datetime) -> dict[int, Taken]:
    """What counts in the budgets of these customers.

    Grants are read before contacts: one that is used in between is then seen twice, and counted once, never missed.
    """
    taken = {customer_id: Taken() for customer_id in customer_ids}
    pending = ContactRequest._base_manager.filter(
        shop=shop, customer_id__among=customer_ids, status=Status.GRANTED, purpose__in=ADVERTISING
    )
    for row in _rows(pending):
        taken[row.customer_id].grants.append(row)
    made = Contact._base_manager.filter(
        shop=shop, customer_id__among=customer_ids, purpose__in=ADVERTISING, at__gte=now - MONTH
    )
    for customer_id, request_id, at in made.values_list("customer_id", "request_id", "at"):
        taken[customer_id].contacts[request_id] = at
    return taken


def _ask(shop: Shop, rows: Sequence[Row], now: datetime) -> Answers:
    return ask(
        shop,
        [Asked(row.pk, row.customer_id, row.channel, row.purpose, row.address, row.measure_id) for row in rows],
        now,
    )


class _Clocks:
    """Moments of welcome, computed once for each clock and moment of a batch."""

    def __init__(self, shop: Shop, answers: Answers) -> None:
        self.shop, self.people = shop, answers.people
        self.known: dict[tuple[datetime, Clock], datetime | None] = {}

    def of(self, row: Row) -> Clock:
        return clock_of(self.shop, self.people.get(row.customer_id, STRANGER))

    def next_welcome(self, row: Row, moment: datetime) -> datetime | None:
        """When the message may go out at the earliest; None when that would be too late.

        A service message is put off to a welcome hour where its latest time allows that, and else sent at once: an
        answer that the customer waits for is not lost to the night.
        """
        place = (moment, self.of(row))
        if place not in self.known:
            self.known[place] = next_welcome(*place)
        at = self.known[place]
        if at is None or at > row.latest:
            return moment if row.purpose == Purpose.SERVICE and moment <= row.latest else None
        return at


@transaction.atomic
def grant_due(shop: Shop, now: datetime, limit: int = BATCH) -> int:
    """Decides up to `limit` waiting requests that are due within 24 hours, the highest ranked first; returns how many.

    Only one call for a shop at a time (the sweep is serial). Each answer is a Decision. A constant number of queries.
    """
    due = ContactRequest._base_manager.select_for_update(of=("self",)).filter(
        shop=shop, status=Status.WAITING, earliest__lte=now + AHEAD
    )
    rows = _rows(due.alias(first=Coalesce("measure__goal__rank", F("rank"))).order_by("first", "latest", "pk")[:limit])
    if not rows:
        return 0
    answers = _ask(shop, rows, now)
    left = [row for row in rows if row.pk not in answers.refused]
    taken = _taken(shop, {row.customer_id for row in left if row.purpose in ADVERTISING}, now)
    clocks = _Clocks(shop, answers)
    budget = Budget(shop.contacts_per_week, shop.contacts_per_month)
    outcomes: list[Outcome] = []
    for row in rows:
        reason = answers.refused.get(row.pk, "")
        if reason:
            outcomes.append(Outcome(row, Status.REFUSED, reason, Decision.Stage.GRANT))
        else:
            outcomes += _decide(row, answers, taken.get(row.customer_id), budget, clocks, now)
    _write(shop, outcomes, now)
    return len(rows)


def _decide(
    row: Row, answers: Answers, taken: Taken | None, budget: Budget, clocks: _Clocks, now: datetime
) -> list[Outcome]:
    """Budget, quiet hours, too late: the answer for one request, and for the grants that give way to it."""
    moment = max(row.earliest, now)
    at = clocks.next_welcome(row, moment)
    given_way: list[Row] = []
    if taken is not None and not budget.has_room(taken.times(now), at or moment):
        room = None if at is None else _make_room(row, taken, budget, at, now)
        if room is None:
            return [Outcome(row, Status.REFUSED, "budget", Decision.Stage.GRANT)]
        given_way = room
    if at is None:
        return [Outcome(row, Status.REFUSED, "too_late", Decision.Stage.GRANT)]
    permit = answers.permits[row.pk]
    row.status, row.send_at = Status.GRANTED, at
    if taken is not None:
        gone = {other.pk for other in given_way}
        taken.grants = [other for other in taken.grants if other.pk not in gone] + [row]
    data = {"send_at": at.isoformat(), "ground": permit.ground}
    granted = Outcome(row, Status.GRANTED, OK, Decision.Stage.GRANT, at, permit.consent_id, data=data)
    outranked = [
        Outcome(
            other, Status.REFUSED, "outranked", Decision.Stage.GRANT, data={"by": row.pk, "by_measure": row.measure_id}
        )
        for other in given_way
    ]
    return [*outranked, granted]


def _make_room(row: Row, taken: Taken, budget: Budget, at: datetime, now: datetime) -> list[Row] | None:
    """The unsent grants of lower goals that must give way so that `row` fits in; None when even that does not help."""
    lower = [other for other in taken.grants if other.rank > row.rank and other.confirmed_at is None]
    given_way: list[Row] = []
    for other in sorted(lower, key=lambda other: other.order, reverse=True):
        given_way.append(other)
        if budget.has_room(taken.times(now, but=[one.pk for one in given_way]), at):
            return given_way
    return None


@transaction.atomic
def confirm(shop: Shop, request_ids: Iterable[int], now: datetime) -> dict[int, Verdict]:
    """The sender asks again, right before handing over: all questions, for the whole batch, with answers by id.

    A refusal is final and written (REFUSED, a Decision). "quiet" is not: the request keeps its grant with a new
    send_at, which `until` tells. Who was told yes is on the way: the grant gives way to no other any more, and the
    sender calls `use` when the message was handed over. A constant number of queries.
    """
    mine = ContactRequest._base_manager.select_for_update(of=("self",)).filter(shop=shop, pk__among=set(request_ids))
    rows = sorted(_rows(mine.order_by("pk")), key=lambda row: row.order)
    live = [row for row in rows if row.status == Status.GRANTED]
    verdicts = {row.pk: Verdict(False, row.reason or row.status) for row in rows if row.status != Status.GRANTED}
    answers = _ask(shop, live, now)
    left = [row for row in live if row.pk not in answers.refused]
    taken = _taken(shop, {row.customer_id for row in left if row.purpose in ADVERTISING}, now)
    clocks = _Clocks(shop, answers)
    budget = Budget(shop.contacts_per_week, shop.contacts_per_month)
    outcomes = []
    for row in live:
        outcome, verdict = _confirm(row, answers, taken.get(row.customer_id), budget, clocks, now)
        verdicts[row.pk] = verdict
        outcomes += [outcome] if outcome else []
    _write(shop, outcomes, now)
    return verdicts


def _confirm(
    row: Row, answers: Answers, taken: Taken | None, budget: Budget, clocks: _Clocks, now: datetime
) -> tuple[Outcome | None, Verdict]:
    reason = answers.refused.get(row.pk, "")
    if not reason and taken is not None and not _keeps_budget(row, taken, budget, now):
        reason = "budget"
    if not reason and row.send_at is not None and now < row.send_at:
        return None, Verdict(False, "quiet", until=row.send_at)
    at = None if reason or now > row.latest else clocks.next_welcome(row, now)
    if not reason and at is None:
        reason = "too_late"
    if reason or at is None:
        if taken is not None:
            taken.grants = [other for other in taken.grants if other.pk != row.pk]
        return Outcome(row, Status.REFUSED, reason, Decision.Stage.SEND), Verdict(False, reason)
    permit = answers.permits[row.pk]
    if at > now:
        data = {"send_at": at.isoformat()}
        put_off = Outcome(row, Status.GRANTED, "quiet", Decision.Stage.SEND, at, permit.consent_id, data=data)
        return put_off, Verdict(False, "quiet", until=at)
    if taken is not None:
        for other in taken.grants:
            if other.pk == row.pk:
                other.confirmed_at = now
    ends = quiet_again(now, clocks.of(row))
    until = row.latest if ends is None or row.purpose == Purpose.SERVICE else min(row.latest, ends)
    yes = Outcome(row, Status.GRANTED, OK, Decision.Stage.SEND, row.send_at, permit.consent_id, confirmed_at=now)
    return yes, Verdict(True, OK, permit.consent_id, until)


def _keeps_budget(row: Row, taken: Taken, budget: Budget, now: datetime) -> bool:
    """Whether this grant still fits, now that it may be later than planned: grants before it in order keep their place.

    Two senders who ask for two grants of one customer at the same time so give the place to the same one.
    """
    behind = [other.pk for other in taken.grants if other.confirmed_at is None and other.order > row.order]
    return budget.has_room(taken.times(now, but=[row.pk, *behind]), now)


def _write(shop: Shop, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Writes the answers: one update of the requests, one insert of Decisions (a plain yes at sending needs none)."""
    if not outcomes:
        return
    moment = bulk.moments()
    at = moment(now)
    # A plain yes at sending changes no column that an index holds: far the most frequent answer, and the cheapest.
    yes = [one for one in outcomes if one.stage == Decision.Stage.SEND and one.reason == OK]
    bulk.update(
        ContactRequest,
        ("consent_id", "decided_at", "confirmed_at"),
        [(one.consent_id, at, moment(one.confirmed_at), one.row.pk) for one in yes],
    )
    outcomes = [one for one in outcomes if not (one.stage == Decision.Stage.SEND and one.reason == OK)]
    bulk.update(
        ContactRequest,
        ("status", "reason", "send_at", "consent_id", "decided_at", "confirmed_at"),
        [
            (
                one.status,
                one.reason if one.status == Status.REFUSED else "",
                moment(one.send_at),
                one.consent_id,
                at,
                moment(one.confirmed_at),
                one.row.pk,
            )
            for one in outcomes
        ],
    )
    bulk.insert(
        Decision,
        ("shop_id", "customer_id", "measure_id", "request_id", "at", "stage", "outcome", "reason", "data"),
        [
            (
                shop.pk,
                one.row.customer_id,
                one.row.measure_id,
                one.row.pk,
                at,
                one.stage,
                _outcome_of(one),
                one.reason,
                json.dumps(one.data),
            )
            for one in outcomes
        ],
    )


def _outcome_of(one: Outcome) -> str:
    if one.status == Status.REFUSED:
        return Decision.Outcome.REFUSED
    return Decision.Outcome.POSTPONED if one.reason == "quiet" else Decision.Outcome.GRANTED
