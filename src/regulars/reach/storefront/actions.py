"""Verbs of the shop's own website: its key and addresses; which customer is signed in there."""

import secrets
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal, unseal
from regulars.know.customers.actions import ids_by_number

from .models import Storefront
from .signed import number_in

MOST_ORIGINS = 10


def storefront_of(shop: Shop) -> Storefront | None:
    """The shop's, or None before somebody made a key."""
    return Storefront._base_manager.filter(shop=shop).first()


@transaction.atomic
def renew_key(shop: Shop, now: datetime, staff: Staff | None = None) -> Storefront:
    """Makes the key with which the shop's pages sign customers; what the former one signed holds no more."""
    row, is_new = Storefront._base_manager.select_for_update().get_or_create(
        shop=shop, defaults={"key": seal(secrets.token_urlsafe(32)), "made_at": now}
    )
    if not is_new:
        row.key, row.made_at = seal(secrets.token_urlsafe(32)), now
        row.save(update_fields=["key", "made_at"])
    audit("storefront.key_made", now=now, shop=shop, staff=staff, target=row)
    return row


@transaction.atomic
def change_origins(shop: Shop, origins: str, now: datetime, staff: Staff | None = None) -> Storefront:
    """Sets the further addresses of the shop's pages, one a line. Raises Refused for one that is no scheme and host."""
    lines = [line.strip() for line in origins.splitlines() if line.strip()]
    tidy = sorted({origin_of(line) for line in lines})
    for line in lines:
        if not origin_of(line) or urlsplit(line).path not in ("", "/"):
            raise Refused(
                _("“%(line)s” is not an address such as https://www.your-shop.com, without a page behind it.")
                % {"line": line[:80]},
                code="origins",
            )
    if len(tidy) > MOST_ORIGINS:
        raise Refused(_("At most %(count)s addresses.") % {"count": MOST_ORIGINS}, code="origins")
    row = Storefront._base_manager.select_for_update().filter(shop=shop).first() or renew_key(shop, now, staff)
    row.origins = "\n".join(tidy)
    row.save(update_fields=["origins"])
    audit("storefront.changed", now=now, shop=shop, staff=staff, target=row, origins=len(tidy))
    return row


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser names the origin of a page; "" for what is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        return ""
    is_usual = port in (None, 443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def origins_of(shop: Shop, storefront: Storefront) -> frozenset[str]:
    """All origins of the shop's pages: the website, with and without www, and the further ones."""
    found = {one for one in storefront.origins.splitlines() if one}
    website = origin_of(shop.website)
    if website:
        scheme, _colon, host = website.partition("://")
        found |= {website, f"{scheme}://{host.removeprefix('www.')}", f"{scheme}://www.{host.removeprefix('www.')}"}
    return frozenset(found)


@lru_cache(maxsize=64)
def _opened(sealed: str) -> str:
    return unseal(sealed)


def key_of(storefront: Storefront) -> str:
    """The key, readable. Raises Refused when the installation's secret has changed since."""
    return _opened(storefront.key)


def signed_customer(shop: Shop, storefront: Storefront, token: str, now: datetime) -> int | None:
    """The living customer whom the shop's page names as signed in; None for a token that does not hold, or nobody known."""
    number = number_in(key_of(storefront), token, now)
    return ids_by_number(shop, [number]).get(number) if number is not None else None
