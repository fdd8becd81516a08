"""Who is interested in a product: by what they did with it. Shared by the triggers of stock and price."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from regulars.core.models import Shop
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, Product
from regulars.know.timeline.models import Event

from .fields import Field
from .goods import numbered, product_values, values_of_products
from .kinds import Entry, Occasion, Params, TriggerKind
from .models import Journey
from .words import Words

VIEWED, WISHED, UNWISHED = "product.viewed", "product.wished", "product.unwished"
INTEREST = {
    "viewed": Words(en="looked at it", de="angesehen"),
    "wished": Words(en="wished for it", de="auf der Merkliste"),
    "bought": Words(en="bought it before", de="früher gekauft"),
}
INTERESTS = (
    Field("interest", "choices", Words(en="Who has", de="Wer es hat"), required=True, choices=INTEREST),
    Field(
        "within_days",
        "duration",
        Words(en="Within the last", de="Innerhalb der letzten"),
        default=90,
        minimum=1,
        maximum=730,
        unit="days",
    ),
    Field(
        "not_bought_since",
        "flag",
        Words(en="Not those who bought it since", de="Nicht, wer es seitdem gekauft hat"),
        default=True,
    ),
)


def sku_of(data: Mapping[str, Any]) -> str:
    """The product that an event is about."""
    return str(data.get("product") or "")


def interested(shop: Shop, sku: str, params: Params, now: datetime) -> Any:
    """QuerySet of the living customers who are interested in a product."""
    since = now - timedelta(days=params.get("within_days", 90))
    mine = {"customer_id": OuterRef("pk")}
    asked = params["interest"]
    bought = Order._base_manager.filter(shop=shop, is_counted=True, placed_at__gte=since, lines__sku=sku, **mine)
    did = Q(pk__in=[])
    events = Event._base_manager.filter(shop=shop, data__product=sku, at__gte=since, **mine)
    if "viewed" in asked:
        did |= Q(Exists(events.filter(type=VIEWED)))
    if "wished" in asked:
        did |= Q(Exists(events.filter(type=WISHED))) & ~Q(Exists(events.filter(type=UNWISHED)))
    if "bought" in asked:
        did |= Q(Exists(bought))
    customers = Customer._base_manager.filter(did, shop=shop, merged_into=None, erased_at=None)
    if params.get("not_bought_since", True) and "bought" not in asked:
        customers = customers.exclude(Exists(bought))
    return customers


class ProductNews(TriggerKind):
    """News of a product, for the customers who are interested in it: taken in page by page."""

    event: str
    tells = ("product",)

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({self.event})

    def fits(self, trigger: Params, data: Mapping[str, Any]) -> bool:
        """Whether the news is of a kind that the trigger waits for."""
        return True

    def occasions(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Occasion]:
        trigger = journey.definition["trigger"]
        return [
            Occasion(f"event:{event.pk}", {"sku": sku_of(event.data), "event": event.pk})
            for event in events
            if event.type == self.event and sku_of(event.data) and self.fits(trigger, event.data)
        ]

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> list[Entry]:
        customers = interested(journey.shop, data["sku"], journey.definition["trigger"], now).filter(pk__gt=after)
        ids = customers.order_by("pk").values_list("pk", flat=True)[:limit]
        return [Entry(pk, f"event:{data['event']}") for pk in ids]

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        since = now - timedelta(days=params.get("within_days", 90))
        asked = params["interest"]
        types = [kind for kind, word in ((VIEWED, "viewed"), (WISHED, "wished")) if word in asked]
        events = Event._base_manager.filter(shop=shop, type__in=types, at__gte=since, customer_id__isnull=False)
        did = Q(pk__in=events.values("customer_id"))
        if "bought" in asked:
            did |= Q(profile__last_order_at__gte=since)
        return Customer._base_manager.filter(did, shop=shop, merged_into=None, erased_at=None)

    def values(
        self, shop: Shop, enrolments: Sequence[Any], locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        events = numbered(enrolments, "event")
        told = Event._base_manager.filter(shop=shop, pk__among=set(events.values())).values_list("pk", "data")
        of_event = {pk: data.get("product_id") for pk, data in told}
        products = {one: of_event[event] for one, event in events.items() if of_event.get(event)}
        return values_of_products(shop, products, enrolments, locales)

    def example(self, shop: Shop, params: Params, customer_id: int, locale: str, now: datetime) -> dict[str, Any]:
        seen = Event._base_manager.filter(shop=shop, customer_id=customer_id, type__in=(VIEWED, WISHED)).order_by("-at")
        sku = next((sku_of(data) for data in seen.values_list("data", flat=True)[:1]), "")
        product = Product._base_manager.filter(shop=shop, sku=sku).first() if sku else None
        return product_values(shop, product, locale) if product else {}
