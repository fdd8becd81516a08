"""Messages on trial: what real customers would get, without a message being written down or a contact counted."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.variables import VARIABLES
from regulars.know.customers.models import Customer
from regulars.know.customers.search import matching
from regulars.know.orders.models import Order
from regulars.reach.messaging.actions import rules_of, system_values
from regulars.reach.messaging.channel import Batch, Outgoing, Sender, State, channel_for
from regulars.reach.messaging.language import Text
from regulars.reach.messaging.rendering import Content

LOOKED_AT = 50
"""Orders that are looked at for those who bought last; customers found of whom the best are shown."""
SAMPLE_CODE = "K7QF-2MXPAB"


def trial_system(shop: Shop) -> dict[str, Any]:
    """What the sender adds to each message, with ways out that lead nowhere."""
    base = settings.REGULARS_BASE_URL
    nowhere = f"{base}/u/trial{'x' * 17}"  # as long as the short ones, so that the length of a text is told right
    ways = {"unsubscribe.url": nowhere, "preferences.url": nowhere}
    return {**system_values(shop), **ways}


def sample_values(shop: Shop) -> dict[str, Any]:
    """The values of a made-up customer."""
    values = trial_system(shop)
    for group in VARIABLES.values():
        values |= {f"{group.name}.{field}": group.sample.get(field, "") for field in group.fields}
    return values


def trial_values(
    shop: Shop, customer_ids: Sequence[int], names: Iterable[str], now: datetime
) -> dict[int, dict[str, Any]]:
    """Customer → the values of these names. What only a measure can give (a voucher) is a sample. A constant number of
    queries for each group that is read.
    """
    wanted = set(names)
    system = trial_system(shop)
    values: dict[int, dict[str, Any]] = {one: dict(system) for one in customer_ids}
    for group in VARIABLES.values():
        fields = [field for field in group.fields if f"{group.name}.{field}" in wanted]
        if not fields:
            continue
        provided = group.provide(shop, customer_ids, now)
        # A group that knows nothing of anybody is filled by the measure; its sample stands in.
        is_known = any(value not in ("", None) for own in provided.values() for value in own.values())
        for one in customer_ids:
            own = provided.get(one, {}) if is_known else {field: group.sample.get(field, "") for field in fields}
            values[one] |= {f"{group.name}.{field}": own[field] for field in fields if field in own}
    return values


def sample_people(shop: Shop, search: str = "", limit: int = 8) -> list[Customer]:
    """Customers to look at a message with: those found, else those who bought last, else the newest. Each from an index."""
    living = Customer._base_manager.filter(shop=shop, merged_into=None, erased_at=None).exclude(first_name="")
    if search:
        found = living.filter(pk__in=matching(shop, search).ids[:LOOKED_AT])
        return list(found.order_by(F("profile__last_order_at").desc(nulls_last=True), "pk")[:limit])
    newest = Order._base_manager.filter(shop=shop, customer__isnull=False).order_by("-placed_at")
    ids = list(dict.fromkeys(newest.values_list("customer_id", flat=True)[:LOOKED_AT]))
    people = {one.pk: one for one in living.filter(pk__in=ids)}
    shown = [people[pk] for pk in ids if pk in people][:limit]
    if len(shown) < limit:
        shown += list(living.exclude(pk__in=people).order_by("-pk")[: limit - len(shown)])
    return shown


def send_trial(shop: Shop, content: Content, values: dict[str, Any], address: str, name: str, now: datetime) -> None:
    """Sends one mail through the real channel, marked as a test. No Message, no Contact: it is none. Raises Refused."""
    marked = replace(content, subject=(Text(f"[{_('Test')}] "), *content.subject))
    base = settings.REGULARS_BASE_URL
    sender_address = shop.sender_email or settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip("> ")
    domain = sender_address.rpartition("@")[2] or "localhost"
    stamp = f"{now:%Y%m%d%H%M%S%f}"
    batch = Batch(
        content=marked,
        content_key=f"trial:{stamp}",
        sender=Sender(shop.sender_name or shop.name, sender_address, shop.reply_to),
        purpose="service",
        feedback_id=f"trial:{shop.slug}",
        date=now,
        own_origin=base,
        messages=[Outgoing(0, f"trial.{stamp}@{domain}", name, address, {"message.number": 0, **values})],
    )
    try:
        outcomes = list(channel_for("email", shop, rules_of(shop).way).send([batch]))
    except OSError as error:
        raise Refused(_("The mail server cannot be reached: %(reason)s.") % {"reason": error}, code="channel") from None
    for outcome in outcomes:
        if outcome.state is not State.ACCEPTED:
            raise Refused(
                _("The test mail was not taken: %(reason)s.") % {"reason": outcome.text or outcome.state},
                code="channel",
            )
