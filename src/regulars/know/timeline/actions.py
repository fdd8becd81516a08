"""Verbs of the timeline: record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.listeners import interested
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
def record(
    shop: Shop, facts: Sequence[Fact], *, now: datetime, source: str = "", is_history: bool = False
) -> list[Event]:
    """Writes Events, and one due row for each listener of each; returns the Events that are new.

    Facts whose (type, source_key) is already there are left out. History wakes nobody, and returns nothing. A constant
    number of queries.
    """
    fresh = _not_yet_there(shop, facts)
    if is_history:
        _write(shop, fresh, now, source, is_history=True)
        return []
    events = Event._base_manager.bulk_create(
        [
            Event(
                shop=shop,
                customer_id=fact.customer_id,
                type=fact.type,
                at=fact.at,
                recorded_at=now,
                source=source,
                source_key=fact.source_key,
                data=fact.data,
            )
            for fact in fresh
        ],
        batch_size=5000,
    )
    EventDue.objects.bulk_create(
        [
            EventDue(shop=shop, event=event, listener=listener, due_at=now)
            for event in events
            for listener in interested(event.type)
        ],
        batch_size=5000,
    )
    return events


def note(shop: Shop, facts: Sequence[Fact], *, now: datetime, source: str = "") -> None:
    """As `record`, for a caller who does not need the rows: where nobody listens they are written past the ORM."""
    if any(interested(event_type) for event_type in {fact.type for fact in facts}):
        record(shop, facts, now=now, source=source)
        return
    with transaction.atomic():
        _write(shop, _not_yet_there(shop, facts), now, source, is_history=False)


COLUMNS = (
    "shop_id", "customer_id", "type", "at", "recorded_at", "source", "source_key", "data", "is_history",
)  # fmt: skip


def _write(shop: Shop, facts: Sequence[Fact], now: datetime, source: str, *, is_history: bool) -> None:
    """Past the ORM: imports and journeys write events by the hundred thousand, and nobody asks for the rows."""
    recorded = bulk.moment(now)
    bulk.insert(
        Event,
        COLUMNS,
        (
            (
                shop.pk,
                fact.customer_id,
                fact.type,
                bulk.moment(fact.at),
                recorded,
                source,
                fact.source_key,
                data,
                is_history,
            )
            for fact in facts
            for data in [json.dumps(fact.data)]
        ),
    )


def _not_yet_there(shop: Shop, facts: Sequence[Fact]) -> list[Fact]:
    """The facts without those already written, and without repeats inside the batch.

    Two writers of the same fact at the same instant meet at the unique constraint: the later one's transaction fails
    whole and is tried again by its owner.
    """
    keys = {fact.source_key for fact in facts if fact.source_key is not None}
    seen: set[tuple[str, str | None]] = set()
    if keys:
        types = {fact.type for fact in facts}
        seen = set(
            Event._base_manager.filter(shop=shop, type__in=types, source_key__in=keys).values_list("type", "source_key")
        )
    fresh = []
    for fact in facts:
        if fact.source_key is not None:
            if (fact.type, fact.source_key) in seen:
                continue
            seen.add((fact.type, fact.source_key))
        fresh.append(fact)
    return fresh
