"""What falls due in campaigns: their beginning, what a pause or a killed worker left crooked, the winner, the end, the
figures that pages show."""

from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import begin, decide, finish, keep_figures, straighten
from .models import Campaign


@sweep("campaigns.run", every=timedelta(seconds=5), serial=True, order=29)
def run(shop: Shop, now: datetime) -> int:
    """One step for each campaign that is planned or under way; idle, one query and a few for each of them."""
    handled = 0
    status = (Campaign.Status.PLANNED, Campaign.Status.SENDING, Campaign.Status.PAUSED)
    for campaign in Campaign._base_manager.filter(shop=shop, status__in=status, is_history=False).order_by("pk"):
        if campaign.status == Campaign.Status.PLANNED:
            if campaign.begins_at is not None and campaign.begins_at <= now:
                begin(campaign, now)
                handled += 1
            continue
        handled += straighten(campaign, now)
        if campaign.status == Campaign.Status.SENDING:
            handled += decide(campaign, now)
            handled += finish(campaign, now)
    return handled


@sweep("campaigns.figures", every=timedelta(minutes=1), lease=timedelta(hours=1), serial=True, order=64)
def figures(shop: Shop, now: datetime) -> int:
    """Computes the figures of one large campaign anew: every ten minutes while orders count, later once a day."""
    return keep_figures(shop, now)
