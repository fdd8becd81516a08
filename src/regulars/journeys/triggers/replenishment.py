"""The trigger `replenishment`: a product that a customer buys again and again will soon be used up."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.models import Shop
from regulars.decide.segments.models import CustomerProfile
from regulars.journeys.fields import Field
from regulars.journeys.goods import numbered, product_values, values_of_products
from regulars.journeys.kinds import Entry, Occasion, Page, Params, TriggerKind, Wording
from regulars.journeys.local_time import at_hour, open_days, zone_of
from regulars.journeys.models import Journey
from regulars.journeys.rhythm import LAST_WITHIN, Asked, due_on, purchases, typical
from regulars.journeys.words import Words
from regulars.know.customers.models import Customer
from regulars.know.orders.models import OrderLine, Product

WORD = "again"


class Replenishment(TriggerKind):
    """By the customer's own rhythm where they bought the product three times, else by what is typical of it: as stated, or
    as its buyers bought it again. Purchases are asked on the day: whoever bought it since has a later end.
    """

    key = "replenishment"
    title = gettext_lazy("A product will be used up")
    icon = "refresh-cw"
    tells = ("product",)
    fields = (
        Field(
            "category",
            "text",
            Words(en="Only this category", de="Nur diese Kategorie"),
            Words(
                en="Without category and products: whatever is bought again.",
                de="Ohne Kategorie und Produkte: alles, was wiedergekauft wird.",
            ),
            maximum=120,
        ),
        Field(
            "products",
            "text",
            Words(en="Only these products", de="Nur diese Produkte"),
            Words(en="Article numbers, separated by commas.", de="Artikelnummern, durch Kommas getrennt."),
            maximum=1000,
        ),
        Field(
            "days",
            "duration",
            Words(en="One unit usually lasts", de="Eine Einheit reicht meist"),
            Words(en="Left out: learnt from the orders.", de="Ohne Angabe: aus den Bestellungen gelernt."),
            minimum=7,
            maximum=300,
            unit="days",
        ),
        Field(
            "lead_days",
            "duration",
            Words(en="Days before", de="Tage davor"),
            default=5,
            minimum=0,
            maximum=60,
            unit="days",
        ),
        Field(
            "hour",
            "hour",
            Words(en="From this hour on", de="Ab dieser Uhrzeit"),
            Words(en="On the customer’s clock.", de="Nach der Uhr des Kunden."),
            required=True,
        ),
    )

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if params.get("days") and not Asked.of(params).has_scope:
            yield "days", _("say of which category or products: not everything lasts equally long")

    def audience(self, shop: Shop, params: Params, now: datetime) -> Any:
        asked = Asked.of(params)
        lines = OrderLine.objects.filter(
            asked.lines(),
            order__customer=OuterRef("pk"),
            order__is_counted=True,
            order__placed_at__gte=now - LAST_WITHIN,
            is_merchandise=True,
        )
        if not (asked.days and asked.has_scope):
            lines = lines.filter(product_id__in=list(typical(shop, asked, now)))
        return Customer._base_manager.filter(Exists(lines), shop=shop, merged_into=None, erased_at=None)

    def due_occasions(self, journey: Journey, now: datetime) -> list[Occasion]:
        trigger, shop = journey.definition["trigger"], journey.shop
        open_now = [
            (day, name)
            for day, names in open_days(shop, now, trigger["hour"]).items()
            for name in names
            if at_hour(day, zone_of(name, shop), trigger["hour"]) > journey.published_at
        ]
        if not open_now:
            return []
        usual = {str(pk): round(days, 2) for pk, days in typical(shop, Asked.of(trigger), now).items()}
        return [
            Occasion(f"day:{day}:{name}", {"day": day.isoformat(), "zone": name, "usual": usual})
            for day, name in open_now
        ]

    def page(self, journey: Journey, data: Params, after: int, now: datetime, limit: int) -> Page:
        shop, asked = journey.shop, Asked.of(journey.definition["trigger"])
        lately = CustomerProfile._base_manager.filter(
            shop=shop,
            customer_id__gt=after,
            customer__timezone=data["zone"],
            customer__merged_into=None,
            last_order_at__gte=now - LAST_WITHIN,
        )
        ids = list(lately.order_by("customer_id").values_list("customer_id", flat=True)[:limit])
        usual = {int(pk): days for pk, days in data["usual"].items()}
        found = due_on(purchases(shop, ids, asked, now), date.fromisoformat(data["day"]), asked, usual) if ids else {}
        entries = [Entry(pk, f"{WORD}:{one.product_id}:{one.bought_on}") for pk, one in sorted(found.items())]
        return Page(entries, ids[-1] if len(ids) >= limit else None)

    def values(
        self, shop: Shop, enrolments: Sequence[Any], locales: Mapping[int, str], now: datetime
    ) -> dict[int, dict[str, Any]]:
        return values_of_products(shop, numbered(enrolments, WORD), enrolments, locales)

    def example(self, shop: Shop, params: Params, customer_id: int, locale: str, now: datetime) -> dict[str, Any]:
        asked = Asked.of(params)
        bought = purchases(shop, [customer_id], asked, now).get(customer_id, {})
        usual = typical(shop, asked, now)
        newest = max(bought, key=lambda one: (len(bought[one]) > 1, one in usual, bought[one][-1][0]), default=None)
        product = Product._base_manager.filter(shop=shop, pk=newest).first() if newest else None
        return product_values(shop, product, locale) if product else {}

    def describe(self, params: Params, playbook: Wording) -> str:
        lead = params.get("lead_days", 5)
        if params.get("category"):
            return _("%(n)s days before a product of “%(category)s” is used up") % {
                "n": lead,
                "category": params["category"],
            }
        return _("%(n)s days before a product is used up that the customer buys again") % {"n": lead}
