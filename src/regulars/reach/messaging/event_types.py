"""Events of messages: what went out, and what became of it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.core.event_types import event_type
from regulars.core.models import Shop


def _template(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("name", ""))


def _address(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("url") or data.get("name", ""))


def _reply(shop: Shop, data: Mapping[str, Any]) -> str:
    return " – ".join(str(data[key]) for key in ("subject", "excerpt") if data.get(key))[:300]


MESSAGE_SENT = event_type("message.sent", _("Message sent"), icon="mail", describe=_template)
MESSAGE_UNCERTAIN = event_type("message.uncertain", _("Message perhaps sent"), icon="mail", describe=_template)
MESSAGE_BOUNCED = event_type("message.bounced", _("Message could not be delivered"), icon="mail-x", describe=_template)
MESSAGE_OPENED = event_type("message.opened", _("Message opened"), icon="mail-open", describe=_template)
MESSAGE_CLICKED = event_type(
    "message.clicked", _("Link in a message clicked"), icon="mouse-pointer-click", describe=_address
)
MESSAGE_UNSUBSCRIBED = event_type(
    "message.unsubscribed", _("Unsubscribed by a message"), icon="bell-off", describe=_template
)
MESSAGE_COMPLAINED = event_type(
    "message.complained", _("Complained about a message"), icon="circle-alert", describe=_template
)
MESSAGE_REPLIED = event_type("message.replied", _("Replied to a message"), icon="mail", describe=_reply)
