"""What a message may say of what a customer got: `delivered.…`, the goods of the order that arrived last."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables
from regulars.know.customers.models import Customer

from .models import OrderLine, Shipment

MOST = 3
_PARTS = {"title": _("title"), "url": _("address")}
FIELDS = {
    "order": _("number of the order that arrived last"),
    **{f"{part}_{at}": text for at in range(1, MOST + 1) for part, text in _PARTS.items()},
}
SAMPLE = {"order": "1001", "title_1": "Kind of Blue", "url_1": "https://shop.example/kind-of-blue"}


@variables("delivered", fields=FIELDS, sample=SAMPLE)
def delivered(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The dearest goods of the order whose parcel arrived last; all empty where none is known to have. Two queries."""
    parcels = Shipment._base_manager.filter(
        order__customer_id=OuterRef("pk"), order__is_counted=True, delivered_at__lte=now
    ).order_by("-delivered_at", "-pk")
    people = Customer._base_manager.filter(pk__in=customer_ids).annotate(
        arrived=Subquery(parcels.values("order_id")[:1])
    )
    order_of = {pk: order for pk, order in people.values_list("pk", "arrived") if order}
    lines = OrderLine.objects.filter(order_id__in=set(order_of.values()), is_merchandise=True).order_by("-value", "pk")
    goods: dict[int, list[tuple[str, str]]] = defaultdict(list)
    numbers: dict[int, str] = {}
    for order, number, title, own, url in lines.values_list(
        "order_id", "order__number", "title", "product__title", "product__url"
    ):
        numbers[order] = number
        if (title or own) and title not in dict(goods[order]):
            goods[order].append((own or title, url or shop.website))
    found = {}
    for one in customer_ids:
        told: dict[str, Any] = dict.fromkeys(FIELDS, "")
        arrived = order_of.get(one, 0)
        if arrived in numbers:
            told["order"] = numbers[arrived]
            for at, (title, url) in enumerate(goods[arrived][:MOST], start=1):
                told[f"title_{at}"], told[f"url_{at}"] = title, url
        found[one] = told
    return found
