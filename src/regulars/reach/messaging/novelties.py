"""What is new in the category a customer likes most, for messages: `novelties.…`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.core.variables import variables
from regulars.decide.segments.models import CustomerProfile
from regulars.know.orders.novelties import new_products

from .addresses import shop_url

MOST = 4
WINDOW = timedelta(days=45)
KEPT = 900
_PARTS = {"title": _("title"), "price": _("price"), "url": _("address")}
FIELDS = {
    "category": _("favourite category, empty where nothing is new in it"),
    **{f"{part}_{at}": text for at in range(1, MOST + 1) for part, text in _PARTS.items()},
}
SAMPLE = {
    "category": "Jazz",
    "title_1": "Blue Train",
    "price_1": "26,90 €",
    "url_1": "https://shop.example/blue-train",
}


@variables("novelties", fields=FIELDS, sample=SAMPLE)
def novelties(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The newest products of each one's favourite category in 45 days; all empty where nothing is new. At most four queries.

    What is new is asked once in a quarter of an hour and shop; who likes what once a batch.
    """
    fresh = _new(shop, now)
    liked = dict(
        CustomerProfile._base_manager.filter(shop=shop, customer_id__in=customer_ids).values_list(
            "customer_id", "favourite_category"
        )
    )
    return {one: _fields(shop, fresh, liked.get(one, "")) for one in customer_ids}


def _fields(shop: Shop, fresh: dict[str, list[dict[str, Any]]], category: str) -> dict[str, Any]:
    fields: dict[str, Any] = dict.fromkeys(FIELDS, "")
    own = fresh.get(category, []) if category else []
    fields["category"] = category if own else ""
    for at, product in enumerate(own, start=1):
        fields[f"title_{at}"] = product["title"]
        fields[f"url_{at}"] = product["url"] or shop_url(shop)
        fields[f"price_{at}"] = (
            "" if product["price"] is None else formatted(product["price"], shop.currency, shop.locale)
        )
    return fields


def _new(shop: Shop, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Category → its newest products. Three queries, kept for a quarter of an hour of the clock."""
    key = f"messaging.novelties:{shop.pk}:{int(now.timestamp()) // KEPT}"
    kept: dict[str, list[dict[str, Any]]] | None = cache.get(key)
    if kept is not None:
        return kept
    found: dict[str, list[dict[str, Any]]] = {}
    for one in new_products(shop, now - WINDOW, now):
        if one.title and len(found.setdefault(one.category, [])) < MOST:
            found[one.category].append({"title": one.title, "url": one.url, "price": one.price})
    cache.set(key, found, KEPT)
    return found
