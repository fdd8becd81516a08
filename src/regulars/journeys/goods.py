"""What the messages of a journey say of what took the customer in: a product, or a checkout that was left."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.know.orders.models import Checkout, Product
from regulars.reach.messaging.addresses import shop_url

MOST_LINES = 10
"""So many lines of a checkout are told; more make a mail that nobody reads."""


def product_values(shop: Shop, product: Product, locale: str) -> dict[str, Any]:
    """The variables `product.…`; the shop's address where the product has none."""
    return {
        "product.title": product.title or product.sku,
        "product.category": product.category,
        "product.url": product.url or shop_url(shop),
        "product.price": "" if product.price is None else formatted(product.price, shop.currency, locale),
    }


def checkout_values(shop: Shop, checkout: Checkout, locale: str) -> dict[str, Any]:
    """The variables `checkout.…`; the shop's address where the checkout has none."""
    lines = [one for one in checkout.lines if one.get("title")]
    return {
        "checkout.url": checkout.url or shop_url(shop),
        "checkout.value": formatted(checkout.value, shop.currency, locale),
        "checkout.lines": [
            {
                "title": str(one["title"]),
                "quantity": one.get("quantity", 1),
                "value": formatted(int(one.get("value") or 0), shop.currency, locale),
            }
            for one in lines[:MOST_LINES]
        ],
        "checkout.more": max(0, len(lines) - MOST_LINES),
    }


def numbered(enrolments: Iterable[Any], word: str) -> dict[int, int]:
    """The number that an entry key such as `again:17:2026-06-01` names after `word`, by the id of the enrolment."""
    found = {}
    for one in enrolments:
        parts = one.entry_key.split(":")
        if len(parts) > 1 and parts[0] == word and parts[1].isdecimal():
            found[one.pk] = int(parts[1])
    return found


def values_of_products(
    shop: Shop, products: Mapping[int, int], enrolments: Sequence[Any], locales: Mapping[int, str]
) -> dict[int, dict[str, Any]]:
    """`product.…` for each enrolment. products: id of the enrolment → id of the product. One query."""
    there = {row.pk: row for row in Product._base_manager.filter(shop=shop, pk__among=set(products.values()))}
    return {
        one.pk: product_values(shop, there[products[one.pk]], locales.get(one.customer_id, shop.locale))
        for one in enrolments
        if products.get(one.pk) in there
    }
