"""Messages of the past, brought in from elsewhere: on record with their contacts, never sent from here."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from regulars.core.models import Shop
from regulars.decide.contact_policy.actions import Wish, request, use
from regulars.know.timeline.actions import Fact, record
from regulars.reach.messaging.event_types import MESSAGE_SENT
from regulars.reach.messaging.models import Message, TemplateVersion


@transaction.atomic
def record_history(
    shop: Shop,
    version: TemplateVersion,
    recipients: Sequence[tuple[int, str]],
    *,
    channel: str,
    measure_id: int,
    at: datetime,
    now: datetime,
) -> int:
    """Writes one message that went out at `at` for each (customer, key); returns how many are new. Wakes nobody.

    Its contact counts in the budget of that time. A constant number of queries.
    """
    there = set(
        Message._base_manager.filter(shop=shop, key__among={key for _customer, key in recipients}).values_list(
            "key", flat=True
        )
    )
    fresh = [(customer, key) for customer, key in recipients if key not in there]
    if not fresh:
        return 0
    wishes = [Wish(customer, measure_id, channel, "marketing", "", 99, at, at, key) for customer, key in fresh]
    requests = request(shop, wishes, now)
    use(shop, list(requests.values()), at)
    Message._base_manager.bulk_create(
        Message(
            shop=shop, customer_id=customer, measure_id=measure_id, request_id=requests[key], version=version,
            channel=channel, purpose="marketing", address="", message_id=f"{secrets.token_hex(16)}@history", key=key,
            created_at=at, status=Message.Status.DONE, sent_at=at,
        )
        for customer, key in fresh
    )  # fmt: skip
    data = {"measure": measure_id, "name": version.template.name, "purpose": "marketing"}
    facts = [Fact(MESSAGE_SENT, at, customer, data, key) for customer, key in fresh]
    record(shop, facts, now=now, source="import", is_history=True)
    return len(fresh)
