"""Verbs of consent: grant with evidence, confirm, withdraw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from regulars.core import bulk
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.contact_policy.event_types import CONSENT_GRANTED, CONSENT_WITHDRAWN
from regulars.decide.contact_policy.models import Channel, Consent, Purpose
from regulars.know.customers.models import Customer
from regulars.know.timeline.actions import Fact, record


@dataclass(frozen=True)
class ConsentDraft:
    """A consent before it is written.

    evidence: what proves it (a form's name, an address, a document); without any it is kept as unproven and permits
    nothing. confirmed_at: when a double opt-in was confirmed. pending: a confirmation was asked for and is awaited.
    """

    customer_id: int
    channel: str
    purpose: str
    given_at: datetime
    evidence: Mapping[str, Any] = field(default_factory=dict)
    wording: str = ""
    source: str = ""
    confirmed_at: datetime | None = None
    pending: bool = False
    ground: str = "consent"

    @property
    def state(self) -> str:
        if self.pending:
            return Consent.State.PENDING
        return Consent.State.GRANTED if self.evidence else Consent.State.UNPROVEN


@transaction.atomic
def grant_consents(
    shop: Shop, drafts: Sequence[ConsentDraft], *, now: datetime, source: str = "", is_history: bool = False
) -> list[Consent]:
    """Writes consents and Events `consent.granted` (for those that are proven), and returns the rows that are new.

    Left out: what is there already (the same customer, channel, purpose in the same state and given no later), and
    what is not newer than a withdrawal: an old list never overrules a "no". A constant number of queries.
    """
    for draft in drafts:
        if draft.channel not in Channel.values or draft.purpose not in Purpose.values:
            raise Refused(f"{draft.channel!r} for {draft.purpose!r} is not a channel and purpose of consent")
    there: dict[tuple[int, str, str], list[Consent]] = {}
    rows = Consent._base_manager.filter(shop=shop, customer_id__among={draft.customer_id for draft in drafts})
    for row in rows:
        there.setdefault((row.customer_id, row.channel, row.purpose), []).append(row)
    fresh: list[Consent] = []
    for draft in drafts:
        place = (draft.customer_id, draft.channel, draft.purpose)
        if _is_news(draft, there.get(place, [])):
            row = _row(shop, draft)
            there.setdefault(place, []).append(row)
            fresh.append(row)
    _write(fresh)
    facts = [
        Fact(
            CONSENT_GRANTED,
            row.confirmed_at or row.given_at,
            row.customer_id,
            {"channel": row.channel, "purpose": row.purpose, "consent_id": row.pk, "source": row.source},
        )
        for row in fresh
        if row.state == Consent.State.GRANTED
    ]
    record(shop, facts, now=now, source=source or "contact_policy", is_history=is_history)
    return fresh


COLUMNS = (
    "shop_id", "customer_id", "channel", "purpose", "state", "ground", "wording", "source", "evidence", "given_at",
    "confirmed_at",
)  # fmt: skip


def _write(rows: Sequence[Consent]) -> None:
    """Past the ORM, which takes as long for these rows as for all the rest of an import of customers. Sets their keys."""
    moment = bulk.moments()
    for row, pk in zip(rows, bulk.reserve_ids(Consent, len(rows)) if rows else (), strict=True):
        row.pk = pk
    bulk.insert(
        Consent,
        ("id", *COLUMNS),
        (
            (
                row.pk, row.shop_id, row.customer_id, row.channel, row.purpose, row.state, row.ground, row.wording,
                row.source, json.dumps(row.evidence), moment(row.given_at), moment(row.confirmed_at),
            )
            for row in rows
        ),
    )  # fmt: skip


def _is_news(draft: ConsentDraft, rows: Sequence[Consent]) -> bool:
    granted = Consent.State.GRANTED
    for row in rows:
        if row.withdrawn_at is not None:
            if row.withdrawn_at >= draft.given_at:
                return False
            continue
        same = row.state == draft.state and row.given_at >= draft.given_at
        weaker = row.state == granted and draft.state != granted
        if same or weaker:
            return False
    return True


def _row(shop: Shop, draft: ConsentDraft) -> Consent:
    return Consent(
        shop=shop,
        customer_id=draft.customer_id,
        channel=draft.channel,
        purpose=draft.purpose,
        state=draft.state,
        ground=draft.ground,
        wording=draft.wording,
        source=draft.source,
        evidence=dict(draft.evidence),
        given_at=draft.given_at,
        confirmed_at=draft.confirmed_at,
    )


def grant_consent(
    shop: Shop,
    customer_id: int,
    channel: str,
    purpose: str,
    *,
    evidence: Mapping[str, Any],
    now: datetime,
    wording: str = "",
    source: str = "",
    given_at: datetime | None = None,
    confirmed_at: datetime | None = None,
    pending: bool = False,
    is_history: bool = False,
) -> Consent | None:
    """Writes one consent, see `grant_consents`; None when it is there already or overruled by a later withdrawal."""
    draft = ConsentDraft(
        customer_id=customer_id,
        channel=channel,
        purpose=purpose,
        given_at=given_at or now,
        evidence=evidence,
        wording=wording,
        source=source,
        confirmed_at=confirmed_at,
        pending=pending,
    )
    return next(iter(grant_consents(shop, [draft], now=now, is_history=is_history)), None)


@transaction.atomic
def confirm_consent(shop: Shop, consent_id: int, evidence: Mapping[str, Any], now: datetime) -> Consent:
    """Confirms a pending consent (the second step of a double opt-in). One that is given already stays as it is.

    Raises Refused when it was withdrawn meanwhile, or is not there.
    """
    row = Consent._base_manager.select_for_update().filter(shop=shop, pk=consent_id).first()
    if row is None or row.state == Consent.State.WITHDRAWN:
        raise Refused("this consent is not there any more: please sign up again")
    if row.state != Consent.State.GRANTED:
        row.state = Consent.State.GRANTED
        row.confirmed_at = now
        row.evidence = {**row.evidence, **evidence}
        row.save(update_fields=["state", "confirmed_at", "evidence"])
        data = {"channel": row.channel, "purpose": row.purpose, "consent_id": row.pk, "source": row.source}
        record(shop, [Fact(CONSENT_GRANTED, now, row.customer_id, data)], now=now, source="contact_policy")
    return row


@transaction.atomic
def withdraw_consent(
    shop: Shop, customer_ids: Sequence[int], channel: str, purpose: str, now: datetime, source: str = ""
) -> int:
    """Ends the consents of these customers for a channel and purpose; returns how many customers said no just now.

    A customer who never gave one is noted as well, so that an old list imported later does not overrule the "no".
    Idempotent. A constant number of queries.
    """
    wanted = set(
        Customer._base_manager.filter(shop=shop, pk__in=customer_ids, erased_at=None).values_list("pk", flat=True)
    )
    rows = Consent._base_manager.filter(shop=shop, customer_id__in=wanted, channel=channel, purpose=purpose)
    live: set[int] = set()
    withdrawn: set[int] = set()
    for customer_id, state in rows.values_list("customer_id", "state"):
        (withdrawn if state == Consent.State.WITHDRAWN else live).add(customer_id)
    rows.exclude(state=Consent.State.WITHDRAWN).update(state=Consent.State.WITHDRAWN, withdrawn_at=now)
    never = wanted - live - withdrawn
    Consent._base_manager.bulk_create(
        Consent(
            shop=shop,
            customer_id=customer_id,
            channel=channel,
            purpose=purpose,
            state=Consent.State.WITHDRAWN,
            source=source,
            given_at=now,
            withdrawn_at=now,
        )
        for customer_id in sorted(never)
    )
    said_no = sorted(live | never)
    data = {"channel": channel, "purpose": purpose, "source": source}
    record(
        shop, [Fact(CONSENT_WITHDRAWN, now, customer_id, data) for customer_id in said_no], now=now, source=source[:40]
    )
    return len(said_no)
