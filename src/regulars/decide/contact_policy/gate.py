"""The gate's questions in their order, each a condition in SQL, asked for a whole batch at once. `actions` act on them.

    erased or test customer → suppressed address → objection → legal ground of the channel → topic not wanted
    → frozen → holdout
    → contact budget → quiet hours and public holidays → too late to be welcome → cap of the channel (`caps`)

This file answers those up to the holdout, which do not depend on the hour; `room` goes on with the budget and the clock.
All three who ask (the sweep that grants, the sender who confirms, the door of a measure) fill the same table
(`asked.py`) and are answered by the same conditions: there is no second copy of them. A condition reads columns of
`asked` (gone, kind, key, customer_id, measure_id, channel, purpose, permit, arm, is_held_out) and the parameters
`%(shop)s` and `%(now)s`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import available_timezones

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.experiments.actions import assign, globally_held_out
from regulars.decide.experiments.models import Assignment
from regulars.decide.goals.models import Measure

from . import asked
from .grounds import ADVERTISING, names
from .quiet import Clock


@dataclass(frozen=True)
class Question:
    """Refuses with `reason` where `condition` holds, for these purposes (empty: all).

    is_at_door: asked on joining a measure too, where freeze and holdout are not.
    """

    reason: str
    condition: str
    purposes: frozenset[str]
    is_at_door: bool


QUESTIONS: list[Question] = []
"""In the order in which they are asked; the first that refuses gives the reason."""


def question(
    reason: str,
    condition: str,
    *,
    after: str | None = None,
    purposes: frozenset[str] = frozenset(),
    is_at_door: bool = True,
) -> None:
    """Declares a question, asked right after the one named `after` (default: last)."""
    place = next((place for place, one in enumerate(QUESTIONS, 1) if one.reason == after), len(QUESTIONS))
    if after is not None and (not QUESTIONS or QUESTIONS[place - 1].reason != after):
        raise ValueError(f"there is no question {after!r}")
    QUESTIONS.insert(place, Question(reason, condition, purposes, is_at_door))


question("erased", "asked.gone = 'erased'")
question("test", "asked.gone = 'test'")
question("no_address", "asked.kind <> '' AND asked.key = ''")
question(
    "suppressed",
    """asked.kind <> '' AND EXISTS (SELECT 1 FROM contact_policy_suppression s
        WHERE s.shop_id = %(shop)s AND s.kind = asked.kind AND s.key = asked.key)""",
)
question(
    "objection",
    "EXISTS (SELECT 1 FROM contact_policy_objection o WHERE o.customer_id = asked.customer_id)",
    purposes=ADVERTISING,
)
question("no_consent", "asked.permit IS NULL")
question(
    "topic",
    """EXISTS (SELECT 1 FROM goals_measure m
        JOIN contact_policy_topic t ON t.shop_id = m.shop_id AND t.key = m.topic
        JOIN contact_policy_topicchoice w ON w.topic_id = t.id
        WHERE m.id = asked.measure_id AND m.topic <> '' AND w.customer_id = asked.customer_id AND NOT w.is_wanted)""",
    purposes=ADVERTISING,
)
question(
    "frozen",
    """EXISTS (SELECT 1 FROM contact_policy_contactfreeze f WHERE f.shop_id = %(shop)s
        AND f.customer_id = asked.customer_id AND f.since <= %(now)s AND (f.until IS NULL OR f.until > %(now)s))""",
    purposes=ADVERTISING,
    is_at_door=False,
)
question("holdout", "asked.is_held_out OR asked.arm = 'holdout'", purposes=ADVERTISING, is_at_door=False)


def _reason(*, is_at_door: bool) -> str:
    """The first reason that refuses, empty where none does, as one expression."""
    whens = []
    for one in QUESTIONS:
        if one.is_at_door or not is_at_door:
            only = f"asked.purpose IN ({names(one.purposes)}) AND " if one.purposes else ""
            whens.append(f"WHEN {only}({one.condition}) THEN '{one.reason}'")
    return f"CASE {' '.join(whens)} ELSE '' END"


def ask_requests(shop: Shop, which: str, values: Mapping[str, Any], now: datetime) -> int:
    """Fills `gate_asked` with the requests `which`, each with its reason ("" where nothing up to the holdout refuses).

    Whoever comes here without an arm is assigned now, frozen or not. The number of queries depends on how many measures
    are in the batch, not on its size. Returns how many requests there are.
    """
    # The global holdout is drawn after the filling, in Python, and only where the shop has one.
    reason = _reason(is_at_door=False).replace("asked.is_held_out", "FALSE")
    values = {**values, **asked.parameters(shop, now)}
    found = asked.fill_from_requests(which, reason, values)
    if found:
        _draw(shop, values, now)
    return found


def ask_customers(
    shop: Shop, customer_ids: Collection[int], channel: str, purpose: str, now: datetime, measure_id: int | None = None
) -> dict[int, str]:
    """What forbids each customer to join a measure, "" where nothing does: the questions at the door."""
    asked.fill_from_customers(shop, customer_ids, channel, purpose, _reason(is_at_door=True), now, measure_id)
    return dict(cast(Any, bulk.fetch("SELECT customer_id, reason FROM gate_asked")))


_PASSED = "purpose IN ({advertising}) AND reason NOT IN ({door})"
"""Advertising that came as far as the freeze."""


def _draw(shop: Shop, values: Mapping[str, Any], now: datetime) -> None:
    """Assigns who has no arm yet, and draws the shop's global holdout; the reasons follow."""
    door = names(frozenset(one.reason for one in QUESTIONS if one.is_at_door))
    passed = _PASSED.format(advertising=names(ADVERTISING), door=door)
    without = bulk.fetch(
        "SELECT id, measure_id, customer_id FROM gate_asked "  # noqa: S608 - our own words
        f"WHERE arm IS NULL AND measure_id IS NOT NULL AND {passed}"
    )
    missing: dict[int, dict[int, list[int]]] = {}
    for pk, measure_id, customer_id in without:
        missing.setdefault(measure_id, {}).setdefault(customer_id, []).append(pk)
    held_out: list[int] = []
    for measure in Measure._base_manager.filter(shop=shop, pk__in=missing) if missing else ():
        fresh = missing[measure.pk]
        for customer_id, arm in assign(shop, measure, sorted(fresh), now).items():
            held_out += fresh[customer_id] if arm == Assignment.Arm.HOLDOUT else ()
    everywhere: set[int] = set()
    if shop.global_holdout_share:
        rows = bulk.fetch(f"SELECT DISTINCT customer_id FROM gate_asked WHERE {passed}")  # noqa: S608 - our own words
        everywhere = globally_held_out(shop, [pk for (pk,) in rows], now)
    if not held_out and not everywhere:
        return
    for column, value, by, found in (
        ("arm", "'holdout'", "id", held_out),
        ("is_held_out", "TRUE", "customer_id", everywhere),
    ):
        if found:
            among, carried = bulk.among(found)
            asked.execute(
                f"UPDATE gate_asked SET {column} = {value} WHERE {by} {among}",  # noqa: S608 - our own words
                [carried],
            )
    asked.again(_reason(is_at_door=False), "arm = 'holdout' OR is_held_out", values)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def clock_of(shop: Shop, timezone: str, country: str) -> Clock:
    """The customer's clock: their zone and country, else the shop's; the quiet hours are the shop's policy."""
    zone = timezone if timezone in _zones() else shop.timezone
    return Clock(zone, country or shop.country, shop.quiet_from, shop.quiet_until)
