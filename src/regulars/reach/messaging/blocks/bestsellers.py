"""Products that sell best in the category the customer likes most, chosen for each customer when the message is made."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.core.variables import VARIABLES, variables
from regulars.decide.segments.models import CustomerProfile
from regulars.know.orders.models import Order, OrderLine
from regulars.reach.messaging.addresses import shop_url

from .fields import Choice, Flag, Line
from .kind import BlockKind, Composing, Goods, Lines, words
from .product import card

MOST = 4
WINDOW = timedelta(days=90)
NEWEST = 20_000
"""Orders of that time that are looked at, the newest: more tell nothing else, and millions of lines take seconds."""
KEPT = 3600
_PARTS = {"title": _("title"), "price": _("price"), "url": _("address")}
FIELDS = {
    "category": _("favourite category, empty where the bestsellers are those of the whole shop"),
    **{f"{part}_{at}": text for at in range(1, MOST + 1) for part, text in _PARTS.items()},
}
SAMPLE = {
    "category": "Jazz",
    "title_1": "Kind of Blue",
    "price_1": "24,90 €",
    "url_1": "https://shop.example/kind-of-blue",
}


@variables("bestsellers", fields=FIELDS, sample=SAMPLE)
def bestsellers(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The best-selling products of each one's favourite category in 90 days, else of the whole shop. At most three queries.

    What sells best is counted once an hour and shop; who likes what is asked once a batch.
    """
    best = _best(shop, now)
    liked = dict(
        CustomerProfile._base_manager.filter(shop=shop, customer_id__in=customer_ids).values_list(
            "customer_id", "favourite_category"
        )
    )
    return {one: _fields(shop, best, liked.get(one, "")) for one in customer_ids}


def _fields(shop: Shop, best: Mapping[str, list[dict[str, Any]]], category: str) -> dict[str, Any]:
    own = best.get(category, []) if category else []
    chosen = own if len(own) >= 2 else best.get("", [])
    fields: dict[str, Any] = dict.fromkeys(FIELDS, "")
    fields["category"] = category if chosen is own else ""
    for at, product in enumerate(chosen[:MOST], start=1):
        fields[f"title_{at}"] = product["title"]
        fields[f"url_{at}"] = product["url"] or shop_url(shop)
        fields[f"price_{at}"] = formatted(product["price"], shop.currency, shop.locale) if product["price"] else ""
    return fields


def _best(shop: Shop, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Category ("" the whole shop) → its products, most bought first. Two queries, kept for an hour of the clock."""
    key = f"messaging.bestsellers:{shop.pk}:{int(now.timestamp()) // KEPT}"
    kept: dict[str, list[dict[str, Any]]] | None = cache.get(key)
    if kept is not None:
        return kept
    newest = Order._base_manager.filter(shop=shop, placed_at__lt=now, placed_at__gte=now - WINDOW).order_by(
        "-placed_at"
    )
    since = max([now - WINDOW, *newest.values_list("placed_at", flat=True)[NEWEST : NEWEST + 1]])
    rows = (
        OrderLine.objects.filter(
            order__shop=shop,
            order__is_counted=True,
            order__placed_at__gte=since,
            order__placed_at__lt=now,
            is_merchandise=True,
            product__isnull=False,
        )
        .exclude(product__title="")
        .values("product_id", "product__category", "product__title", "product__url", "product__price")
        .annotate(sold=Sum("quantity"))
        .order_by("-sold", "product_id")
    )
    best: dict[str, list[dict[str, Any]]] = {}
    for row in rows.iterator(chunk_size=2000):
        one = {"title": row["product__title"], "url": row["product__url"], "price": row["product__price"]}
        for category in {"", row["product__category"]}:
            if len(best.setdefault(category, [])) < MOST:
                best[category].append(one)
    cache.set(key, best, KEPT)
    return best


class Bestsellers(BlockKind):
    key = "bestsellers"
    title = _("Bestsellers by interest")
    about = _("What sells best in the category the customer likes most; without one, the bestsellers of the shop.")
    icon = "trending-up"
    group = "shop"
    order = 72
    places = frozenset({"body"})
    fields = (
        Line("heading", _("Heading"), limit=120),
        Choice("count", _("How many"), default="2", choices=(("2", "2"), ("3", "3"), ("4", "4"))),
        Flag("price", _("Show the price"), default=True),
        Line("label", _("Button"), limit=40),
    )

    def lines(self, block: Mapping[str, Any], composing: Composing, place: str) -> Lines:
        own, values = block["id"], block["values"]
        assert set(VARIABLES["bestsellers"].fields) >= {f"title_{MOST}"}
        lines: Lines = [("{% if bestsellers.title_1 %}", own)]
        if values["heading"]:
            heading = f'<mj-text mj-class="title">{words(values["heading"])}</mj-text>'
            lines.append((f"<mj-section><mj-column>{heading}</mj-column></mj-section>", own))
        count = int(values["count"])
        for row in ([1, 2], [3, 4]) if count == 4 else ([*range(1, count + 1)],):
            columns = "".join(f"<mj-column>{self._cell(at, values)}</mj-column>" for at in row)
            lines.append((f"<mj-section>{columns}</mj-section>", own))
        return [*lines, ("{% endif %}", own)]

    def _cell(self, at: int, values: Mapping[str, Any]) -> str:
        goods = Goods(
            "",
            f"{{{{ bestsellers.title_{at} }}}}",
            f"{{% if bestsellers.price_{at} %}}{{{{ bestsellers.price_{at} }}}}{{% endif %}}",
            f"{{{{ bestsellers.url_{at} }}}}",
        )
        inner = card(goods, "left", values["label"], with_price=values["price"])
        return f"{{% if bestsellers.title_{at} %}}{inner}{{% endif %}}"
