"""Verbs of service messages: switch a kind on or off, tell what the shop reports."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.actions import note_decisions
from regulars.know.timeline.models import Event
from regulars.reach.messaging import actions as messaging

from .facts import Facts
from .kinds import KINDS
from .models import ServiceMessage
from .words import WORDS

RANK = 1


@transaction.atomic
def switch(shop: Shop, kind: str, is_on: bool, now: datetime, staff: Staff | None = None) -> ServiceMessage:
    """Switches a kind on or off. Once on, it tells of what happens from then on; the first time its template is made and
    published in German and English. Idempotent. Raises Refused for a kind that does not exist.
    """
    if kind not in KINDS:
        raise Refused(_("There is no service message “%(kind)s”.") % {"kind": kind}, code="kind")
    Shop.objects.select_for_update().get(pk=shop.pk)  # two who switch it on at once make one template
    row = ServiceMessage._base_manager.filter(shop=shop, kind=kind).first()
    if row is None:
        with override(shop.locale):
            name = str(KINDS[kind].title)
        template = messaging.begin_template(shop, name, WORDS[kind](), now, staff=staff)
        messaging.publish_template(shop, template, now, staff=staff)
        row = ServiceMessage(shop=shop, kind=kind, template=template)
    if row.pk is None or row.is_on != is_on:
        row.is_on, row.changed_at = is_on, now
        row.save()
        audit("service_message.switched", now=now, shop=shop, staff=staff, target=row, kind=kind, is_on=is_on)
    return row


def switched_on(shop: Shop, types: Collection[str]) -> set[str]:
    """Those of the types of Events that a kind switched on tells of. One query, none where no kind tells of any."""
    told = {one.hears for one in KINDS.values()} & set(types)
    if not told:
        return set()
    rows = ServiceMessage._base_manager.filter(shop=shop, is_on=True).values_list("kind", flat=True)
    return {KINDS[kind].hears for kind in rows if kind in KINDS} & told


def tell(shop: Shop, events: Sequence[Event], now: datetime) -> int:
    """Queues the message of each Event; returns how many are new. A constant number of queries.

    Once for each state of an order, by its key. What is over (an order cancelled meanwhile, a parcel that arrived) is not
    told any more; what comes too late to help is refused with a Decision.
    """
    on = {
        row.kind: row for row in ServiceMessage._base_manager.filter(shop=shop, is_on=True).select_related("template")
    }
    heard = {KINDS[kind].hears: (KINDS[kind], row) for kind, row in on.items() if kind in KINDS}
    told = [event for event in events if event.customer_id is not None and event.type in heard]
    if not told:
        return 0
    facts = Facts.of(shop, told)
    drafts: list[messaging.MessageDraft] = []
    late: dict[int, str] = {}
    for event in told:
        kind, row = heard[event.type]
        named, latest = event.data.get(kind.names), event.at + kind.welcome
        if not named or facts.is_over(kind.key, event):
            continue
        if latest <= now:
            late[int(event.customer_id or 0)] = "too_late"
            continue
        drafts.append(
            messaging.MessageDraft(
                int(event.customer_id or 0), row.template.key, None, "service", RANK, now, latest,
                f"service:{kind.key}:{named}", facts.values(event),
            )
        )  # fmt: skip
    if late:
        note_decisions(shop, None, late, now)
    return len(messaging.queue(shop, drafts, now)) if drafts else 0
