"""A person's own address of the calendar: made, renewed when it got into wrong hands, stopped."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from regulars.core.actions import audit
from regulars.core.models import Shop, Staff
from regulars.journeys.calendar.models import CalendarFeed

NOTED = timedelta(hours=1)
"""How exactly the last reading is known: programs read every few minutes."""


@transaction.atomic
def make_feed(shop: Shop, staff: Staff, now: datetime) -> CalendarFeed:
    """The person's feed in this shop; there is one."""
    feed, is_new = CalendarFeed._base_manager.get_or_create(shop=shop, staff=staff, defaults={"made_at": now})
    if is_new:
        audit("calendar.feed_made", now=now, shop=shop, staff=staff, target=feed)
    return feed


@transaction.atomic
def renew_feed(shop: Shop, staff: Staff, now: datetime) -> CalendarFeed:
    """Gives it another address; the one before leads nowhere from now on."""
    feed = make_feed(shop, staff, now)
    row: CalendarFeed = CalendarFeed._base_manager.select_for_update().get(pk=feed.pk)
    row.generation += 1
    row.made_at, row.read_at = now, None
    row.save()
    audit("calendar.feed_renewed", now=now, shop=shop, staff=staff, target=row)
    return row


@transaction.atomic
def stop_feed(shop: Shop, staff: Staff, now: datetime) -> bool:
    """Takes the feed away. Returns whether there was one."""
    feed = CalendarFeed._base_manager.filter(shop=shop, staff=staff).first()
    if feed is None:
        return False
    audit("calendar.feed_stopped", now=now, shop=shop, staff=staff, target=feed)
    feed.delete()
    return True


def note_reading(feed: CalendarFeed, now: datetime) -> None:
    """Notes that a program fetched it, at most once an hour."""
    long_ago = Q(read_at=None) | Q(read_at__lte=now - NOTED)
    CalendarFeed._base_manager.filter(long_ago, pk=feed.pk).update(read_at=now)
