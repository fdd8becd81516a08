"""Events of web push."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _device(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("device", ""))


BROWSER_ADDED = event_type("push.browser_added", _("A browser takes messages"), icon="bell", describe=_device)
BROWSER_REMOVED = event_type(
    "push.browser_removed", _("A browser takes no more messages"), icon="bell-off", describe=_device
)
