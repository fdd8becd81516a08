"""What the tests of campaigns share: a segment of all, two mails, a campaign of them, and the sweeps of the house."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.segments.models import Segment
from regulars.decide.segments.profiles import refresh
from regulars.journeys import actions as journeys
from regulars.journeys.campaigns import actions, sweeps
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.sweeps import enrol_by_the_clock, take_in
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Message, Template

MAIL = "<mj-section><mj-column><mj-text>Hallo {{ customer.first_name }}</mj-text></mj-column></mj-section>"


@pytest.fixture(autouse=True)
def _asks_rarely(settings: Any) -> None:
    """All tests write to everybody; the one that is about it sets the share."""
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 100


@pytest.fixture
def segment(shop: Shop, now: datetime) -> Segment:
    row: Segment = Segment._base_manager.create(
        shop=shop, key="all", name="Alle", rule={"field": "orders", "op": "at_least", "value": 0}, created_at=now,
        updated_at=now,
    )  # fmt: skip
    return row


@pytest.fixture
def templates(shop: Shop, now: datetime) -> list[Template]:
    for key in ("sommer", "herbst"):
        messaging.save_template(shop, key, key.title(), "de", f"{key.title()} bei uns", "", MAIL, now)
    return [Template._base_manager.get(shop=shop, key=key) for key in ("sommer", "herbst")]


@pytest.fixture
def crowd(shop: Shop, make_customer: Callable[..., Any], now: datetime) -> Callable[..., list[Any]]:
    """`crowd(20, timezone="…")`: people with consent and a profile."""

    def make(size: int, prefix: str = "P", **fields: Any) -> list[Any]:
        people = [make_customer(f"{prefix}{n}", **fields) for n in range(size)]
        with scope(shop=shop):
            refresh(shop, now, [one.pk for one in people])
        return people

    return make


@pytest.fixture
def campaign(shop: Shop, segment: Segment, templates: list[Template], now: datetime) -> Callable[..., Campaign]:
    """`campaign(arms=[…], **values)`: a draft to everybody, without a holdout."""

    def make(arms: list[actions.ArmDraft] | None = None, **values: Any) -> Campaign:
        whole = {
            "name": "Sommer", "goal": "hold", "kpi": "customer_retention_rate", "segment": segment,
            "holdout_share": Decimal(0), **values,
        }  # fmt: skip
        return actions.save(shop, whole, arms or [actions.ArmDraft(templates[0])], now)

    return make


@dataclass
class House:
    """The sweeps that a campaign needs, at a moment; `hand_over` plays the channel: everything granted and due is sent."""

    shop: Shop

    def turn(self, now: datetime) -> None:
        with scope(shop=self.shop):
            for _n in range(30):
                done = sweeps.run(self.shop, now) + enrol_by_the_clock(self.shop, now) + take_in(self.shop, now)
                if not done + journeys.advance_batch(self.shop, now).claimed:
                    break
            while grant_due(self.shop, now):
                pass
            while messaging.schedule(self.shop, now):
                pass

    def hand_over(self, now: datetime, limit: int = 10_000) -> list[int]:
        """Customers who got it."""
        from regulars.decide.contact_policy.actions import confirm, use

        due = Message._base_manager.filter(shop=self.shop, status="due", due_at__lte=now).order_by("due_at", "pk")
        rows = list(due[:limit])
        verdicts = confirm(self.shop, [row.request_id for row in rows], now)
        sent = [row for row in rows if verdicts[row.request_id].allowed]
        Message._base_manager.filter(pk__in=[row.pk for row in sent]).update(status="done", sent_at=now, may_track=True)
        use(self.shop, [row.request_id for row in sent], now)
        return [row.customer_id for row in sent]


@pytest.fixture
def house(shop: Shop) -> House:
    return House(shop)
