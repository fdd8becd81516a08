"""What browsers ask of us from the shop's own pages: who is signed in there, and that only those pages may read answers.

The calls are *simple* ones (CORS, Fetch 3.3.5: a POST of text/plain), so that no browser asks twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.reach.storefront import actions as storefronts
from regulars.reach.storefront.models import Storefront

LONGEST = 8192
"""Octets of a call."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: the shop, and the customer who is signed in there."""

    shop: Shop
    customer_id: int


def storefront_at(slug: str) -> Storefront | None:
    """The storefront of the shop with this short name, with the shop. One query."""
    return Storefront._base_manager.select_related("shop").filter(shop__slug=slug[:40]).first()


def is_ours(storefront: Storefront, origin: str) -> bool:
    """Whether a page of this origin is one of the shop's."""
    return origin in storefronts.origins_of(storefront.shop, storefront)


def asking(storefront: Storefront, token: Any, now: datetime) -> Asking | None:
    """Who is signed in, or None where the token does not hold."""
    try:
        found = storefronts.signed_customer(storefront.shop, storefront, str(token), now)
    except Refused:
        return None  # the installation's secret has changed: nothing that was sealed can be opened
    return None if found is None else Asking(storefront.shop, found)


def headers(origin: str) -> list[tuple[str, str]]:
    """For an answer that a page of this origin may read, and nobody keeps."""
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), ("Cache-Control", "no-store")]


def read(body: bytes) -> dict[str, Any] | None:
    """The fields of a call, None for what is no JSON object."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None
