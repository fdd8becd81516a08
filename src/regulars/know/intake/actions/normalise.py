"""What was accepted raw becomes Events on the timelines of customers, as a set over many calls."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from regulars.core.models import Shop
from regulars.know.customers.actions import CustomerDraft, identify
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import EventIn, Who, decoded
from regulars.know.timeline.actions import Fact, record

SOURCE = "api"
_encode = msgspec.json.Encoder(order="sorted").encode


def normalise(shop: Shop, calls: Sequence[InboundCall], now: datetime) -> int:
    """Writes the events of `calls`, and the customers they name; returns how many events are new.

    Inside the caller's transaction, which also settles the calls. History wakes nobody.
    """
    came = [(row, call) for call in calls for row in decoded(bytes(call.body))]
    new = 0
    for is_history in (False, True):
        some = [(row, call) for row, call in came if row.history is is_history]
        if some:
            named = list(dict.fromkeys(row.customer for row, _ in some if row.customer is not None))
            drafts = [_draft(who) for who in named]
            ids = identify(shop, drafts, now=now, source=SOURCE, is_history=is_history)
            person: dict[Who | None, int | None] = dict(zip(named, ids, strict=True))
            facts = [_fact(row, call, person.get(row.customer)) for row, call in some]
            new += record(shop, facts, now=now, source=SOURCE, is_history=is_history)
    return new


def _draft(who: Who) -> CustomerDraft:
    return CustomerDraft(
        who.number,
        emails=(who.email,) if who.email else (),
        phones=(who.phone,) if who.phone else (),
        devices=(who.device,) if who.device else (),
    )


def _fact(row: EventIn, call: InboundCall, customer_id: int | None) -> Fact:
    """An event without an id is known by its content, if it says when it happened: sent twice, it is written once."""
    if row.id is not None:
        key = f"api:{row.id}"
    elif row.at is not None:
        key = f"api~{hashlib.blake2b(_encode(row), digest_size=16).hexdigest()}"
    else:
        return Fact(row.type, call.received_at, customer_id, row.data)
    return Fact(row.type, row.at or call.received_at, customer_id, row.data, key)
