"""Verbs of the call list: take the next call, say what came of it, give it back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.actions import withdraw_consent
from regulars.decide.contact_policy.models import Channel, Purpose
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message

REACHED, NOT_REACHED, WRONG_NUMBER, NO_MORE = "reached", "not_reached", "wrong_number", "no_more"
OUTCOMES = {
    REACHED: gettext_lazy("Reached"),
    NOT_REACHED: gettext_lazy("Not reached"),
    WRONG_NUMBER: gettext_lazy("Wrong number"),
    NO_MORE: gettext_lazy("Wants no more calls"),
}
KEY = Channel.PHONE.value
LONGEST_NOTE = 1000
SOONEST = timedelta(minutes=10)


def take(shop: Shop, staff: Staff, now: datetime, message: int | None = None) -> Message | None:
    """The call that this person makes now: the one in hand, else `message`, else the next. None where there is none, or the
    gate says no meanwhile.
    """
    mine = messaging.in_hand(shop, KEY, staff, now).first()
    if mine is not None:
        return mine
    chosen = None if message is None else [message]
    return next(iter(messaging.take_by_hand(shop, KEY, now, staff, messages=chosen)), None)


@transaction.atomic
def tell(
    shop: Shop,
    call: Message,
    outcome: str,
    note: str,
    now: datetime,
    staff: Staff | None,
    *,
    again_at: datetime | None = None,
) -> None:
    """Writes down what came of a call that was taken.

    reached: done. not_reached: again at `again_at`, within the time in which the call is welcome; without it nobody tries
    again. wrong_number: never called again. no_more: reached, and the consent to calls is withdrawn. Raises Refused for an
    outcome that is none, a time that does not fit, or where somebody else has the call meanwhile; then nothing is written.
    """
    note = note.strip()[:LONGEST_NOTE]
    said = {"outcome": outcome}
    if outcome in (REACHED, NO_MORE):
        told = Outcome(call.pk, State.ACCEPTED, text=outcome, note=note, data=said)
    elif outcome == WRONG_NUMBER:
        told = Outcome(call.pk, State.REFUSED, text=outcome, note=note, is_address_dead=True, data=said)
    elif outcome == NOT_REACHED and again_at is not None:
        if again_at < now + SOONEST:
            raise Refused(_("Choose a time to come, in ten minutes at the earliest."), code="again_at")
        told = Outcome(call.pk, State.DEFERRED, text=outcome, note=note, again_at=again_at, data=said)
    elif outcome == NOT_REACHED:
        messaging.decline_by_hand(shop, [call], outcome, now, staff)
        return
    else:
        raise Refused(_("Say what came of the call."), code="outcome")
    messaging.settle_by_hand(shop, [call], {call.pk: told}, now, staff)
    if outcome == NO_MORE:
        for purpose in (Purpose.MARKETING, Purpose.RESEARCH):
            withdraw_consent(shop, [call.customer_id], KEY, purpose, now, source="call")


def give_back(shop: Shop, call: Message, now: datetime) -> None:
    """Nobody called: it is there for others again."""
    messaging.give_back_by_hand(shop, [call], now)
