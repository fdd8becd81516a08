"""Verbs of the timeline: record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.listeners import interested_in
from regulars.core.models import Shop

from .models import Event, EventDue


@dataclass(frozen=True)
class Fact:
    """What happened, before it is written. source_key makes it idempotent: the same fact is written once."""

    type: str
    at: datetime
    customer_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    source_key: str | None = None


@transaction.atomic
def record(shop: Shop, facts: Sequence[Fact], *, now: datetime, source: str = "", is_history: bool = False) -> int:
    """Writes Events, and one due row for each listener of each; returns how many Events are new.

    Facts whose (type, source_key) is already there are left out. History wakes nobody. A constant number of queries.
    """
    fresh = _not_yet_there(shop, facts)
    listeners = {} if is_history else interested_in(shop, {fact.type for fact in fresh})
    heard = [fact for fact in fresh if listeners.get(fact.type)]
    silent = fresh if not heard else [fact for fact in fresh if not listeners.get(fact.type)]
    if heard:
        ids = bulk.reserve_ids(Event, len(heard))
        _write(shop, heard, now, source, is_history, ids)
        due = bulk.moment(now)
        bulk.insert(
            EventDue,
            ("shop_id", "event_id", "listener", "status", "due_at", "lease_token", "attempts", "last_error"),
            (
                (shop.pk, event_id, listener, EventDue.Status.DUE.value, due, "", 0, "")
                for event_id, fact in zip(ids, heard, strict=True)
                for listener in listeners[fact.type]
            ),
        )
    if silent:
        _write(shop, silent, now, source, is_history)
    return len(fresh)


COLUMNS = (
    "shop_id", "customer_id", "type", "at", "recorded_at", "source", "source_key", "data", "is_history",
)  # fmt: skip


def _write(
    shop: Shop, facts: Sequence[Fact], now: datetime, source: str, is_history: bool, ids: Sequence[int] | None = None
) -> None:
    """Past the ORM: imports, journeys and the sender write events by the hundred thousand, and nobody asks for the rows.

    ids: their primary keys, where other rows will point to them.
    """
    moment = bulk.moments()
    shop_id, recorded = shop.pk, moment(now)
    written: dict[int, str] = {}

    def text(data: dict[str, Any]) -> str:
        """As JSON; facts that share one dictionary share its text."""
        found = written.get(id(data))
        if found is None:
            found = written[id(data)] = json.dumps(data)
        return found

    rows = (
        (
            shop_id,
            fact.customer_id,
            fact.type,
            moment(fact.at),
            recorded,
            source,
            fact.source_key,
            text(fact.data),
            is_history,
        )
        for fact in facts
    )
    if ids is None:
        bulk.insert(Event, COLUMNS, rows)
    else:
        bulk.insert(Event, ("id", *COLUMNS), ((pk, *row) for pk, row in zip(ids, rows, strict=True)))


def _not_yet_there(shop: Shop, facts: Sequence[Fact]) -> list[Fact]:
    """The facts without those already written, and without repeats inside the batch.

    Two writers of the same fact at the same instant meet at the unique constraint: the later one's transaction fails
    whole and is tried again by its owner.
    """
    keys = {fact.source_key for fact in facts if fact.source_key is not None}
    seen: set[tuple[Any, ...]] = set()
    if keys:
        types = {fact.type for fact in facts}
        seen = set(bulk.select(Event, ("type", "source_key"), shop.pk, "source_key", keys, also={"type": types}))
    fresh = []
    for fact in facts:
        if fact.source_key is not None:
            if (fact.type, fact.source_key) in seen:
                continue
            seen.add((fact.type, fact.source_key))
        fresh.append(fact)
    return fresh
