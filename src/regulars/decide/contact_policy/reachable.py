"""Who may be advertised to on a channel, as a condition on customers: for counts that people look at, not for sending.

The gate decides (`gate.py`); this is what the profiles and consents say today, so that a number can be shown before.
"""

from django.db.models import Exists, OuterRef, Q

from .grounds import GROUNDS
from .models import Channel, Consent, Purpose


def reachable_by(channel: str, purpose: str = Purpose.MARKETING) -> Q:
    """The customers who have not objected and, where the channel needs it, have consented. A service message may reach all."""
    if purpose == Purpose.SERVICE:
        return Q()
    if channel == Channel.EMAIL:
        return Q(profile__may_email=True, profile__has_objected=False)
    willing = Q(profile__has_objected=False)
    if channel == Channel.PHONE and purpose == Purpose.MARKETING:
        return willing & Q(profile__may_phone=True)
    interest = GROUNDS["legitimate_interest"]
    if channel in interest.channels and purpose in interest.purposes:
        return willing
    own_page = GROUNDS["own_page"]
    if channel in own_page.channels and purpose in own_page.purposes:
        left = Consent._base_manager.filter(
            customer_id=OuterRef("pk"), channel=channel, purpose=purpose, state=Consent.State.WITHDRAWN
        )
        return willing & ~Q(Exists(left))
    given = Consent._base_manager.filter(
        shop_id=OuterRef("shop_id"),
        customer_id=OuterRef("pk"),
        channel=channel,
        purpose=purpose,
        state=Consent.State.GRANTED,
    )
    return willing & Q(Exists(given))
