"""What falls due in gatherings: those that are over are closed."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import close_over


@sweep("gatherings.close", every=timedelta(minutes=15), order=80)
def close_those_over(shop: Shop, now: datetime) -> int:
    """Gatherings that are over take no answers any more."""
    return close_over(shop, now)
