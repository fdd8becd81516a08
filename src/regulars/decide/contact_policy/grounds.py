"""Legal grounds: what permits a channel for a purpose. Each ground is one function in this registry.

The gate asks the grounds of a channel in their order; the first that permits a customer counts. A further ground (the
existing-customer rule of § 7 (3) UWG for e-mail, all four conditions of it) is one more function with `@ground`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .models import Channel, Consent, Purpose

if TYPE_CHECKING:
    from regulars.core.models import Shop


@dataclass(frozen=True)
class Permit:
    """ground: name of the ground. consent_id: the row that proves it, where the ground is a consent."""

    ground: str
    consent_id: int | None = None


Permits = Callable[["Shop", str, str, Sequence[int], datetime], dict[int, Permit]]


@dataclass(frozen=True)
class Ground:
    """permits: `(shop, channel, purpose, customer_ids, now) -> {customer_id: Permit}`."""

    key: str
    channels: frozenset[str]
    purposes: frozenset[str]
    permits: Permits
    order: int


GROUNDS: dict[str, Ground] = {}
ADVERTISING = frozenset({Purpose.MARKETING.value, Purpose.RESEARCH.value})
"""Purposes that count as advertising in German law: consent, objection, freeze, holdout and budget apply."""


def ground(
    key: str, *, channels: Sequence[str], purposes: Sequence[str], order: int = 50
) -> Callable[[Permits], Permits]:
    """Declares a ground for the channels and purposes named. `order`: low is asked first."""

    def declare(permits: Permits) -> Permits:
        GROUNDS[key] = Ground(key, frozenset(channels), frozenset(purposes), permits, order)
        return permits

    return declare


def permits_for(
    shop: "Shop", channel: str, purpose: str, customer_ids: Sequence[int], now: datetime
) -> dict[int, Permit]:
    """The permit of each customer who may be contacted on this channel for this purpose; who is missing may not."""
    found: dict[int, Permit] = {}
    for one in sorted(GROUNDS.values(), key=lambda one: (one.order, one.key)):
        if channel in one.channels and purpose in one.purposes:
            left = [customer_id for customer_id in customer_ids if customer_id not in found]
            if left:
                found |= one.permits(shop, channel, purpose, left, now)
    return found


@ground("contract", channels=Channel.values, purposes=[Purpose.SERVICE], order=10)
def contract(shop: "Shop", channel: str, purpose: str, customer_ids: Sequence[int], now: datetime) -> dict[int, Permit]:
    """Art. 6 (1) (b) GDPR: what the customer's order or question needs, on any channel they gave us."""
    return {customer_id: Permit("contract") for customer_id in customer_ids}


@ground(
    "consent",
    channels=[Channel.EMAIL, Channel.SMS, Channel.PUSH, Channel.PHONE],
    purposes=[Purpose.MARKETING, Purpose.RESEARCH, Purpose.TRACKING],
    order=20,
)
def consent(shop: "Shop", channel: str, purpose: str, customer_ids: Sequence[int], now: datetime) -> dict[int, Permit]:
    """A given consent for this channel and purpose. One claimed without proof, or unconfirmed, permits nothing."""
    rows = Consent._base_manager.filter(
        shop=shop,
        customer_id__among=customer_ids,
        channel=channel,
        purpose=purpose,
        state=Consent.State.GRANTED,
        given_at__lte=now,
    ).order_by("given_at", "pk")
    return {customer_id: Permit(name, pk) for customer_id, name, pk in rows.values_list("customer_id", "ground", "pk")}


@ground("legitimate_interest", channels=[Channel.LETTER, Channel.PARCEL_NOTE], purposes=[Purpose.MARKETING], order=30)
def legitimate_interest(
    shop: "Shop", channel: str, purpose: str, customer_ids: Sequence[int], now: datetime
) -> dict[int, Permit]:
    """Art. 6 (1) (f) GDPR: advertising on paper, unless objected (the gate asks for objections before the ground)."""
    return {customer_id: Permit("legitimate_interest") for customer_id in customer_ids}
