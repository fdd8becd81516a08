"""Verbs of webhooks: make and switch endpoints; queue calls as a set; send what is due."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override

from regulars.core import bulk
from regulars.core.actions import audit
from regulars.core.claim import claim, held
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.core.sealing import seal, unseal

from .models import Webhook, WebhookEndpoint
from .wire import PREFIX, Answer, call, check_url

BATCH = 16
"""Calls at once, each in a thread of its own: a batch takes as long as its slowest receiver, at most `wire.TIMEOUT`."""
LEASE = timedelta(minutes=2)
PAUSES = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""After each failed attempt (the schedule of Standard Webhooks); then the call is given up."""
GONE = 410


@dataclass(frozen=True)
class Draft:
    """One call before it is written. key: the same key is written once. data: what it says, as JSON."""

    endpoint_id: int
    kind: str
    data: Mapping[str, Any]
    key: str
    customer_id: int | None = None


@transaction.atomic
def create_endpoint(
    shop: Shop, name: str, url: str, now: datetime, staff: Staff | None = None
) -> tuple[WebhookEndpoint, str]:
    """Makes an endpoint and returns it with its secret, which no page shows again. Raises Refused for a wrong address."""
    name = name.strip()[:120]
    if not name:
        raise Refused(_("The endpoint needs a name."))
    if len(url) > 500:
        raise Refused(_("The address is too long."))
    check_url(url, may_be_private=settings.REGULARS_PRIVATE_WEBHOOKS)
    key = slugify(name)[:50] or "endpoint"
    taken = set(WebhookEndpoint._base_manager.filter(shop=shop, key__startswith=key).values_list("key", flat=True))
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key}-{number}"
    secret = PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    endpoint = WebhookEndpoint._base_manager.create(
        shop=shop, key=free, name=name, url=url, sealed_secret=seal(secret), created_at=now, created_by=staff
    )
    audit("webhook_endpoint.created", now=now, shop=shop, staff=staff, target=endpoint, key=free, url=url)
    return endpoint, secret


@transaction.atomic
def switch_endpoint(endpoint: WebhookEndpoint, is_active: bool, now: datetime, staff: Staff | None = None) -> None:
    """Switches an endpoint on or off. While it is off, its calls wait."""
    if endpoint.is_active != is_active:
        endpoint.is_active = is_active
        endpoint.save(update_fields=["is_active"])
        audit("webhook_endpoint.switched", now=now, shop=endpoint.shop, staff=staff, target=endpoint, on=is_active)


@transaction.atomic
def queue(shop: Shop, drafts: Sequence[Draft], now: datetime) -> int:
    """Writes calls as due rows; those whose key is there already are left out. A constant number of queries."""
    keys = {one.key for one in drafts}
    there = set(Webhook._base_manager.filter(shop=shop, key__among=keys).values_list("key", flat=True))
    fresh = {one.key: one for one in drafts if one.key not in there}
    if not fresh:
        return 0
    at = bulk.moment(now)
    columns = (
        "shop_id", "endpoint_id", "customer_id", "message_id", "body", "key", "status", "due_at", "lease_token",
        "attempts", "last_error", "created_at",
    )  # fmt: skip
    rows = []
    for key, one in fresh.items():
        body = json.dumps({"type": one.kind, "timestamp": now.isoformat(), "data": dict(one.data)}, ensure_ascii=False)
        message_id = f"msg_{secrets.token_urlsafe(24)}"
        due = Webhook.Status.DUE.value
        rows.append((shop.pk, one.endpoint_id, one.customer_id, message_id, body, key, due, at, "", 0, "", at))
    bulk.insert(Webhook, columns, rows)
    return len(fresh)


def send_due(shop: Shop, now: datetime, limit: int = BATCH) -> int:
    """Sends one batch of due calls outside any transaction, and writes down what came of them; returns how many.

    Killed at any instant, a call is sent again after its lease, with the same id: at least once.
    """
    claimed = claim(
        Webhook._base_manager.filter(shop=shop, endpoint__is_active=True), now=now, lease=LEASE, limit=limit
    )
    if not claimed:
        return 0
    endpoints = WebhookEndpoint._base_manager.in_bulk({row.endpoint_id for row in claimed.rows})
    may = settings.REGULARS_PRIVATE_WEBHOOKS

    def send(row: Webhook) -> Answer:
        endpoint = endpoints[row.endpoint_id]
        with override(shop.locale):  # what went wrong is told to the staff of the shop
            try:
                secret = unseal(endpoint.sealed_secret)
            except Refused as refused:
                return Answer(None, str(refused))
            return call(endpoint.url, secret, row.message_id, row.body, now, may_be_private=may)

    with ThreadPoolExecutor(len(claimed)) as pool:
        answers = dict(zip([row.pk for row in claimed.rows], pool.map(send, claimed.rows), strict=True))
    with held(claimed) as rows, override(shop.locale):
        _settle(rows, answers, now)
        gone = {row.endpoint_id for row in rows if answers[row.pk].status == GONE}
        for endpoint in WebhookEndpoint._base_manager.select_related("shop").filter(pk__in=gone):
            switch_endpoint(endpoint, False, now)
    return len(claimed)


def _refusal(status: int | None) -> str:
    if status == GONE:
        return _("The receiver wants no more calls (HTTP 410): the endpoint was switched off.")
    return _("The receiver did not take it: HTTP %(status)s.") % {"status": status}


def _settle(rows: Sequence[Webhook], answers: Mapping[int, Answer], now: datetime) -> None:
    moment = bulk.moments()
    written = []
    for row in rows:
        answer = answers[row.pk]
        status: Webhook.Status = Webhook.Status.DONE
        due: datetime | None = None
        sent: datetime | None = now
        if not answer.is_taken:
            is_over = row.attempts > len(PAUSES)
            status, sent = (Webhook.Status.FAILED if is_over else Webhook.Status.DUE), None
            due = None if is_over else now + PAUSES[row.attempts - 1]
        error = answer.error or ("" if answer.is_taken else _refusal(answer.status))
        written.append((status.value, moment(due), moment(sent), answer.status, error[:300], None, "", row.pk))
    columns = ("status", "due_at", "sent_at", "status_code", "last_error", "lease_until", "lease_token")
    bulk.update(Webhook, columns, written)
