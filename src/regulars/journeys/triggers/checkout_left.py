"""The trigger `checkout_left`: a customer put something together to buy and did not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.journeys.fields import Field
from regulars.journeys.goods import checkout_values, numbered
from regulars.journeys.kinds import Entry, Params, TriggerKind, Wording
from regulars.journeys.models import Journey
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer
from regulars.know.orders.event_types import CHECKOUT_LEFT
from regulars.know.orders.models import Checkout, Order

YEAR = timedelta(days=365)
WORD = "checkout"


class CheckoutLeft(TriggerKind):
    """By the event `checkout.left`, for who is known, and has neither gone on with it nor ordered since.

    The checkout is the key of the entry: left twice, it takes its customer in once.
    """

    key = "checkout_left"
    title = gettext_lazy("A checkout is left")
    icon = "shopping-cart"
    tells = ("checkout",)
    fields = (
        Field(
            "minimum_value",
            "money",
            Words(en="From a value of", de="Ab einem Wert von"),
            Words(en="Of the goods in it.", de="Der Waren darin."),
            default=0,
            minimum=0,
            maximum=10**9,
        ),
    )

    def hears(self, params: Params) -> frozenset[str]:
        return frozenset({CHECKOUT_LEFT})

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        left = Checkout._base_manager.filter(
            shop=shop, customer__isnull=False, left_at__gte=now - YEAR, value__gte=params.get("minimum_value", 0)
        )
        living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None)
        return living.filter(pk__in=left.values("customer_id"))

    def entries(self, journey: Journey, events: Sequence[Any], now: datetime) -> list[Entry]:
        named = {one.data.get("checkout_id") for one in events if one.type == CHECKOUT_LEFT} - {None}
        least = journey.definition["trigger"].get("minimum_value", 0)
        left = list(
            Checkout._base_manager.filter(
                shop=journey.shop,
                pk__among=named,
                status=Checkout.Status.LEFT,
                customer__isnull=False,
                value__gte=least,
            ).order_by("pk")
        )
        if not left:
            return []
        orders = Order._base_manager.filter(
            customer_id__among={one.customer_id for one in left},
            is_counted=True,
            placed_at__gte=min(one.active_at for one in left),
        )
        ordered: dict[int, datetime] = {}
        for customer_id, at in orders.values_list("customer_id", "placed_at"):
            ordered[customer_id] = max(at, ordered.get(customer_id, at))
        return [
            Entry(one.customer_id, f"{WORD}:{one.pk}")
            for one in left
            if one.customer_id is not None
            and (one.customer_id not in ordered or ordered[one.customer_id] < one.active_at)
        ]

    def values(
        self, shop: Shop, enrolments: Sequence[Any], locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        named = numbered(enrolments, WORD)
        there = {row.pk: row for row in Checkout._base_manager.filter(shop=shop, pk__among=set(named.values()))}
        return {
            one.pk: checkout_values(shop, there[named[one.pk]], locales.get(one.customer_id, shop.locale))
            for one in enrolments
            if named.get(one.pk) in there
        }

    def example(self, shop: Shop, params: Params, customer_id: int, locale: str, now: datetime) -> dict[str, Any]:
        left = Checkout._base_manager.filter(shop=shop, customer_id=customer_id, left_at__isnull=False)
        newest = left.order_by("-left_at").first()
        return checkout_values(shop, newest, locale) if newest else {}

    def describe(self, params: Params, playbook: Wording) -> str:
        return _("When a customer leaves a checkout and has not ordered")
