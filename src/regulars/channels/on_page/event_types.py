"""Events of messages on the shop's page."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _template(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("name", ""))


MESSAGE_PUT_AWAY = event_type(
    "message.put_away", _("Message on the shop's page put away"), icon="panel-bottom", describe=_template
)
