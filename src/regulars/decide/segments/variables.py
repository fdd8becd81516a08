"""What a message may say, and ask, about a customer's profile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.money import to_decimal
from regulars.core.variables import variables

from .fields import FIELDS, FLAG, MONEY, NUMBER, SHARE, TEXT
from .models import CustomerProfile

_KINDS = {NUMBER, MONEY, SHARE, FLAG, TEXT}
_COLUMNS = [field.key for field in FIELDS.values() if field.kind in _KINDS]
_NOTHING: dict[str, Any] = {
    field.key: "" if field.kind == TEXT else False if field.kind == FLAG else 0 for field in FIELDS.values()
}
TOLD = {
    **{key: FIELDS[key].title for key in _COLUMNS},
    "days_since_last_order": _("Days since the last order"),
}
SAMPLE = {
    **{key: _NOTHING[key] for key in _COLUMNS},
    "orders": 3,
    "favourite_category": "Jazz",
    "days_since_last_order": 40,
}


@variables("profile", fields=TOLD, sample=SAMPLE)
def profile(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Numbers (money in whole units of the currency, shares in percent), yes and no, texts; 0 and "" where unknown. One
    query.
    """
    rows = CustomerProfile._base_manager.filter(shop=shop, customer_id__in=customer_ids)
    found = {
        row["customer_id"]: _told(row, shop, now) for row in rows.values("customer_id", "last_order_at", *_COLUMNS)
    }
    nobody = {**{key: _NOTHING[key] for key in _COLUMNS}, "days_since_last_order": 0}
    return {one: found.get(one, nobody) for one in customer_ids}


def _told(row: dict[str, Any], shop: Shop, now: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key in _COLUMNS:
        kind, value = FIELDS[key].kind, row[key]
        if value is None:
            value = _NOTHING[key]
        elif kind == MONEY:
            value = float(to_decimal(value, shop.currency))
        elif kind == SHARE:
            value = round(value * 100, 1)
        elif kind == NUMBER and isinstance(value, float):
            value = round(value, 1)
        told[key] = value
    last = row["last_order_at"]
    told["days_since_last_order"] = (now - last).days if last is not None else 0
    return told
