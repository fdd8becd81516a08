"""Variables of messages that come from journeys: the voucher that a message carries. The step `send` gives the values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables

FIELDS = {
    "code": _("code of the voucher"),
    "value": _("what it is worth, such as 15 %"),
    "valid_until": _("last day on which it is valid"),
    "minimum": _("minimum order value, empty without one"),
}
SAMPLE = {"code": "K7QF-2MXPAB", "value": "15 %", "valid_until": "30. 6. 2026", "minimum": ""}


@variables("voucher", fields=FIELDS, sample=SAMPLE)
def voucher(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Empty for everybody: only a message that carries a voucher has one."""
    return {customer_id: dict.fromkeys(FIELDS, "") for customer_id in customer_ids}
