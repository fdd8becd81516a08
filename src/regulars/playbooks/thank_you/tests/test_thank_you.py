"""Simulated customers: Rosa is thanked a week after an order, once in 90 days; Otto and Heidi are not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from regulars.decide.experiments.models import Assignment
from regulars.decide.segments.profiles import refresh
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders

ASIDE = ("segments.members", "insights.facts", "insights.fit", "insights.scores")
"""Sweeps that have no part in this and would only take their time."""


def ordered(shop: Any, customer: Any, at: datetime, now: datetime, *, is_history: bool = True) -> None:
    draft = OrderDraft(
        f"{customer.number}-{at:%Y%m%d}", at, [LineDraft("LP", "Kind of Blue", 1, 2490, 2490)], customer.number
    )
    upsert_orders(shop, [draft], now=now, source="api", is_history=is_history)
    refresh(shop, now, [customer.pk])


def treat(shop: Any, measure: Any, now: datetime, *treated: Any, held_out: Any) -> None:
    arms = [*((one, "treated") for one in treated), (held_out, "holdout")]
    Assignment._base_manager.bulk_create(
        Assignment(shop=shop, measure=measure, customer=one, arm=arm, assigned_at=now) for one, arm in arms
    )


def mails_to(store: Any, customer: Any) -> list[str]:
    """Subjects of all mails to the customer, oldest first."""
    address = f"{customer.first_name.lower()}@example.com"
    return [mail.subject for mail in reversed(store.latest(limit=500)) if mail.recipient == address]


def test_simulated_customers(
    shop: Any, rosa: Any, otto: Any, heidi: Any, now: datetime, mail_sink: Any, live_until: Callable[..., datetime]
) -> None:
    # given all three ordered six days ago, and Heidi is held out
    for one in (rosa, otto, heidi):
        ordered(shop, one, now - timedelta(days=6), now)
    measure = actions.launch(shop, "thank_you", {}, now)
    treat(shop, measure, now, rosa, held_out=heidi)
    # when a few days pass, and Rosa orders again within them
    at = live_until(shop, now, now + timedelta(days=3), skip=ASIDE)
    assert mails_to(mail_sink, rosa) == ["Danke, Rosa – und eine kurze Frage"]
    ordered(shop, rosa, at, at, is_history=False)
    live_until(shop, at, at + timedelta(days=10), skip=ASIDE)
    # then she is not thanked twice, and the others are not at all
    assert [mail.recipient for mail in mail_sink.latest()] == ["rosa@example.com"]
    assert set(Enrolment._base_manager.values_list("customer_id", flat=True)) >= {rosa.pk, heidi.pk}
    # and the mail sells nothing
    assert b"voucher" not in mail_sink.get(mail_sink.latest()[0].id).raw.lower()
