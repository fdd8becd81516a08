"""The calendar of one person for calendar programs: under a signed address, with what this person may see."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce

from regulars.core.models import Shop, Staff
from regulars.core.roles import permissions_of
from regulars.core.scoping import scope
from regulars.journeys.campaigns.models import Campaign
from regulars.reach.messaging import tokens
from regulars.reward.gatherings.models import Gathering

from .models import CalendarEntry, CalendarFeed
from .writing import Shown, calendar_of

PURPOSE = b"calendar"
HOLDS = timedelta(days=3650)
BACK = timedelta(days=366)
"""What was over before that is not handed on, unless it repeats."""
PERMISSION = "view_figures"


def token_of(feed: CalendarFeed) -> str:
    """The unguessable part of the feed's address: which feed, which generation, signed. It holds for ten years."""
    return tokens.make(PURPOSE, feed.pk, feed.generation % 65536, int((feed.made_at + HOLDS).timestamp()) // 3600)


def feed_of(token: str, now: datetime) -> CalendarFeed | None:
    """The feed with its person and shop; None for a token that is not ours, was renewed, or whose person may no longer see
    the calendar."""
    said = tokens.read(PURPOSE, token, now)
    if said is None or said.is_expired:
        return None
    feed: CalendarFeed | None = (
        CalendarFeed._base_manager.select_related("staff", "shop").filter(pk=said.message).first()
    )
    if feed is None or token_of(feed) != token or PERMISSION not in permissions_of(feed.staff, feed.shop):
        return None
    return feed


def calendar_for(shop: Shop, staff: Staff, now: datetime) -> bytes:
    """Entries with their announcements, campaigns, and gatherings for who may see those; in the person's language."""
    since = now - BACK
    permissions = permissions_of(staff, shop)
    with scope(shop=shop):
        goes_on = ~Q(recurrence="", further=[]) & (Q(repeats_until=None) | Q(repeats_until__gte=since))
        entries = CalendarEntry.objects.filter(Q(ends_at__gte=since) | goes_on | ~Q(recurrence_id=""))
        entries = entries.select_related("segment", "measure").order_by("begins_at", "pk")
        others = [
            Shown(
                f"campaign-{one.key}@{shop.slug}.regulars",
                one.name,
                one.moment,
                one.moment,
                one.updated_at,
                is_off=one.status == Campaign.Status.CANCELLED,
                is_sure=one.status not in (Campaign.Status.DRAFT, Campaign.Status.PLANNED),
            )
            for one in Campaign.objects.annotate(moment=Coalesce("began_at", "begins_at", "starts_at"))
            .filter(moment__gte=since)
            .order_by("moment", "pk")
        ]
        if "view_gatherings" in permissions:
            others += [
                Shown(
                    f"gathering-{one.pk}@{shop.slug}.regulars",
                    one.title_in(staff.locale or shop.locale),
                    one.starts_at,
                    one.ends_at,
                    one.created_at,
                    place=one.place,
                    is_off=one.status == Gathering.Status.CANCELLED,
                    is_sure=one.status != Gathering.Status.DRAFT,
                )
                for one in Gathering.objects.filter(ends_at__gte=since).order_by("starts_at", "pk")
            ]
        return calendar_of(shop, entries, others, staff.locale or shop.locale)
