"""Verbs of restriction: suppress an address, object to advertising, freeze and thaw a customer. All idempotent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from regulars.core.actions import audit
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.addresses import normal_key
from regulars.decide.contact_policy.event_types import (
    ADDRESS_SUPPRESSED,
    CONTACT_FROZEN,
    CONTACT_THAWED,
    OBJECTION_LIFTED,
    OBJECTION_MADE,
)
from regulars.decide.contact_policy.models import ContactFreeze, Objection, Suppression
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.actions import Fact, record


def suppress(
    shop: Shop, kind: str, key: str, reason: str, now: datetime, data: Mapping[str, Any] | None = None
) -> bool:
    """Never writes to this address again; see `suppress_all`. True when it was not suppressed before."""
    return suppress_all(shop, kind, {key: reason}, now, data) > 0


@transaction.atomic
def suppress_all(
    shop: Shop,
    kind: str,
    reasons: Mapping[str, str],
    now: datetime,
    data: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Mapping[str, Any]] | None = None,
) -> int:
    """Suppresses addresses: kind "email" or "phone", `reasons` normalised key → reason (bounced, complained, …).

    data: kept with each; evidence: what is known about single ones, by key. Writes an Event `address.suppressed` for
    each customer who has the address. Returns how many are new.
    """
    tidy = {normal_key(kind, key): reason for key, reason in reasons.items()}
    proofs = {normal_key(kind, key): dict(proof) for key, proof in (evidence or {}).items()}
    rows = Suppression._base_manager.filter(shop=shop, kind=kind, key__in=tidy)
    there = set(rows.values_list("key", flat=True))
    fresh = {key: reason for key, reason in tidy.items() if key not in there}
    Suppression._base_manager.bulk_create(
        [
            Suppression(
                shop=shop, kind=kind, key=key, reason=reason, at=now, data={**(data or {}), **proofs.get(key, {})}
            )
            for key, reason in fresh.items()
        ],
        ignore_conflicts=True,
    )
    owners = Identity._base_manager.filter(shop=shop, kind=kind, key__in=fresh).values_list("customer_id", "key")
    facts = [
        Fact(ADDRESS_SUPPRESSED, now, customer_id, {"kind": kind, "reason": fresh[key]}) for customer_id, key in owners
    ]
    record(shop, facts, now=now, source="contact_policy")
    return len(fresh)


@transaction.atomic
def lift_suppression(shop: Shop, kind: str, key: str, now: datetime, staff: Staff | None = None) -> None:
    """Allows an address again (a person decided so). Idempotent."""
    deleted, _rows = Suppression._base_manager.filter(shop=shop, kind=kind, key=normal_key(kind, key)).delete()
    if deleted:
        audit("suppression.lifted", now=now, shop=shop, staff=staff, kind=kind, key=key)


@transaction.atomic
def object_to_advertising(shop: Shop, customer_ids: Sequence[int], now: datetime, source: str = "") -> int:
    """Art. 21 GDPR: ends all advertising to these customers on every channel. Returns how many objected just now."""
    wanted = set(Customer._base_manager.filter(shop=shop, pk__in=customer_ids).values_list("pk", flat=True))
    there = Objection._base_manager.filter(customer_id__in=wanted)
    fresh = sorted(wanted - set(there.values_list("customer_id", flat=True)))
    Objection._base_manager.bulk_create(
        [Objection(shop=shop, customer_id=customer_id, at=now, source=source) for customer_id in fresh],
        ignore_conflicts=True,
    )
    facts = [Fact(OBJECTION_MADE, now, customer_id, {"source": source}) for customer_id in fresh]
    record(shop, facts, now=now, source="contact_policy")
    return len(fresh)


@transaction.atomic
def lift_objection(shop: Shop, customer_id: int, now: datetime, source: str = "", staff: Staff | None = None) -> None:
    """Takes an objection back because the customer asked for it. Consents must still be there or be given anew."""
    deleted, _rows = Objection._base_manager.filter(shop=shop, customer_id=customer_id).delete()
    if deleted:
        record(shop, [Fact(OBJECTION_LIFTED, now, customer_id, {"source": source})], now=now, source="contact_policy")
        audit("objection.lifted", now=now, shop=shop, staff=staff, customer=customer_id, source=source)


@transaction.atomic
def freeze(
    shop: Shop,
    customer_ids: int | Sequence[int],
    cause: str,
    source_key: str,
    now: datetime,
    until: datetime | None = None,
) -> int:
    """No advertising to these customers until the matter `source_key` is closed, or until `until`.

    cause: complaint, late_parcel, broken_promise, … Returns how many are new; a repeated call changes nothing.
    """
    wanted = [customer_ids] if isinstance(customer_ids, int) else list(dict.fromkeys(customer_ids))
    there = ContactFreeze._base_manager.filter(
        shop=shop, cause=cause, source_key=source_key, customer_id__in=wanted
    ).values_list("customer_id", flat=True)
    known = set(there)
    fresh = [customer_id for customer_id in wanted if customer_id not in known]
    ContactFreeze._base_manager.bulk_create(
        [
            ContactFreeze(
                shop=shop, customer_id=customer_id, cause=cause, source_key=source_key, since=now, until=until
            )
            for customer_id in fresh
        ],
        ignore_conflicts=True,
    )
    data = {"cause": cause, "source_key": source_key}
    record(
        shop,
        [Fact(CONTACT_FROZEN, now, customer_id, data, f"{cause}:{source_key}:{customer_id}") for customer_id in fresh],
        now=now,
        source="contact_policy",
    )
    return len(fresh)


@transaction.atomic
def thaw(shop: Shop, cause: str, source_key: str, now: datetime) -> int:
    """The matter is closed: ends its freezes. Returns how many ended just now; a repeated call changes nothing."""
    live = ContactFreeze._base_manager.filter(shop=shop, cause=cause, source_key=source_key).filter(
        Q(until=None) | Q(until__gt=now)
    )
    customers = sorted(live.values_list("customer_id", flat=True))
    live.update(until=now)
    data = {"cause": cause, "source_key": source_key}
    record(
        shop,
        [
            Fact(CONTACT_THAWED, now, customer_id, data, f"{cause}:{source_key}:{customer_id}")
            for customer_id in customers
        ],
        now=now,
        source="contact_policy",
    )
    return len(customers)
