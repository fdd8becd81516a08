"""Verbs of preferences: which topics, how often."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.event_types import PREFERENCES_CHANGED
from regulars.decide.contact_policy.models import ContactWish, Topic, TopicChoice
from regulars.know.timeline.actions import Fact, record

FREQUENCIES = (1, 2, 4)
"""Contacts in 30 days that a customer may choose as the most; more than the shop allows nobody gets anyway."""


@transaction.atomic
def choose_topics(shop: Shop, customer_id: int, wanted: Mapping[str, bool], now: datetime, source: str = "") -> int:
    """Notes a customer's word on topics, by key; returns how many changed. Unknown keys are left out."""
    topics = dict(Topic._base_manager.filter(shop=shop, key__in=wanted).values_list("key", "pk"))
    there = dict(
        TopicChoice._base_manager.filter(customer_id=customer_id, topic__in=topics.values()).values_list(
            "topic_id", "is_wanted"
        )
    )
    fresh = [(key, pk) for key, pk in topics.items() if there.get(pk, True) != wanted[key] or pk not in there]
    for key, pk in fresh:
        TopicChoice._base_manager.update_or_create(
            customer_id=customer_id,
            topic_id=pk,
            defaults={"shop": shop, "is_wanted": wanted[key], "at": now, "source": source[:40]},
        )
    changed = [key for key, pk in fresh if there.get(pk, True) != wanted[key]]
    if changed:
        said = {"topics": {key: wanted[key] for key in changed}}
        record(shop, [Fact(PREFERENCES_CHANGED, now, customer_id, said)], now=now, source=source[:40])
    return len(changed)


@transaction.atomic
def wish_frequency(shop: Shop, customer_id: int, per_month: int | None, now: datetime, source: str = "") -> bool:
    """Notes how often a customer wants to hear from the shop at most; None takes the wish back. True where that is new."""
    if per_month is not None and per_month not in FREQUENCIES:
        raise Refused(_("Choose one of the frequencies."))
    there = ContactWish._base_manager.filter(customer_id=customer_id).values_list("per_month", flat=True).first()
    if there == per_month:
        return False
    if per_month is None:
        ContactWish._base_manager.filter(customer_id=customer_id).delete()
    else:
        ContactWish._base_manager.update_or_create(
            customer_id=customer_id, defaults={"shop": shop, "per_month": per_month, "at": now}
        )
    record(shop, [Fact(PREFERENCES_CHANGED, now, customer_id, {"per_month": per_month})], now=now, source=source[:40])
    return True


@transaction.atomic
def save_topic(
    shop: Shop,
    key: str,
    names: Mapping[str, str],
    descriptions: Mapping[str, str],
    now: datetime,
    staff: Staff | None = None,
    *,
    is_active: bool = True,
) -> Topic:
    """Makes a topic, or changes its words."""
    if not any(name.strip() for name in names.values()):
        raise Refused(_("A topic needs a name."))
    values = {
        "names": {locale: name.strip() for locale, name in names.items() if name.strip()},
        "descriptions": {locale: text.strip() for locale, text in descriptions.items() if text.strip()},
        "is_active": is_active,
    }
    topic, _made = Topic._base_manager.update_or_create(shop=shop, key=key, defaults=values)
    audit("topic.saved", now=now, shop=shop, staff=staff, target=topic)
    return topic
