"""The timeline of one customer as lines that people read, turned over by key."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import Shop

from .models import Event

PAGE = 20
UNKNOWN_ICON = "circle-dot"
TONES = {
    "order": "success",
    "order.cancelled": "warning",
    "voucher": "accent",
    "message": "info",
    "return": "warning",
    "refund": "warning",
}
"""Colour of an event by its type, else by its noun; all others are neutral."""


@dataclass(frozen=True)
class Line:
    """One Event in words. title: what kind; text: the line that its type describes, may be empty."""

    icon: str
    title: str
    text: str
    at: datetime
    tone: str


@dataclass(frozen=True)
class Lines:
    """Some lines, newest first. before: id of the event after which older ones lie, None where the timeline ends."""

    lines: list[Line]
    before: int | None


def lines_of(shop: Shop, customer_id: int, *, kind: str = "", before: int | None = None, size: int = PAGE) -> Lines:
    """The newest Events of a customer (of one type), or those older than the Event `before`. At most two queries."""
    events = _events_of(customer_id).order_by("-at", "-pk")
    if kind:
        events = events.filter(type=kind)
    if before is not None:
        at = Event._base_manager.filter(pk=before, customer_id=customer_id).values_list("at", flat=True).first()
        if at is None:
            return Lines([], None)
        events = events.filter(Q(at__lt=at) | Q(at=at, pk__lt=before), at__lte=at)
    found = list(events[: size + 1])
    shown = found[:size]
    return Lines([line(shop, event) for event in shown], shown[-1].pk if len(found) > size else None)


def _events_of(customer_id: int) -> QuerySet[Event]:
    """Without naming the shop, which the customer is of already: SQLite would read the shop's index, all of it."""
    rows: QuerySet[Event] = Event._base_manager.filter(customer_id=customer_id)
    return rows


def line(shop: Shop, event: Event) -> Line:
    """An Event in words. A type that nobody declares (its module is gone) is shown by its key."""
    declared = EVENT_TYPES.get(event.type)
    if declared is None:
        return Line(UNKNOWN_ICON, event.type, "", event.at, "neutral")
    text = declared.describe(shop, event.data) if declared.describe and event.data else ""
    icon = UNKNOWN_ICON if declared.icon == "dot" else declared.icon
    tone = TONES.get(event.type) or TONES.get(event.type.partition(".")[0], "neutral")
    return Line(icon, str(declared.title), text, event.at, tone)


def kinds_of(customer_id: int) -> list[tuple[str, Any]]:
    """(type, title) of the Events that a customer has, by title. One query."""
    types = _events_of(customer_id).order_by().values_list("type", flat=True).distinct()
    titles = {key: EVENT_TYPES[key].title if key in EVENT_TYPES else key for key in types}
    return sorted(titles.items(), key=lambda pair: str(pair[1]).lower())
