"""What falls due in orders: checkouts that were left."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import leave_checkouts


@sweep("orders.left_checkouts", every=timedelta(minutes=1), serial=False, order=15)
def left_checkouts(shop: Shop, now: datetime) -> int:
    """Checkouts whose customer did nothing for the shop's patience count as left, once."""
    return leave_checkouts(shop, now)
