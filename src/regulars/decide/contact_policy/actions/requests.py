"""Verbs of requests: ask, take back, use; and the answers on joining a measure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.db import connection, transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.gate import ask_customers
from regulars.decide.contact_policy.models import Channel, Consent, ContactRequest, Decision, Purpose

OK = "ok"


CHANNELS = frozenset(Channel.values)
PURPOSES = frozenset(Purpose.values) - {Purpose.TRACKING.value}


class Wish(NamedTuple):
    """A wish to contact a customer between `earliest` and `latest`.

    rank: of the measure's goal (1 is first). key: unique in the shop; the same key asks once.
    """

    customer_id: int
    measure_id: int | None
    channel: str
    purpose: str
    address: str
    rank: int
    earliest: datetime
    latest: datetime
    key: str


@transaction.atomic
def request(shop: Shop, wishes: Sequence[Wish], now: datetime) -> dict[str, int]:
    """Asks the gate: writes a WAITING request for each wish, and returns their ids by key.

    Idempotent by key: what was asked before keeps its row, whatever became of it. Two who ask by the same key in the same
    instant meet at the unique constraint: the later one's transaction fails whole. A constant number of queries.
    Raises Refused for an unknown channel or purpose and for a time span that ends before it starts.
    """
    for wish in wishes:
        if wish.channel not in CHANNELS or wish.purpose not in PURPOSES:
            raise Refused(f"{wish.key}: nobody can be contacted by {wish.channel!r} for {wish.purpose!r}")
        if wish.latest < wish.earliest:
            raise Refused(f"{wish.key}: the latest time lies before the earliest")
    there: dict[str, int] = dict(
        cast(Any, bulk.select(ContactRequest, ("key", "id"), shop.pk, "key", {wish.key for wish in wishes}))
    )
    fresh = {wish.key: wish for wish in wishes if wish.key not in there}
    moment = bulk.moments()
    asked, waiting, shop_id = moment(now), ContactRequest.Status.WAITING.value, shop.pk
    ids = bulk.reserve_ids(ContactRequest, len(fresh))
    bulk.insert(
        ContactRequest,
        (
            "id", "shop_id", "customer_id", "measure_id", "channel", "purpose", "address", "rank", "earliest", "latest",
            "status", "reason", "key", "created_at",
        ),
        (
            (
                pk, shop_id, wish.customer_id, wish.measure_id, wish.channel, wish.purpose, wish.address, wish.rank,
                moment(wish.earliest), moment(wish.latest), waiting, "", wish.key, asked,
            )
            for pk, wish in zip(ids, fresh.values(), strict=True)
        ),
    )  # fmt: skip
    return there | dict(zip(fresh, ids, strict=True))


@transaction.atomic
def withdraw_requests(shop: Shop, request_ids: Iterable[int], now: datetime, reason: str = "") -> int:
    """Takes requests back that were not used yet; returns how many. Those that are over stay as they are."""
    rows = ContactRequest._base_manager.filter(
        shop=shop,
        pk__among=set(request_ids),
        status__in=(ContactRequest.Status.WAITING, ContactRequest.Status.GRANTED),
    )
    return rows.update(status=ContactRequest.Status.WITHDRAWN, reason=reason[:30], decided_at=now)


@transaction.atomic
def postpone(
    shop: Shop,
    request_ids: Iterable[int],
    earliest: datetime,
    latest: datetime,
    now: datetime,
    *,
    unless_confirmed: bool = False,
) -> int:
    """Asks again for another time: the gate forgets what it granted and decides anew. Returns how many; those that are over
    stay as they are. unless_confirmed: not those of which the sender was told yes, for they are on their way.
    """
    rows = ContactRequest._base_manager.filter(
        shop=shop,
        pk__among=set(request_ids),
        status__in=(ContactRequest.Status.WAITING, ContactRequest.Status.GRANTED),
    )
    if unless_confirmed:
        rows = rows.filter(confirmed_at=None)
    return rows.update(
        status=ContactRequest.Status.WAITING,
        reason="",
        earliest=earliest,
        latest=latest,
        send_at=None,
        confirmed_at=None,
        decided_at=now,
    )


@transaction.atomic
def use(shop: Shop, request_ids: Iterable[int], now: datetime) -> int:
    """The messages went out: notes a Contact for each request, which the budget counts. Idempotent.

    What was sent is noted even where the request was taken back in the same moment: it reached the customer.
    """
    ids = set(request_ids)
    among, carried = bulk.among(ids)
    values = [shop.pk, carried]
    if connection.features.has_select_for_update:
        bulk.fetch(_TO_USE.format(among=among) + " ORDER BY r.id FOR UPDATE OF r", values)
    with connection.cursor() as cursor:
        cursor.execute(_CONTACT.format(rows=_TO_USE.format(among=among)), [bulk.moment(now), *values])
    used = {"status": ContactRequest.Status.USED.value, "reason": OK}
    return bulk.change(ContactRequest, ids, used, unless={"status": ContactRequest.Status.USED.value})


@transaction.atomic
def replan(shop: Shop, send_at: Mapping[int, datetime], now: datetime) -> int:
    """Grants that somebody was told yes for go out later after all: id → when. Each keeps its grant for that moment, and
    gives way again until it is asked about anew. Returns how many; those that are over stay as they are.
    """
    moment = bulk.moments()
    granted = ContactRequest._base_manager.filter(
        shop=shop, pk__among=set(send_at), status=ContactRequest.Status.GRANTED
    )
    live = set(granted.values_list("pk", flat=True))
    rows = [(moment(at), None, moment(now), pk) for pk, at in send_at.items() if pk in live]
    bulk.update(ContactRequest, ("send_at", "confirmed_at", "decided_at"), rows)
    return len(rows)


@transaction.atomic
def note_consent_use(shop: Shop, request_ids: Iterable[int], now: datetime) -> int:
    """Somebody called because of these grants: notes it with the consents that permitted them. Returns how many."""
    permitted = ContactRequest._base_manager.filter(shop=shop, pk__among=set(request_ids), consent__isnull=False)
    return Consent._base_manager.filter(pk__in=list(permitted.values_list("consent_id", flat=True))).update(
        last_used_at=now
    )


_TO_USE = """
SELECT r.id, r.customer_id, r.measure_id, r.channel, r.purpose, r.shop_id FROM contact_policy_contactrequest r
WHERE r.shop_id = %s AND r.status <> 'used' AND r.id {among}
"""
_CONTACT = """
INSERT INTO contact_policy_contact (at, request_id, customer_id, measure_id, channel, purpose, shop_id)
SELECT %s, used.* FROM ({rows}) used WHERE TRUE ON CONFLICT DO NOTHING
"""


def primary_addresses(shop: Shop, customer_ids: Iterable[int], kind: str) -> dict[int, str]:
    """The address of each customer that is written to: the primary one, else the oldest; phone numbers as E.164. One query."""
    among, carried = bulk.among(set(customer_ids))
    rows = bulk.fetch(_ADDRESSES.format(among=among), [shop.pk, kind, carried])
    return dict(cast(Any, rows))  # the last one of a customer counts


# The sign keeps SQLite from walking all addresses of the shop by their unique index.
_ADDRESSES = """
SELECT customer_id, CASE WHEN kind = 'email' THEN value ELSE key END FROM customers_identity
WHERE +shop_id = %s AND kind = %s AND customer_id {among}
ORDER BY is_primary, id DESC
"""


def enrolment_checks(
    shop: Shop,
    customer_ids: Sequence[int],
    channel: str,
    purpose: str,
    now: datetime,
    measure_id: int | None = None,
) -> dict[int, str | None]:
    """What forbids each customer to join a measure, or None: the gate's questions before freeze and holdout.

    Reasons: erased, test, no_address, suppressed, objection, no_consent, topic. Writes no record; a constant number of
    queries. measure_id: which measure, since some grounds and topics are its own.
    """
    reasons = ask_customers(shop, customer_ids, channel, purpose, now, measure_id)
    return {customer_id: reasons.get(customer_id) or None for customer_id in customer_ids}


def note_decisions(
    shop: Shop,
    measure_id: int | None,
    reasons: Mapping[int, str],
    now: datetime,
    stage: str = Decision.Stage.ENROLMENT,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Writes a Decision for each customer: reason "ok" is granted, all else refused. One insert."""
    at, text = bulk.moment(now), json.dumps(dict(data or {}))
    bulk.insert(
        Decision,
        ("shop_id", "customer_id", "measure_id", "at", "stage", "outcome", "reason", "data"),
        (
            (
                shop.pk, customer_id, measure_id, at, str(stage),
                (Decision.Outcome.GRANTED if reason == OK else Decision.Outcome.REFUSED).value, reason, text,
            )
            for customer_id, reason in reasons.items()
        ),
    )  # fmt: skip
