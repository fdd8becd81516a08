"""What is new in the assortment: products of which the shop told for the first time, without its first catalogue."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from regulars.core.models import Shop
from regulars.know.timeline.models import Event

from .event_types import PRODUCT_ADDED
from .models import Product

FIRST_CATALOGUE = timedelta(days=7)
"""Products told within so long after the first one are a shop that is being set up, not news for its customers."""
MOST = 2000
"""Of so many additions, the newest, something can be news; more at once are an assortment that was told anew."""


def news_begin(shop: Shop) -> datetime | None:
    """From when on a product that is told for the first time is news; None while no product was added. One query."""
    first: datetime | None = (
        Event._base_manager.filter(shop=shop, type=PRODUCT_ADDED).order_by("at").values_list("at", flat=True).first()
    )
    return first + FIRST_CATALOGUE if first else None


def new_products(shop: Shop, since: datetime, now: datetime) -> Sequence[Product]:
    """Products that are news and can be had, the newest first. Three queries."""
    begin = news_begin(shop)
    if begin is None:
        return []
    events = Event._base_manager.filter(
        shop=shop, type=PRODUCT_ADDED, at__gte=max(since, begin), at__lte=now, is_history=False
    )
    ids = [data["product_id"] for data in events.order_by("-at", "-pk").values_list("data", flat=True)[:MOST]]
    there = {row.pk: row for row in Product._base_manager.filter(shop=shop, pk__among=set(ids))}
    listed = [there[pk] for pk in dict.fromkeys(ids) if pk in there]
    return [one for one in listed if one.stock is None or one.stock > 0]
