"""What journeys react to: the types of events that a running journey wants to be told of, and no others."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure

from .actions import hear
from .models import Hearing


def wanted(shop: Shop, types: Collection[str]) -> set[str]:
    """Those of the types that a running journey of the shop waits for. One query."""
    running = Hearing._base_manager.filter(shop=shop, journey__measure__status=Measure.Status.RUNNING)
    return set(running.filter(type__among=set(types)).values_list("type", flat=True).distinct())


@listener("journeys.events", asks=wanted)
def react(shop: Shop, events: Sequence[Any], now: datetime) -> None:
    """Takes customers in, and wakes those who wait for one of these events."""
    hear(shop, events, now)
