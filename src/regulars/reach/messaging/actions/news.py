"""Verbs of what readers do: open, click, unsubscribe."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from regulars.decide.contact_policy.actions import withdraw_consent
from regulars.decide.contact_policy.models import Purpose
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging import tokens
from regulars.reach.messaging.event_types import MESSAGE_CLICKED, MESSAGE_OPENED, MESSAGE_UNSUBSCRIBED
from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.rendering import link_addresses

from .templates import content_of

_ROWS = Message._base_manager.select_related("shop", "version__template")


@transaction.atomic
def note_click(token: tokens.Token, now: datetime, *, by_machine: bool = False, is_look: bool = False) -> str | None:
    """The address that the link leads to, as the message's template has it; None where there is none (any more).

    Notes the click where the message may be tracked, unless `is_look` (HEAD, prefetch).
    """
    message = _ROWS.filter(pk=token.message).first()
    if message is None:
        return None
    content = content_of(message.version)
    if token.link >= len(content.links):
        return None
    shop = message.shop
    values = {**message.values, "shop.url": shop.website or settings.REGULARS_BASE_URL, "shop.name": shop.name}
    try:
        address = link_addresses(content, values)[token.link]
    except KeyError:
        return None  # its values were erased
    if message.may_track and not is_look:
        Delivery.objects.create(
            message=message, kind="clicked", at=now, by_machine=by_machine, data={"link": token.link}
        )
        if not by_machine:
            Message._base_manager.filter(pk=message.pk, first_clicked_at=None).update(first_clicked_at=now)
            _tell(MESSAGE_CLICKED, message, now, key=None, url=address[:300], link=token.link)
    return address


@transaction.atomic
def note_open(token: tokens.Token, now: datetime, *, by_machine: bool = False) -> None:
    """Notes that a message was opened, where it may be tracked. Its Event is written once."""
    message = _ROWS.filter(pk=token.message, may_track=True).first()
    if message is None:
        return
    Delivery.objects.create(message=message, kind="opened", at=now, by_machine=by_machine)
    if not by_machine and Message._base_manager.filter(pk=message.pk, first_opened_at=None).update(first_opened_at=now):
        _tell(MESSAGE_OPENED, message, now, key=f"{message.pk}")


@transaction.atomic
def unsubscribe(token: tokens.Token, now: datetime, source: str = "unsubscribe") -> Message | None:
    """Withdraws the consent to advertising (and to research, where the message was that) on the message's channel.

    Idempotent. Returns the message, or None where there is none (any more).
    """
    message = _ROWS.filter(pk=token.message).first()
    if message is None:
        return None
    for purpose in sorted({Purpose.MARKETING.value, message.purpose} - {Purpose.SERVICE.value}):
        withdraw_consent(message.shop, [message.customer_id], message.channel, purpose, now, source=source)
    if not Delivery.objects.filter(message=message, kind="unsubscribed").exists():
        Delivery.objects.create(message=message, kind="unsubscribed", at=now)
        _tell(MESSAGE_UNSUBSCRIBED, message, now, key=f"{message.pk}")
    return message


def _tell(event_type: str, message: Message, now: datetime, key: str | None, **data: object) -> None:
    told = {"message": message.pk, "measure": message.measure_id, "name": message.version.template.name, **data}
    record(message.shop, [Fact(event_type, now, message.customer_id, told, key)], now=now, source="messaging")
