"""Verbs at the pack bench: scan an order, tick its note.

    said = scan(shop, "1001", now, anna)            # said.words to copy, said.gift to add; the gate was asked right then
    tick(shop, Tick(key, said.message, said.token), now, anna)

A note goes into the first parcel of its customer that is scanned: whoever packs knows what leaves next better than any rule.
One note a parcel.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.channels.parcel_note.models import ParcelNote
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.models import Channel
from regulars.know.orders.models import Order, Shipment
from regulars.reach.messaging.actions import (
    decline_by_hand,
    give_back_by_hand,
    settle_by_hand,
    take_by_hand,
    waiting_by_hand,
    words_by_hand,
)
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message

from .policy import policy_of

CHANNEL = Channel.PARCEL_NOTE.value
LONGEST_CODE = 64


@dataclass(frozen=True)
class Scanned:
    """What a scan found. state: "note" (words, gift, and what a tick must name), "nothing", or why there is none for this
    order: "unknown", "cancelled", "sent", "done", "taken".

    name: of the customer. who: has it in hand, or put it in. at: when it was put in.
    """

    state: str
    code: str
    name: str = ""
    words: str = ""
    gift: str = ""
    message: int = 0
    token: str = ""
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Tick:
    """What the packer says of a note. key: of the device, once for each tick. message, token: as the scan answered.
    reason: of `ParcelNote.Reason` why it was not possible; "" means it is in the parcel. at: when, perhaps a while ago.
    """

    key: str
    message: int
    token: str
    reason: str = ""
    at: datetime | None = None


def scan(shop: Shop, code: str, now: datetime, staff: Staff | None) -> Scanned:
    """Looks for the note of the order with this number and takes it. A constant number of queries.

    Scanning again what one has in hand gives the same note; nobody else gets it meanwhile, nor a second one for the same
    order. An order that was sent or cancelled gets none.
    """
    code = " ".join(code.split())[:LONGEST_CODE]
    order = _order(shop, code)
    if order is None:
        return Scanned("unknown", code)
    if order.status == Order.Status.CANCELLED:
        return Scanned("cancelled", order.number)
    there = _known(order, now, staff)
    if there is not None:
        return there
    if Shipment._base_manager.filter(order=order, shipped_at__lte=now).exists():
        return Scanned("sent", order.number)
    # Most orders have none: that is told without taking a turn at the database's only pen.
    if order.customer_id is None or not _waiting(shop, order.customer_id, now):
        return Scanned("nothing", order.number, _name(order))
    return _take(shop, order, now, staff)


def _order(shop: Shop, code: str) -> Order | None:
    """By its number; shops print it on the slip with or without the hash sign."""
    if not code:
        return None
    bare = code.lstrip("#")
    found = Order._base_manager.select_related("customer").filter(shop=shop, number__in={code, bare, f"#{bare}"})
    return min(found, key=lambda order: order.number != code, default=None)


def _waiting(shop: Shop, customer_id: int, now: datetime) -> bool:
    return waiting_by_hand(shop, CHANNEL, now).filter(customer_id=customer_id).exists()


def _known(order: Order, now: datetime, staff: Staff | None) -> Scanned | None:
    """What is known of a note in this order already."""
    rows = (
        ParcelNote._base_manager.select_related("message", "taken_by").filter(order=order).order_by("-taken_at", "-pk")
    )
    for row in rows:
        if row.outcome == ParcelNote.Outcome.DONE:
            return Scanned("done", order.number, _name(order), who=_who(row), at=row.told_at)
        if not row.outcome and row.message.status == Message.Status.CLAIMED:
            if staff is None or row.taken_by_id != staff.pk:
                return Scanned("taken", order.number, _name(order), who=_who(row))
            return _words(order, row.message, now)
    return None


@transaction.atomic
def _take(shop: Shop, order: Order, now: datetime, staff: Staff | None) -> Scanned:
    # Whoever scans the same order at the same moment waits here, and then sees whose it is.
    Order._base_manager.select_for_update().get(pk=order.pk)
    there = _known(order, now, staff)
    if there is not None:
        return there
    assert order.customer_id is not None
    for message in take_by_hand(shop, CHANNEL, now, staff, customers=[order.customer_id]):
        found = _words(order, message, now)
        taken = {"order": order, "taken_by": staff, "taken_at": now, "outcome": "", "has_gift": bool(found.gift)}
        if found.message:
            ParcelNote._base_manager.update_or_create(message=message, defaults={"shop": shop, **taken})
        return found
    return Scanned("nothing", order.number, _name(order))


def _words(order: Order, message: Message, now: datetime) -> Scanned:
    shop = message.shop
    said = words_by_hand(shop, [message], now).get(message.pk)
    if said is None:
        lost = Outcome(message.pk, State.REFUSED, 0, "a variable has no value")
        settle_by_hand(shop, [message], {message.pk: lost}, now, None)
        return Scanned("nothing", order.number, _name(order))
    words, token = said.text.strip(), message.lease_token
    return Scanned("note", order.number, _name(order), words, said.subject, message.pk, token)


@transaction.atomic
def tick(shop: Shop, said: Tick, now: datetime, staff: Staff | None) -> ParcelNote:
    """Notes what became of a note: in the parcel (a Contact, with the gift's cost), or not possible. Where only this parcel
    was in the way the note waits for the customer's next one, else it is given up (a Decision).

    Sent again it changes nothing; so does another tick for a note that was told of. Raises Refused for a note that somebody
    else took meanwhile, one that is no longer to be sent, and a tick that names none.
    """
    if not 1 <= len(said.key) <= 40 or (said.reason and said.reason not in ParcelNote.Reason.values):
        raise Refused(_("This is no tick: scan the order again."), code="not_a_tick")
    rows = ParcelNote._base_manager.select_for_update(of=("self",)).select_related("message", "order")
    row = rows.filter(shop=shop, message=said.message).first()
    if row is None:
        raise Refused(_("There is no such note: scan the order again."), code="unknown_note")
    if row.outcome:
        return row
    message = row.message
    message.lease_token = said.token
    row.told_at = now if said.at is None else min(max(said.at, row.taken_at), now)
    row.tick_key, row.reason, row.taken_by = said.key, said.reason, staff
    if said.reason:
        with override(shop.locale):
            why = str(ParcelNote.Reason(said.reason).label)
        row.outcome = ParcelNote.Outcome.NOT_POSSIBLE
        if said.reason in ParcelNote.WAITS:
            give_back_by_hand(shop, [message], now)
        else:
            decline_by_hand(shop, [message], why, now, staff)
    else:
        row.outcome, row.cost = ParcelNote.Outcome.DONE, policy_of(shop).gift_cost if row.has_gift else 0
        done = Outcome(message.pk, State.ACCEPTED, data={"order": row.order.number, "cost": row.cost})
        settle_by_hand(shop, [message], {message.pk: done}, now, staff)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Refused(_("This key was used for another note."), code="key_used_elsewhere") from None
    return row


def _name(order: Order) -> str:
    return order.customer.name if order.customer is not None else ""


def _who(row: ParcelNote) -> str:
    return row.taken_by.name or row.taken_by.email if row.taken_by is not None else _("somebody")
