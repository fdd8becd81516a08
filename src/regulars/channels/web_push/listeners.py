"""What web push hears: a consent that is withdrawn, an objection. Addresses of browsers are then no longer needed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.decide.contact_policy.event_types import CONSENT_WITHDRAWN, OBJECTION_MADE
from regulars.decide.contact_policy.models import Channel, Consent

from . import actions


@listener("web_push.no_more", types=(CONSENT_WITHDRAWN, OBJECTION_MADE))
def no_more(shop: Shop, events: Sequence[Any], now: datetime) -> None:
    """Browsers of who said no, and did not say yes again meanwhile, are forgotten."""
    said = {
        one.customer_id for one in events if one.type == OBJECTION_MADE or one.data.get("channel") == Channel.PUSH.value
    }
    again = set(
        Consent._base_manager.filter(
            shop=shop, customer_id__among=said, channel=Channel.PUSH, state=Consent.State.GRANTED
        ).values_list("customer_id", flat=True)
    )
    objected = {one.customer_id for one in events if one.type == OBJECTION_MADE}
    actions.forget(shop, (said - again) | objected, now)
