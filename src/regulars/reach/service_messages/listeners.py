"""Service messages hear of orders, parcels and refunds, as far as their kinds are switched on."""

from collections.abc import Sequence
from datetime import datetime

from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.know.timeline.models import Event

from .actions import switched_on, tell


@listener("service_messages", asks=switched_on)
def react(shop: Shop, events: Sequence[Event], now: datetime) -> None:
    """Tells the customers."""
    tell(shop, events, now)
