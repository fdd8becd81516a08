"""What falls due of SMS: names of messages that no report comes for any more."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import forget_handovers


@sweep("sms.forget", every=timedelta(hours=1), serial=True, order=91)
def forget(shop: Shop, now: datetime) -> int:
    """Deletes under which names providers took messages, a month after."""
    return forget_handovers(shop, now)
