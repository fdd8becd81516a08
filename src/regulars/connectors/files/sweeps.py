"""What falls due in file imports: uploaded files that wait, and files that are too old to be kept."""

from contextlib import suppress
from datetime import datetime, timedelta

from regulars.core import clock
from regulars.core.claim import claim
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import LEASE, perform, remove_old
from .models import ImportRun


@sweep("files.import", every=timedelta(seconds=2), serial=False, order=90)
def import_uploaded(shop: Shop, now: datetime) -> int:
    """Performs one uploaded import. One that was broken off goes on once its lease ran out."""
    claimed = claim(ImportRun._base_manager.filter(shop=shop, is_uploaded=True), now=now, lease=LEASE, limit=1)
    for run in claimed.rows:
        with suppress(Refused):  # the row says why, and the page shows it
            perform(run, now, clock=clock.now)
    return len(claimed)


@sweep("files.remove_old", every=timedelta(hours=6), order=95)
def expire(shop: Shop, now: datetime) -> int:
    """Removes uploads and reject files after 30 days."""
    return remove_old(shop, now)
