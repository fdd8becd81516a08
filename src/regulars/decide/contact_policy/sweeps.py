"""What falls due at the gate: requests that may go out within the next 24 hours."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import grant_due


@sweep("contact_policy.grant", every=timedelta(seconds=5), serial=True, order=42)
def grant(shop: Shop, now: datetime) -> int:
    """Grants or refuses waiting requests as a set. Serial for each shop, so that two workers never spend one budget."""
    return grant_due(shop, now)
