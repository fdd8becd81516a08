"""The trigger `new_in_interest`: something new in the category that a customer likes most."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core import clock
from regulars.core.models import Shop
from regulars.decide.segments.models import CustomerProfile
from regulars.journeys.fields import Field
from regulars.journeys.kinds import Entry, Occasion, Params, TriggerKind, Wording
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer
from regulars.know.orders.event_types import PRODUCT_ADDED
from regulars.know.orders.novelties import news_begin


class NewInInterest(TriggerKind):
    """By the event `product.added`: one occasion for each category and day, however many products came.

    A shop's first catalogue is no news (`know/orders/novelties.py`). What is new, the variables `novelties.…` tell.
    """

    key = "new_in_interest"
    title = gettext_lazy("New in the customer’s interest")
    icon = "sparkles"
    fields = (
        Field("category", "text", Words(en="Only in this category", de="Nur in dieser Kategorie"), maximum=120),
        Field(
            "within_days",
            "duration",
            Words(en="Last order within", de="Letzte Bestellung innerhalb von"),
            Words(en="Whoever stayed away longer is not asked.", de="Wer länger wegblieb, wird nicht angesprochen."),
            default=365,
            minimum=1,
            maximum=3650,
            unit="days",
        ),
    )

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({PRODUCT_ADDED})

    def occasions(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Occasion]:
        begin, only = news_begin(journey.shop), journey.definition["trigger"].get("category", "")
        found: dict[str, Occasion] = {}
        for event in events:
            category = str(event.data.get("category") or "") if event.type == PRODUCT_ADDED else ""
            if not category or (only and category != only) or begin is None or event.at < begin:
                continue
            day = clock.local_date(event.at, journey.shop.timezone)
            key = f"new:{hashlib.sha256(category.encode()).hexdigest()[:24]}:{day}"
            found[key] = Occasion(key, {"category": category, "day": day.isoformat()})
        return list(found.values())

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        liking = _liking(journey.shop, journey.definition["trigger"], now).filter(
            favourite_category=data["category"], customer_id__gt=after, customer__merged_into=None
        )
        ids = liking.order_by("customer_id").values_list("customer_id", flat=True)[:limit]
        return [Entry(pk, f"new:{data['day']}") for pk in ids]

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        liking = _liking(shop, params, now)
        if params.get("category"):
            liking = liking.filter(favourite_category=params["category"])
        living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)
        return living.filter(pk__in=liking.values("customer_id"))

    def describe(self, params: Params, playbook: Wording) -> str:
        if params.get("category"):
            return _("When something new comes in “%(category)s”, for those who like it most") % {
                "category": params["category"]
            }
        return _("When something new comes in the category that the customer likes most")


def _liking(shop: Shop, params: Params, now: datetime) -> Any:
    """Profiles with a favourite category whose customers ordered lately enough."""
    since = now - timedelta(days=params.get("within_days", 365))
    return CustomerProfile._base_manager.filter(shop=shop, last_order_at__gte=since).exclude(favourite_category="")
