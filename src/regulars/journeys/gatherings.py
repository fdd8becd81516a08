"""Which gathering a journey is about: the one that took a customer in, else the next that is open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.core.models import Shop
from regulars.reward.gatherings.models import Gathering
from regulars.reward.gatherings.variables import of_gatherings

from .goods import numbered

WORD = "gathering"
"""How the entry key of one who was taken in by a gathering begins."""


def gathering_values(shop: Shop, enrolments: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """The variables `gathering.…` of the gathering that took each enrolment in, by its id; left out where none did. One
    query, none where no entry names one."""
    named = numbered(enrolments, WORD)
    if not named:
        return {}
    told = of_gatherings(shop, {(one.customer_id, named[one.pk]) for one in enrolments if one.pk in named})
    return {
        one.pk: {f"gathering.{name}": value for name, value in told[one.customer_id, named[one.pk]].items()}
        for one in enrolments
        if (one.customer_id, named.get(one.pk)) in told
    }


def gatherings_of(shop: Shop, enrolments: Sequence[Any], now: datetime) -> dict[int, Gathering]:
    """The gathering of each enrolment, by its id; left out where there is none. Two queries."""
    named = numbered(enrolments, WORD)
    there = {row.pk: row for row in Gathering._base_manager.filter(shop=shop, pk__among=set(named.values()))}
    following = None
    if len(named) < len(enrolments):
        still = Gathering._base_manager.filter(shop=shop, status=Gathering.Status.OPEN, starts_at__gt=now)
        following = still.order_by("starts_at", "pk").first()
    found = {}
    for one in enrolments:
        gathering = there.get(named[one.pk]) if one.pk in named else following
        if gathering is not None:
            found[one.pk] = gathering
    return found
