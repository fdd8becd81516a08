"""Products in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from regulars.core.models import Shop
from regulars.know.orders.actions import ProductDraft, upsert_products
from regulars.web.api.auth import needs
from regulars.web.api.batches import BODY_ERRORS, BatchOut, Noun, described, take
from regulars.web.api.persons import SOURCE
from regulars.web.api.rows import ProductIn

router = Router(tags=["products"])
EXAMPLE = {
    "sku": "LP-7",
    "title": "Kind of Blue",
    "category": "Jazz",
    "url": "https://shop.example/lp-7",
    "price": 2990,
    "stock": 12,
    "version": 3,
}


def _write(shop: Shop, rows: Sequence[ProductIn], is_history: bool, now: datetime) -> list[str]:
    drafts = [
        ProductDraft(
            row.sku,
            title=row.title,
            category=row.category,
            url=row.url,
            image_url=row.image_url,
            price=row.price,
            stock=row.stock,
            version=row.told_version(),
        )
        for row in rows
    ]
    done = upsert_products(shop, drafts, now=now, source=SOURCE, is_history=is_history)
    return [done.outcomes[row.sku] for row in rows]


NOUN = Noun("products", ProductIn, "sku", _write)


@router.post(
    "/products",
    response={200: BatchOut, **BODY_ERRORS},
    summary="Send products",
    openapi_extra=described(ProductIn, EXAMPLE),
)
@needs("products:write")
def send(request: HttpRequest) -> Any:
    """One product or up to 1000. Each new price and stock is kept; `product.restocked` tells that one can be had again,
    `product.price_dropped` that it costs less, with the lowest price of the 30 days before."""
    return take(request, NOUN)
