"""Verbs of requests: ask, take back, use; and the answers on joining a measure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from django.db import transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.addresses import ADDRESS_KINDS
from regulars.decide.contact_policy.gate import Asked, ask
from regulars.decide.contact_policy.models import Channel, Contact, ContactRequest, Decision, Purpose

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
def use(shop: Shop, request_ids: Iterable[int], now: datetime) -> int:
    """The messages went out: notes a Contact for each request, which the budget counts. Idempotent.

    What was sent is noted even where the request was taken back in the same moment: it reached the customer.
    """
    rows = list(
        ContactRequest._base_manager.select_for_update(of=("self",))
        .filter(shop=shop, pk__among=set(request_ids))
        .exclude(status=ContactRequest.Status.USED)
        .order_by("pk")
        .values_list("pk", "customer_id", "measure_id", "channel", "purpose")
    )
    at = bulk.moment(now)
    bulk.insert(
        Contact,
        ("shop_id", "request_id", "customer_id", "measure_id", "channel", "purpose", "at"),
        ((shop.pk, *row, at) for row in rows),
        ignore_conflicts=True,
    )
    bulk.change(ContactRequest, [row[0] for row in rows], {"status": ContactRequest.Status.USED.value, "reason": OK})
    return len(rows)


def primary_addresses(shop: Shop, customer_ids: Iterable[int], kind: str) -> dict[int, str]:
    """The address of each customer that is written to: the primary one, else the oldest. One query."""
    among, carried = bulk.among(set(customer_ids))
    rows = bulk.fetch(_ADDRESSES.format(among=among), [shop.pk, kind, carried])
    return dict(cast(Any, rows))  # the last one of a customer counts


# The sign keeps SQLite from walking all addresses of the shop by their unique index.
_ADDRESSES = """
SELECT customer_id, value FROM customers_identity WHERE +shop_id = %s AND kind = %s AND customer_id {among}
ORDER BY is_primary, id DESC
"""


def enrolment_checks(
    shop: Shop, customer_ids: Sequence[int], channel: str, purpose: str, now: datetime
) -> dict[int, str | None]:
    """What forbids each customer to join a measure, or None: the gate's questions before freeze and holdout.

    Reasons: erased, test, no_address, suppressed, objection, no_consent. Reads only; a constant number of queries.
    """
    kind = ADDRESS_KINDS.get(channel)
    addresses = primary_addresses(shop, customer_ids, kind) if kind else {}
    asked = [
        Asked(customer_id, customer_id, channel, purpose, addresses.get(customer_id, ""))
        for customer_id in customer_ids
    ]
    refused = ask(shop, asked, now, before_holdout=True).refused
    return {customer_id: refused.get(customer_id) for customer_id in customer_ids}


def note_decisions(
    shop: Shop,
    measure_id: int | None,
    reasons: Mapping[int, str],
    now: datetime,
    stage: str = Decision.Stage.ENROLMENT,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Writes a Decision for each customer: reason "ok" is granted, all else refused. One insert."""
    Decision._base_manager.bulk_create(
        Decision(
            shop=shop,
            customer_id=customer_id,
            measure_id=measure_id,
            at=now,
            stage=stage,
            outcome=Decision.Outcome.GRANTED if reason == OK else Decision.Outcome.REFUSED,
            reason=reason,
            data=dict(data or {}),
        )
        for customer_id, reason in reasons.items()
    )
