"""Events of customers."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop

CUSTOMER_CREATED = event_type("customer.created", _("Customer became known"), icon="user-plus")
CUSTOMER_CHANGED = event_type("customer.changed", _("Customer data changed"), icon="user-pen")
CUSTOMER_MERGED = event_type("customer.merged", _("Merged with another customer"), icon="merge")


def _tag(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("tag", ""))


CUSTOMER_TAGGED = event_type("customer.tagged", _("Tag set"), icon="tag", describe=_tag)
CUSTOMER_UNTAGGED = event_type("customer.untagged", _("Tag removed"), icon="tag", describe=_tag)
