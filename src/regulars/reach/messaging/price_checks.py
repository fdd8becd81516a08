"""Prices in a published template are those of the day it was published: which of them are others now."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from regulars.core.models import Shop
from regulars.core.money import formatted
from regulars.know.orders.models import Product, ProductChange

from .blocks import KINDS
from .composing import walk
from .finding import WARNING, Finding
from .models import TemplateVersion


def old_prices(shop: Shop, version: TemplateVersion) -> list[Finding]:
    """A warning at each block of `version` that shows a price which its product has no more. Two queries at most.

    What a product cost when the version was made is told by its first price after that.
    """
    blocks = list(_with_price(version))
    if not blocks:
        return []
    products = {
        one.sku: one for one in Product._base_manager.filter(shop=shop, sku__in={sku for _block, sku in blocks})
    }
    changes = ProductChange._base_manager.filter(
        product__in=list(products.values()), kind=ProductChange.Kind.PRICE, at__gt=version.created_at
    )
    shown: dict[int, int | None] = {}
    for number, old in changes.order_by("at", "pk").values_list("product_id", "old"):
        shown.setdefault(number, old)
    findings = []
    for block, sku in blocks:
        product = products.get(sku)
        then = shown.get(product.pk) if product else None
        if product is None or then is None or product.price is None or then == product.price:
            continue
        said = {
            "product": (product.title or sku)[:80],
            "then": formatted(then, shop.currency, version.locale),
            "now": formatted(product.price, shop.currency, version.locale),
        }
        findings.append(
            Finding(
                WARNING, "price_old", version.locale, block,
                _("“%(product)s” is shown at %(then)s, but costs %(now)s now.") % said,
                _("Publish the template again: it then shows the price of the catalogue."),
            )
        )  # fmt: skip
    return findings


def _with_price(version: TemplateVersion) -> Iterator[tuple[str, str]]:
    """(id of the block, sku) of each block that shows the price of a product it names."""
    for block in walk(version.blocks):
        for field in KINDS[block["kind"]].fields:
            if field.kind == "product" and block["values"].get("price") and block["values"].get(field.key):
                yield block["id"], block["values"][field.key]
