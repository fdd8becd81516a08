"""Verbs of the box on the shop's page: what stands in it, that it was seen, that it was put away, that no more are wanted.

    box_for(shop, customer_id, now)           # asked by the page; what is due is taken, and the gate asked again
    seen(shop, customer_id, number, now)      # only now it is a Contact
    put_away(shop, customer_id, number, now)  # it comes no more

What is taken and never seen (the page was left at once) is given back after the channel's lease, as with people.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import enrolment_checks
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging import tokens
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.closing_link import closing_link
from regulars.reach.messaging.models import Delivery, Message

from .channel import ON_PAGE
from .event_types import MESSAGE_PUT_AWAY

SOURCE = "on_page"
PUT_AWAY = "put_away"
_HERE = Message._base_manager.filter(channel=ON_PAGE.key)


@dataclass(frozen=True, slots=True)
class Box:
    """What the page shows. number: of the message. label: on the link; region, close, stop: words around it. stop is ""
    where the message is no advertising.
    """

    number: int
    title: str
    text: str
    label: str
    address: str
    locale: str
    region: str
    close: str
    stop: str


# In plain SQL: it is asked for each page that a customer opens, and nearly always finds nothing.
_OPEN = f"""
SELECT m.id, m.status, m.due_at
FROM messaging_message m JOIN contact_policy_contactrequest r ON r.id = m.request_id
WHERE m.customer_id = %s AND m.channel = '{ON_PAGE.key}' AND m.status IN ('due', 'done') AND r.latest >= %s
    AND NOT EXISTS (SELECT 1 FROM messaging_delivery d WHERE d.message_id = m.id AND d.kind = '{PUT_AWAY}')
"""  # noqa: S608 - our own words


def box_for(shop: Shop, customer_id: int, now: datetime) -> Box | None:
    """The box of this customer: one that was seen and not put away, else the longest due, which is taken for this page.

    One query where there is nothing. Of two pages that ask at once one gets it.
    """
    found = bulk.fetch(_OPEN, [customer_id, bulk.moment(now)])
    if not found:
        return None
    done = [pk for pk, status, _due_at in found if status == Message.Status.DONE]
    for row in _HERE.filter(shop=shop, pk__in=done).select_related("version").order_by("sent_at", "pk") if done else ():
        if _is_permitted(shop, customer_id, row.purpose, now):
            return _box(shop, row, now)
    if not any(
        status == Message.Status.DUE and bulk.as_moment(due_at) <= now for _pk, status, due_at in found if due_at
    ):
        return None
    for row in messaging.take_by_hand(shop, ON_PAGE.key, now, None, customers={customer_id}):
        box = _box(shop, row, now)
        if box is not None:
            return box
        outcome = Outcome(row.pk, State.REFUSED, 0, "it cannot be put into words for this customer")
        messaging.settle_by_hand(shop, [row], {row.pk: outcome}, now, None)
    return None


@transaction.atomic
def _is_permitted(shop: Shop, customer_id: int, purpose: str, now: datetime) -> bool:
    """Whether what was seen before may be seen again: the customer may have objected since."""
    return not enrolment_checks(shop, [customer_id], ON_PAGE.key, purpose, now).get(customer_id)


def _box(shop: Shop, row: Message, now: datetime) -> Box | None:
    said = messaging.words_by_hand(shop, [row], now).get(row.pk)
    if said is None:
        return None
    if row.may_track:
        _HERE.filter(pk=row.pk, may_track=False).update(may_track=True)
    closed = closing_link(said.text)
    locale = row.version.locale
    with override(locale):
        return Box(
            row.pk, said.subject, closed.text, closed.label or (_("Have a look") if closed.address else ""),
            closed.address, locale, _("Message from %(shop)s") % {"shop": shop.name}, _("Close this message"),
            _("No more of these messages") if row.purpose != "service" else "",
        )  # fmt: skip


def _mine(shop: Shop, customer_id: int, number: int) -> Message | None:
    return _HERE.select_related("version__template").filter(shop=shop, customer=customer_id, pk=number).first()


def seen(shop: Shop, customer_id: int, number: int, now: datetime) -> bool:
    """The box stood before the customer's eyes: the message is sent, and a Contact. Once, however often it is told."""
    row = _mine(shop, customer_id, number)
    if row is None or not row.lease_token or row.status not in (Message.Status.CLAIMED, Message.Status.DUE):
        return False
    try:
        messaging.settle_by_hand(shop, [row], {row.pk: Outcome(row.pk, State.ACCEPTED)}, now, None)
    except Refused:
        return False  # another page told it meanwhile
    return True


@transaction.atomic
def put_away(shop: Shop, customer_id: int, number: int, now: datetime) -> bool:
    """The customer closed the box, or followed its link: it comes no more. Once."""
    row = _mine(shop, customer_id, number)
    if row is None or row.status != Message.Status.DONE:
        return False
    said = {"message": row.pk, "measure": row.measure_id, "name": row.version.template.name}
    is_new = record(shop, [Fact(MESSAGE_PUT_AWAY, now, customer_id, said, f"{row.pk}")], now=now, source=SOURCE)
    if is_new:
        Delivery.objects.create(message=row, kind=PUT_AWAY, at=now)
    return bool(is_new)


def no_more(shop: Shop, customer_id: int, number: int, now: datetime) -> bool:
    """The customer wants no such messages any more: this one goes away, and none comes after it."""
    row = _mine(shop, customer_id, number)
    if row is None or row.status != Message.Status.DONE:
        return False
    put_away(shop, customer_id, number, now)
    return messaging.unsubscribe(tokens.Token(row.pk, 0, False), now, source=SOURCE) is not None
