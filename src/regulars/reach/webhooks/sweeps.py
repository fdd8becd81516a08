"""What falls due in webhooks: calls to send."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import send_due


@sweep("webhooks.send", every=timedelta(seconds=5), serial=False, order=70)
def send(shop: Shop, now: datetime) -> int:
    """Sends one batch of due calls; any number of workers at once."""
    return send_due(shop, now)
