"""The templates that service messages send."""

from collections.abc import Mapping

from regulars.core.models import Shop
from regulars.reach.messaging.usage import Use, template_uses

from .kinds import KINDS
from .models import ServiceMessage


@template_uses
def service_messages(shop: Shop) -> Mapping[str, list[Use]]:
    """One query."""
    rows = ServiceMessage._base_manager.filter(shop=shop).select_related("template")
    return {
        row.template.key: [Use(str(KINDS[row.kind].title), row.is_on, "service-messages", is_service=True)]
        for row in rows
        if row.kind in KINDS
    }
