"""What falls due in the calendar: the numbers by day, of what was sent and of what will be."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import count_days, note_audiences


@sweep("calendar.count_days", every=timedelta(hours=1), serial=True, order=91)
def keep_days(shop: Shop, now: datetime) -> int:
    """Counts what measures sent by day, forecasts what running journeys will send, notes for how many was announced."""
    note_audiences(shop, now)
    count_days(shop, now)
    return 0
