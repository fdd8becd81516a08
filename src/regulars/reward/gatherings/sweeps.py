"""What falls due in gatherings: those that are over are closed, friends who never answered go."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import close_over, forget_friends


@sweep("gatherings.close", every=timedelta(minutes=15), order=80)
def close_those_over(shop: Shop, now: datetime) -> int:
    """Gatherings that are over take no answers any more."""
    return close_over(shop, now)


@sweep("gatherings.friends", every=timedelta(hours=6), order=80)
def forget_silent_friends(shop: Shop, now: datetime) -> int:
    """Friends whom a guest asked and who never answered go when the gathering is over."""
    return forget_friends(shop, now)
