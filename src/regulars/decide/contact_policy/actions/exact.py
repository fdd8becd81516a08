"""The budget decided moment by moment: for customers whose history is not clear (see `room`), and at sending."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy import asked
from regulars.decide.contact_policy.budget import MONTH, Budget
from regulars.decide.contact_policy.grounds import ADVERTISING, names

Order = tuple[int, datetime, int]


@dataclass(slots=True)
class Planned:
    """A request that may go out at `send_at`: one that is asked about, or a grant that was not used yet.

    rank: the present rank of the measure's goal. send_at: null where it is too late.
    """

    pk: int
    customer_id: int
    measure_id: int | None
    rank: int
    latest: datetime
    send_at: datetime | None
    confirmed_at: datetime | None

    @property
    def order(self) -> Order:
        """Who goes first: the higher goal, then what must go out earlier."""
        return (self.rank, self.latest, self.pk)


@dataclass(slots=True)
class Taken:
    """What already counts in one customer's budget: contacts made, and grants that were not used yet.

    budget: the shop's, or less where the customer wishes so.
    """

    budget: Budget
    contacts: dict[int, datetime] = field(default_factory=dict)
    grants: list[Planned] = field(default_factory=list)

    def times(self, now: datetime, *, but: Iterable[int] = ()) -> list[datetime]:
        """The moments that count. A grant that is on its way counts when it was confirmed, else when it may go out."""
        left_out = set(but)
        planned = [
            row.confirmed_at or max(row.send_at or now, now)
            for row in self.grants
            if row.pk not in left_out and row.pk not in self.contacts
        ]
        return [*self.contacts.values(), *planned]


class Outranked(NamedTuple):
    """A grant that gives way to the request `by`."""

    grant: Planned
    by: Planned


_GRANTS = """
SELECT r.id, r.customer_id, r.measure_id, COALESCE(g.rank, r.rank), r.latest, r.send_at, r.confirmed_at
FROM contact_policy_contactrequest r
    LEFT JOIN goals_measure m ON m.id = r.measure_id LEFT JOIN goals_goal g ON g.id = m.goal_id
WHERE r.shop_id = %(shop)s AND r.status = 'granted' AND r.purpose IN ({advertising}) AND r.customer_id {among}
ORDER BY r.id
"""
_CONTACTS = """
SELECT c.customer_id, c.request_id, c.at FROM contact_policy_contact c
WHERE c.customer_id {among} AND c.at >= %(month_ago)s AND c.shop_id = %(shop)s AND c.purpose IN ({advertising})
"""

_WISHES = "SELECT w.customer_id, w.per_month FROM contact_policy_contactwish w WHERE w.customer_id {among}"


def taken_by(shop: Shop, customer_ids: Collection[int], now: datetime, *, is_locked: bool = False) -> dict[int, Taken]:
    """What counts in the budgets of these customers. With `is_locked`, no sender gets hold of their grants meanwhile.

    Grants are read before contacts: one that is used in between is then seen twice, and counted once, never missed.
    """
    usual = Budget(shop.contacts_per_week, shop.contacts_per_month)
    taken = {customer_id: Taken(usual) for customer_id in customer_ids}
    if not taken:
        return taken
    among, carried = bulk.among(taken)
    for customer_id, per_month in bulk.fetch(_WISHES.format(among=among), [carried]):
        taken[customer_id].budget = Budget(usual.per_week, min(usual.per_month, per_month))
    among = among.replace("%s", "%(customers)s")
    values = {"shop": shop.pk, "customers": carried, "month_ago": bulk.moment(now - MONTH)}
    words = {"among": among, "advertising": names(ADVERTISING)}
    locked = " FOR UPDATE OF r" if is_locked and connection.features.has_select_for_update else ""
    moment = bulk.as_moment
    for pk, customer_id, measure_id, rank, *times in bulk.fetch(_GRANTS.format(**words) + locked, values):
        latest, send_at, confirmed_at = map(moment, times)
        taken[customer_id].grants.append(Planned(pk, customer_id, measure_id, rank, latest, send_at, confirmed_at))
    for customer_id, request_id, at in bulk.fetch(_CONTACTS.format(**words), values):
        taken[customer_id].contacts[request_id] = moment(at)
    return taken


_LEFT = """
SELECT a.id, a.customer_id, a.measure_id, a.rank, a.latest, a.send_at, a.moment FROM gate_asked a
WHERE a.reason = '' AND a.said IS NULL
"""


def decide_left(shop: Shop, now: datetime) -> list[Outranked]:
    """Decides the rows of `gate_asked` that `room` left open, each in its customer's order; who gives way is returned."""
    rows: list[tuple[Planned, datetime]] = []
    for pk, customer_id, measure_id, rank, *times in bulk.fetch(_LEFT):
        latest, send_at, begin = map(bulk.as_moment, times)
        rows.append((Planned(pk, customer_id, measure_id, rank, latest, send_at, None), begin))
    rows.sort(key=lambda row: row[0].order)
    taken = taken_by(shop, {row.customer_id for row, _begin in rows}, now, is_locked=True)
    said: list[tuple[str, int]] = []
    outranked: list[Outranked] = []
    for row, begin in rows:
        reason, given_way = _decide(row, begin, taken[row.customer_id], now)
        said.append((reason, row.pk))
        outranked += [Outranked(other, row) for other in given_way]
    asked.say(said)
    return outranked


def _decide(row: Planned, begin: datetime, taken: Taken, now: datetime) -> tuple[str, Sequence[Planned]]:
    """The reason that refuses, or "", and the grants that give way to it."""
    given_way: list[Planned] = []
    if not taken.budget.has_room(taken.times(now), row.send_at or begin):
        room = None if row.send_at is None else _make_room(row, row.send_at, taken, now)
        if room is None:
            return "budget", ()
        given_way = room
    if row.send_at is None:
        return "too_late", ()
    gone = {other.pk for other in given_way}
    taken.grants = [other for other in taken.grants if other.pk not in gone] + [row]
    return "", given_way


def _make_room(row: Planned, at: datetime, taken: Taken, now: datetime) -> list[Planned] | None:
    """The unsent grants of lower goals that must give way so that `row` fits in; None when even that does not help."""
    lower = [other for other in taken.grants if other.rank > row.rank and other.confirmed_at is None]
    given_way: list[Planned] = []
    for other in sorted(lower, key=lambda other: other.order, reverse=True):
        given_way.append(other)
        if taken.budget.has_room(taken.times(now, but=[one.pk for one in given_way]), at):
            return given_way
    return None


def keeps_budget(row: Planned, taken: Taken, now: datetime) -> bool:
    """Whether this grant still fits, now that it may be later than planned: grants before it in order keep their place.

    Two senders who ask for two grants of one customer at the same time so give the place to the same one.
    """
    behind = [other.pk for other in taken.grants if other.confirmed_at is None and other.order > row.order]
    return taken.budget.has_room(taken.times(now, but=[row.pk, *behind]), now)
