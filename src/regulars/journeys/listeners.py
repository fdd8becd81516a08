"""What journeys react to: customers who enter a segment."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.decide.goals.models import Measure

from .actions import enrol
from .kinds import Entry
from .models import Journey


@listener("journeys.segment_entered", types=["segment.entered"])
def take_in(shop: Shop, events: Sequence[Any], now: datetime) -> None:
    """Enrols the customers of these events in every running journey whose trigger is that segment."""
    by_segment: dict[str, list[Entry]] = defaultdict(list)
    for event in events:
        if event.customer_id is not None:
            by_segment[event.data["segment"]].append(Entry(event.customer_id, f"segment:{event.at:%Y%m%dT%H%M%S}"))
    journeys = Journey._base_manager.select_related("measure__goal", "shop").filter(
        shop=shop, is_current=True, measure__status=Measure.Status.RUNNING
    )
    for journey in journeys:
        trigger = journey.definition["trigger"]
        if trigger["kind"] == "segment_entered" and by_segment.get(trigger["segment"]):
            enrol(shop, journey, by_segment[trigger["segment"]], now)
