"""Events of orders. Data: {"order": number, "order_id": id, "value": minor units} and, where it applies, "units"."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop
from regulars.core.money import formatted


def _order(shop: Shop, data: Mapping[str, Any]) -> str:
    if data.get("value") is None:
        return str(data.get("order", ""))
    value = formatted(int(data["value"]), shop.currency, get_language() or shop.locale)
    if not data.get("order"):  # goods that came back without saying from which order
        return value
    return _("%(order)s over %(value)s") % {"order": data.get("order", ""), "value": value}


ORDER_PLACED = event_type("order.placed", gettext_lazy("Order placed"), icon="shopping-bag", describe=_order)
ORDER_CHANGED = event_type("order.changed", gettext_lazy("Order changed"), icon="pencil", describe=_order)
ORDER_CANCELLED = event_type("order.cancelled", gettext_lazy("Order cancelled"), icon="ban", describe=_order)
RETURN_RECEIVED = event_type("return.received", gettext_lazy("Return received"), icon="undo-2", describe=_order)
REFUND_PAID = event_type("refund.paid", gettext_lazy("Refund paid"), icon="banknote", describe=_order)
