"""What the simulated customers of playbooks do: say yes, order, get parcels, leave a checkout; and what became of it."""

from datetime import datetime, timedelta
from typing import Any

from regulars.decide.contact_policy.actions import grant_consents
from regulars.decide.contact_policy.actions.consents import ConsentDraft
from regulars.decide.experiments.models import Assignment
from regulars.decide.segments.profiles import refresh
from regulars.know.orders.actions import (
    CheckoutDraft,
    LineDraft,
    OrderDraft,
    ShipmentDraft,
    upsert_checkouts,
    upsert_orders,
    upsert_shipments,
)

NOTHING_TO_DO = (
    "campaigns.figures", "campaigns.run", "core.sizes", "files.import", "files.remove_old", "gatherings.close",
    "insights.effects", "insights.facts", "insights.fit", "insights.scores", "intake.forget", "intake.normalise",
    "journeys.rehearse", "mailbox.fetch", "orders.left_checkouts", "signups.expire", "webhooks.send",
)  # fmt: skip
"""Sweeps of what a simulated shop has none of (imports, calls, campaigns …), and those of figures that no measure reads.
A day has some hundred calls of sweeps, so that they took a third of a simulated year."""
ASIDE = ("segments.members", "insights.facts", "insights.fit", "insights.scores")
"""Sweeps that have no part in this and would only take their time."""


def ordered(shop: Any, customer: Any, at: datetime, now: datetime, *, is_history: bool = True) -> None:
    """One order, known to the profile at once."""
    draft = OrderDraft(
        f"{customer.number}-{at:%Y%m%d}", at, [LineDraft("LP", "Kind of Blue", 1, 2490, 2490)], customer.number
    )
    upsert_orders(shop, [draft], now=now, source="api", is_history=is_history)
    refresh(shop, now, [customer.pk])


def bought(
    shop: Any, customer: Any, sku: str, now: datetime, *days_ago: int, quantity: int = 1, is_history: bool = True
) -> None:
    """Orders of one product, so many days ago; known to the profile at once."""
    value = 2490 * quantity
    drafts = [
        OrderDraft(
            f"{customer.number}-{sku}-{now - timedelta(days=days):%Y%m%d}",
            now - timedelta(days=days),
            [LineDraft(sku, sku, quantity, value, value)],
            customer.number,
        )
        for days in days_ago
    ]
    upsert_orders(shop, drafts, now=now, source="api", is_history=is_history)
    refresh(shop, now, [customer.pk])


def delivered(shop: Any, customer: Any, at: datetime) -> None:
    """An order of five days before, whose parcel arrives now."""
    ordered(shop, customer, at - timedelta(days=5), at)
    order = f"{customer.number}-{at - timedelta(days=5):%Y%m%d}"
    parcel = ShipmentDraft(f"P-{order}", order, shipped_at=at - timedelta(days=2), delivered_at=at)
    upsert_shipments(shop, [parcel], now=at, source="api", is_history=False)


def leaves(shop: Any, now: datetime, *customers: Any) -> None:
    """A checkout of each that nobody touched for longer than the shop waits."""
    active = now - timedelta(minutes=shop.checkout_left_minutes + 1)
    drafts = [
        CheckoutDraft(
            one.number,
            active,
            active,
            [LineDraft("BT", "Blue Train", 1, 2690, 2690)],
            one.pk,
            f"https://shop.example/checkout/{one.number}",
        )
        for one in customers
    ]
    upsert_checkouts(shop, drafts, now=now, source="api", is_history=False)


def agrees(shop: Any, at: datetime, *customers: Any, channel: str = "email", purpose: str = "marketing") -> None:
    """A consent with its proof."""
    drafts = [ConsentDraft(one.pk, channel, purpose, at, {"form": "test"}) for one in customers]
    grant_consents(shop, drafts, now=at)


def treat(shop: Any, measure: Any, now: datetime, *treated: Any, held_out: Any) -> None:
    """Gives each customer an arm of the measure."""
    arms = [*((one, "treated") for one in treated), (held_out, "holdout")]
    Assignment._base_manager.bulk_create(
        Assignment(shop=shop, measure=measure, customer=one, arm=arm, assigned_at=now) for one, arm in arms
    )


def mails_to(store: Any, customer: Any) -> list[str]:
    """Subjects of all mails to the customer, oldest first."""
    address = f"{customer.first_name.lower()}@example.com"
    return [mail.subject for mail in reversed(store.latest(limit=500)) if mail.recipient == address]
