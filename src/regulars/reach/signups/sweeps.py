"""What falls due in sign-ups: those that nobody confirmed."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import expire


@sweep("signups.expire", every=timedelta(hours=1), order=80)
def expire_unconfirmed(shop: Shop, now: datetime) -> int:
    """What nobody confirmed within 14 days is taken back."""
    return expire(shop, now)
