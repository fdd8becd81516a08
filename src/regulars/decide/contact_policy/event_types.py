"""Events of the contact policy."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.event_types import event_type
from regulars.core.models import Shop

from .models import Channel, Purpose


def _what(shop: Shop, data: Mapping[str, Any]) -> str:
    channel = dict(Channel.choices).get(data.get("channel", ""), data.get("channel", ""))
    purpose = dict(Purpose.choices).get(data.get("purpose", ""), data.get("purpose", ""))
    return _("%(channel)s, %(purpose)s") % {"channel": channel, "purpose": purpose}


def _source(shop: Shop, data: Mapping[str, Any]) -> str:
    return str(data.get("source", ""))


CONSENT_GRANTED = event_type("consent.granted", gettext_lazy("Consent given"), icon="check", describe=_what)
CONSENT_WITHDRAWN = event_type("consent.withdrawn", gettext_lazy("Consent withdrawn"), icon="x", describe=_what)
PREFERENCES_CHANGED = event_type(
    "preferences.changed", gettext_lazy("Chose topics or frequency"), icon="sliders-horizontal"
)
OBJECTION_MADE = event_type("objection.made", gettext_lazy("Objected to all advertising"), icon="ban", describe=_source)
OBJECTION_LIFTED = event_type("objection.lifted", gettext_lazy("Objection taken back"), icon="check", describe=_source)
ADDRESS_SUPPRESSED = event_type(
    "address.suppressed",
    gettext_lazy("Address not written to any more"),
    icon="ban",
    describe=lambda shop, data: str(data.get("reason", "")),
)
CONTACT_FROZEN = event_type(
    "contact.frozen",
    gettext_lazy("Advertising paused"),
    icon="pause",
    describe=lambda shop, data: str(data.get("cause", "")),
)
CONTACT_THAWED = event_type(
    "contact.thawed",
    gettext_lazy("Pause of advertising over"),
    icon="play",
    describe=lambda shop, data: str(data.get("cause", "")),
)
