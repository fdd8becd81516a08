"""What falls due: the mailbox is looked into every three minutes."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from . import actions


@sweep("mailbox.fetch", every=timedelta(minutes=3), serial=True, order=58)
def fetch(shop: Shop, now: datetime) -> int:
    """One batch of mails that came back or in is read, and put away."""
    return actions.fetch(shop, now)
