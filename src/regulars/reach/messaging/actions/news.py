"""Verbs of what readers do: open, click, unsubscribe.

An open or a click is noted as it comes (one insert: the reader waits for the answer) and judged a little later, in
batches: a person or a machine? Only then it counts, and the customer's timeline hears of it.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import withdraw_consent
from regulars.decide.contact_policy.models import Purpose
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging import machines, tokens
from regulars.reach.messaging.addresses import shop_url
from regulars.reach.messaging.channel_kinds import in_view
from regulars.reach.messaging.event_types import MESSAGE_CLICKED, MESSAGE_OPENED, MESSAGE_UNSUBSCRIBED
from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.rendering import link_addresses

from .templates import content_of

AT_ONCE = 2000
OPENED, CLICKED = "opened", "clicked"

_ROWS = Message._base_manager.select_related("shop", "version__template")


def note_click(token: tokens.Token, now: datetime, *, agent: str, is_look: bool = False) -> str | None:
    """The address that the link leads to, as the message's template has it; None where there is none (any more).

    Notes the click where the message may be tracked, unless `is_look` (HEAD, prefetch). agent: what the reader's
    program calls itself.
    """
    message = _ROWS.filter(pk=token.message).first()
    if message is None:
        return None
    content = content_of(message.version)
    if token.link >= len(content.links):
        return None
    shop = message.shop
    values = {**message.values, "shop.url": shop_url(shop), "shop.name": shop.name}
    try:
        address = link_addresses(content, values)[token.link]
    except KeyError:
        return None  # its values were erased
    if message.may_track and not is_look:
        _note(message.pk, CLICKED, now, machines.by_agent(agent), link=token.link, url=address[:300])
    return address


def note_open(token: tokens.Token, now: datetime, *, agent: str) -> None:
    """Notes that a message was opened, where it may be tracked."""
    if Message._base_manager.filter(pk=token.message, may_track=True).exists():
        _note(token.message, OPENED, now, machines.by_agent(agent))


def _note(message_id: int, kind: str, now: datetime, rule: str, **data: Any) -> None:
    said = data | ({"rule": rule} if rule else {})
    Delivery.objects.create(message_id=message_id, kind=kind, at=now, by_machine=bool(rule), data=said)


@dataclass(slots=True)
class _News:
    """One open or click to be judged, with what is known of its message."""

    pk: int
    message_id: int
    kind: str
    at: datetime
    by_machine: bool
    data: dict[str, Any]
    shop_id: int
    customer_id: int
    measure_id: int | None
    sent_at: datetime | None
    opened_before: datetime | None
    clicked_before: datetime | None
    channel: str
    name: str


@transaction.atomic
def judge(shop: Shop, now: datetime, limit: int = AT_ONCE) -> int:
    """Tells people from machines among the opens and clicks that settled; returns how many were judged.

    A person's first open of a message, and every click, becomes an Event at its own moment. Serial for a shop; a constant
    number of queries.
    """
    news = _unjudged(shop, now, limit)
    if not news:
        return 0
    bursts = _bursts({one.message_id for one in news if one.kind == CLICKED}, min(one.at for one in news))
    at, moment, at_once = bulk.moment(now), bulk.moments(), set(in_view())
    told: list[tuple[Any, ...]] = []
    facts: list[Fact] = []
    firsts: dict[str, dict[int, datetime]] = {OPENED: {}, CLICKED: {}}
    for one in news:
        rule = str(one.data.get("rule", ""))
        if not rule and one.channel not in at_once:
            rule = machines.by_time(one.kind, one.at, one.sent_at)
        if not rule and one.kind == CLICKED and (one.message_id, one.at) in bursts:
            rule = machines.BURST
        data = one.data | ({"rule": rule} if rule else {})
        told.append((bool(rule), at, json.dumps(data), one.pk))
        if rule:
            continue
        before = one.opened_before if one.kind == OPENED else one.clicked_before
        is_first = before is None and one.message_id not in firsts[one.kind]
        if is_first:
            firsts[one.kind][one.message_id] = one.at
        if one.kind == CLICKED or is_first:
            facts.append(_fact(one))
    bulk.update(Delivery, ("by_machine", "judged_at", "data"), told)
    for kind, column in ((OPENED, "first_opened_at"), (CLICKED, "first_clicked_at")):
        bulk.update(Message, (column,), [(moment(first), pk) for pk, first in firsts[kind].items()])
    if facts:
        record(shop, facts, now=now, source="messaging")
    return len(news)


def _unjudged(shop: Shop, now: datetime, limit: int) -> list[_News]:
    rows = (
        Delivery.objects.filter(
            judged_at=None, kind__in=(OPENED, CLICKED), at__lte=now - machines.SETTLE, message__shop=shop
        )
        .order_by("at", "pk")
        .values_list(
            "pk", "message_id", "kind", "at", "by_machine", "data", "message__shop_id", "message__customer_id",
            "message__measure_id", "message__sent_at", "message__first_opened_at", "message__first_clicked_at",
            "message__channel",
            "message__version__template__name",
        )[:limit]
    )  # fmt: skip
    return [_News(*row) for row in rows]


def _bursts(messages: set[int], since: datetime) -> set[tuple[int, datetime]]:
    """The clicks that belong to a burst: too many different links of one message in too short a time. One query."""
    if not messages:
        return set()
    clicks: dict[int, list[tuple[datetime, Any]]] = {}
    rows = Delivery.objects.filter(message_id__among=messages, kind=CLICKED, at__gte=since - machines.BURST_SPAN)
    for message_id, at, data in rows.order_by("at").values_list("message_id", "at", "data"):
        clicks.setdefault(message_id, []).append((at, data.get("link")))
    return {(message_id, at) for message_id, made in clicks.items() for at in machines.burst(made)}


def _fact(one: _News) -> Fact:
    said = {"message": one.message_id, "measure": one.measure_id, "name": one.name}
    if one.kind == OPENED:
        return Fact(MESSAGE_OPENED, one.at, one.customer_id, said, f"{one.message_id}")
    said |= {"url": one.data.get("url", ""), "link": one.data.get("link")}
    return Fact(MESSAGE_CLICKED, one.at, one.customer_id, said, f"click:{one.pk}")


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
    if message.unsubscribed_at is None:
        Message._base_manager.filter(pk=message.pk).update(unsubscribed_at=now)
        Delivery.objects.create(message=message, kind="unsubscribed", at=now)
        said = {"message": message.pk, "measure": message.measure_id, "name": message.version.template.name}
        fact = Fact(MESSAGE_UNSUBSCRIBED, now, message.customer_id, said, f"{message.pk}")
        record(message.shop, [fact], now=now, source="messaging")
    return message
