"""Variables of service messages: the order, the parcel, the refund that a message tells of. Given with each message."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables

ORDER = {
    "number": _("number of the order"),
    "date": _("day of the order"),
    "lines": _("what was ordered: a list with quantity, title and value of each line"),
    "discount": _("what was taken off, empty without"),
    "shipping": _("postage, empty without"),
    "total": _("what the order costs, with postage"),
}
ORDER_SAMPLE = {
    "number": "1001",
    "date": "10. 6. 2026",
    "lines": [{"quantity": 2, "title": "Plattenbürste", "value": "29,80 €"}],
    "discount": "",
    "shipping": "4,90 €",
    "total": "34,70 €",
}
PARCEL = {
    "number": _("number of the parcel"),
    "carrier": _("who carries it, empty where unknown"),
    "tracking_code": _("tracking number, empty without"),
    "tracking_url": _("page on which the parcel can be followed, empty where unknown"),
    "promised_on": _("day until which it was promised, empty without"),
}
PARCEL_SAMPLE = {
    "number": "P-1",
    "carrier": "DHL",
    "tracking_code": "00340434161094",
    "tracking_url": "https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode=00340434161094",
    "promised_on": "12. 6. 2026",
}
REFUND = {"total": _("what was paid back"), "date": _("day on which it was paid back")}
REFUND_SAMPLE = {"total": "14,90 €", "date": "20. 6. 2026"}


@variables("order", fields=ORDER, sample=ORDER_SAMPLE)
def order(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Of nobody by itself: only a service message tells of an order."""
    return {}


@variables("parcel", fields=PARCEL, sample=PARCEL_SAMPLE)
def parcel(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Of nobody by itself."""
    return {}


@variables("refund", fields=REFUND, sample=REFUND_SAMPLE)
def refund(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Of nobody by itself."""
    return {}
