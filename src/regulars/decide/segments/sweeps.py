"""What falls due in segments: profiles whose windows of days moved, and members who entered or left."""

from datetime import datetime, timedelta

import structlog

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.sweeps import sweep

from .actions import create_ready_made, keep_members
from .models import ProfileState, Segment
from .profiles import crossed, refresh

log = structlog.get_logger("regulars.segments")

EVERY = timedelta(minutes=5)


@sweep("segments.profiles", every=timedelta(hours=1), lease=timedelta(hours=2), order=20)
def keep_profiles(shop: Shop, now: datetime) -> int:
    """Makes the ready-made segments and all profiles of a new shop; later, moves the windows of days on."""
    handled = create_ready_made(shop, now)
    state = ProfileState._base_manager.filter(shop=shop).first()
    if state is None or state.windows_at is None:
        return handled + refresh(shop, now)
    if state.windows_at >= now:
        return handled
    ids = crossed(shop, state.windows_at, now)
    if ids:
        handled += refresh(shop, now, ids)
    ProfileState._base_manager.filter(pk=state.pk).update(windows_at=now)
    return handled


@sweep("segments.members", every=EVERY, lease=timedelta(hours=1), order=30)
def keep_all_members(shop: Shop, now: datetime) -> int:
    """One batch of the segment that was computed longest ago. A rule that fails is noted and does not stop the others."""
    if not ProfileState._base_manager.filter(shop=shop, windows_at__isnull=False).exists():
        return 0  # Without profiles every segment would be empty now, and everybody would enter it later, as news.
    due = Segment._base_manager.filter(shop=shop, is_watched=True)
    first = due.filter(computed_at=None, error="").order_by("pk").first()
    later = due.filter(computed_at__lt=now - EVERY + timedelta(seconds=1)).order_by("computed_at", "pk").first()
    segment = first or later
    if segment is None:
        return 0
    segment.shop = shop
    try:
        return max(1, keep_members(segment, now))
    except Refused as error:
        log.warning("segment cannot be computed", segment=segment.key, shop=shop.slug, error=str(error))
        Segment._base_manager.filter(pk=segment.pk).update(error=str(error)[:300], computed_at=now)
        return 1
