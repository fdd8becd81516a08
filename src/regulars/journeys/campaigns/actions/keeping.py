"""Keeping the figures of large campaigns, which take too long to be computed while somebody waits."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.campaigns.results import arms_figures, is_large, progress_of

EVERY = timedelta(minutes=10)
"""While the orders count."""
AFTERWARDS = timedelta(days=1)
"""Later on: now and then a mail is still opened, until nobody does any more (`LAST`)."""
LAST = timedelta(days=60)
PATIENCE = 50
"""What took long is computed more seldom: after so many times as long at the earliest."""


def keep_figures(shop: Shop, now: datetime) -> int:
    """Computes the figures of one campaign that is due for it, if it is large; returns how many were looked at.

    Killed, it is looked at again. A small campaign has nothing kept and is looked at again while it may grow.
    """
    due = Campaign._base_manager.filter(shop=shop, figures_due_at__lte=now, began_at__lte=now)
    row = due.order_by("figures_due_at", "pk").first()
    if row is None or row.began_at is None:
        return 0
    over = row.began_at + timedelta(days=row.outcome_days)
    kept, took = row.kept_figures, timedelta(0)
    if is_large(progress_of([row]).get(row.pk)):
        began = time.monotonic()
        arms = arms_figures(row, now)
        took = timedelta(seconds=time.monotonic() - began)
        kept = {"at": now.isoformat(), "arms": [asdict(one) for one in arms.values()]}
    if row.ended_at is not None and now > max(over, row.ended_at) + LAST:
        following = HELD
    else:
        following = now + max(EVERY if now <= over + EVERY else AFTERWARDS, PATIENCE * took)
    Campaign._base_manager.filter(pk=row.pk).update(kept_figures=kept, figures_due_at=following)
    return 1
