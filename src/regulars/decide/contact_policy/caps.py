"""Caps of channels: how many contacts of one channel a shop affords in a calendar month, over all its customers.

A channel that costs hands or postage declares its cap; the gate keeps it after budget and clock, for a whole batch: the
room that is left goes to the requests in their order (rank of the goal, latest time, age), the others are refused with the
cap's reason. A grant takes a place until it was used or fell away; only the serialised sweep grants, so no place is given
twice. The sender need not ask again: its grant holds the place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from regulars.core import bulk
from regulars.core.clock import day_start, local_date
from regulars.core.models import Shop

from . import asked
from .models import CAPPED


@dataclass(frozen=True)
class Cap:
    """reason: of the Decision that refuses. most: contacts in a calendar month of the shop's zone, None for no cap."""

    channel: str
    reason: str
    most: Callable[[Shop], int | None]


CAPS: dict[str, Cap] = {}


def cap(channel: str, reason: str, most: Callable[[Shop], int | None]) -> None:
    """Declares the cap of a channel. Raises ValueError for one that has no indexes to count it by (`models.CAPPED`)."""
    if channel not in CAPPED:
        raise ValueError(f"the contacts of {channel!r} cannot be counted quickly")
    CAPS[channel] = Cap(channel, reason, most)


_ASKED = "SELECT DISTINCT channel FROM gate_asked WHERE said = ''"
# The words of the indexes' conditions stand in the statement, else no database would take them.
_TAKEN = """
SELECT (
    SELECT COUNT(*) FROM contact_policy_contact c WHERE c.shop_id = %(shop)s AND c.channel = %(channel)s
        AND c.at >= %(since)s AND c.channel IN ({capped}) AND c.purpose <> 'service'
), (
    SELECT COUNT(*) FROM contact_policy_contactrequest r WHERE r.shop_id = %(shop)s AND r.channel = %(channel)s
        AND r.status = 'granted' AND r.channel IN ({capped}) AND r.purpose <> 'service'
)
""".format(capped=", ".join(f"'{channel}'" for channel in CAPPED))  # noqa: S608 - our own words
_REFUSE = """
UPDATE gate_asked SET said = %(reason)s, send_at = NULL WHERE id IN (
    SELECT id FROM gate_asked WHERE said = '' AND channel = %(channel)s AND purpose <> 'service'
    ORDER BY rank, latest, id LIMIT {most} OFFSET %(room)s
)
"""
_ALL = 10**9


def taken(shop: Shop, channel: str, now: datetime) -> int:
    """Places of this month's cap that are taken: contacts made, and grants that were not used yet."""
    since = day_start(local_date(now, shop.timezone).replace(day=1), shop.timezone)
    values: dict[str, Any] = {"shop": shop.pk, "channel": channel, "since": bulk.moment(since)}
    ((used, granted),) = bulk.fetch(_TAKEN, values)
    return int(used + granted)


def keep(shop: Shop, now: datetime) -> None:
    """Refuses those of `gate_asked` that were let through and for whom a cap leaves no room. Two queries for each capped
    channel among them, one where there is none.
    """
    if not CAPS:
        return
    for (channel,) in bulk.fetch(_ASKED):
        one = CAPS.get(channel)
        most = one.most(shop) if one else None
        if one is not None and most is not None:
            room = max(0, most - taken(shop, channel, now))
            values = {"channel": channel, "reason": one.reason, "room": room}
            asked.execute(_REFUSE.format(most=_ALL), values)
