"""What a message may say about a customer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.variables import variables

from .models import Customer

FIELDS = {"first_name": _("first name"), "last_name": _("last name"), "number": _("customer number")}


@variables("customer", fields=FIELDS, sample={"first_name": "Rosa", "last_name": "Rot", "number": "1001"})
def customer(shop: Shop, customer_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """Names as the shop knows them, empty where it does not. One query."""
    # Not by shop and number: SQLite would read the index of the shop, all of it, for a batch of customers.
    rows = Customer._base_manager.filter(pk__in=customer_ids).values("pk", "shop_id", *FIELDS)
    return {row.pop("pk"): row for row in rows if row.pop("shop_id") == shop.pk}
