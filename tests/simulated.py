"""What the simulated customers of playbooks do: order, be assigned to an arm, get mails."""

from datetime import datetime
from typing import Any

from regulars.decide.experiments.models import Assignment
from regulars.decide.segments.profiles import refresh
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders

ASIDE = ("segments.members", "insights.facts", "insights.fit", "insights.scores")
"""Sweeps that have no part in this and would only take their time."""


def ordered(shop: Any, customer: Any, at: datetime, now: datetime, *, is_history: bool = True) -> None:
    """One order, known to the profile at once."""
    draft = OrderDraft(
        f"{customer.number}-{at:%Y%m%d}", at, [LineDraft("LP", "Kind of Blue", 1, 2490, 2490)], customer.number
    )
    upsert_orders(shop, [draft], now=now, source="api", is_history=is_history)
    refresh(shop, now, [customer.pk])


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
