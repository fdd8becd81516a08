"""Events of offers."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _code(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("code", ""))


def _redeemed(shop: Shop, data: Mapping[str, Any]) -> str:
    if data.get("order"):
        return _("%(code)s with order %(order)s") % {"code": data.get("code", ""), "order": data["order"]}
    return _code(shop, data)


VOUCHER_ISSUED = event_type("voucher.issued", gettext_lazy("Voucher issued"), icon="ticket", describe=_code)
VOUCHER_REDEEMED = event_type(
    "voucher.redeemed", gettext_lazy("Voucher redeemed"), icon="ticket-check", describe=_redeemed
)
VOUCHER_CANCELLED = event_type("voucher.cancelled", gettext_lazy("Voucher cancelled"), icon="ticket-x", describe=_code)
