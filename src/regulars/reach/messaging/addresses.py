"""Web addresses in messages: which may stand there, and how a value is put into one."""

import re
from urllib.parse import quote

from django.conf import settings

from regulars.core.models import Shop

SCHEMES = ("https://", "http://", "mailto:", "tel:")
_CONTROL = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]")


def safe_address(address: str) -> str:
    """The address if its scheme is one that a mail may open, else `#`; blanks and controls are percent-encoded."""
    address = _CONTROL.sub(lambda found: quote(found[0], safe=""), address.strip())
    return address if address.lower().startswith(SCHEMES) or address.startswith("#") else "#"


def shop_url(shop: Shop) -> str:
    """Where a message leads that leads to the shop: its website, else this installation. Never nowhere."""
    return shop.website or settings.REGULARS_BASE_URL


def url_value(value: str, place: str) -> str:
    """A value inside an address: whole addresses stay (their scheme is checked after), parts are percent-encoded."""
    return value if place == "url" else quote(value, safe="")
