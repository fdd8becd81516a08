"""Simulated customers: a lot within a budget picks Rosa, not Nico at his first order; Otto and Heidi get no card."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, bought, treat

from regulars.core.actions import create_staff
from regulars.decide.contact_policy.models import Decision
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    nico: Any,
    otto: Any,
    heidi: Any,
    now: datetime,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given the lot takes every order, and everybody but Nico ordered before
    measure = actions.launch(shop, "surprise_note", {"share": 100}, now)
    treat(shop, measure, now, rosa, nico, held_out=heidi)
    for one in (rosa, otto, heidi):
        bought(shop, one, "LP", now, 60)
    # when all of them order, and Rosa once more a month later
    for one in (rosa, nico, otto, heidi):
        bought(shop, one, "LP", now, 0, is_history=False)
    at = live_until(shop, now, now + timedelta(hours=6), skip=ASIDE)
    staff = create_staff("sara@example.com", now=at, shop=shop, role="service")
    (note,) = messaging.take_by_hand(shop, "parcel_note", at, staff, limit=9)
    # then whoever packs reads the words for Rosa, and nobody else's
    assert note.customer_id == rosa.pk
    assert messaging.words_by_hand(shop, [note], at)[note.pk].text.startswith("Rosa, danke, dass du wieder")
    messaging.settle_by_hand(shop, [note], {note.pk: Outcome(note.pk, State.ACCEPTED)}, at, staff)
    at = live_until(shop, at, now + timedelta(days=30), hours=24, skip=ASIDE)
    bought(shop, rosa, "LP", at, 0, is_history=False)
    live_until(shop, at, at + timedelta(days=2), hours=12, skip=ASIDE)
    # and a month later she is not surprised again; nobody is written to
    assert Message._base_manager.count() == 1
    assert mail_sink.count() == 0
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons == {rosa.pk: "completed", heidi.pk: "completed", otto.pk: "objection"}
    assert Decision._base_manager.filter(customer=otto, reason="objection").exists()


def test_the_budget_of_a_month_is_never_overdrawn(
    shop: Any, make_customer: Callable[..., Any], now: datetime, live_until: Callable[..., datetime], mail_sink: Any
) -> None:
    # given a budget for two cards, and ten regulars who order at once and again over two months
    people = [make_customer(f"P{n}") for n in range(10)]
    actions.launch(shop, "surprise_note", {"share": 100, "budget": 2000, "cost": 1000}, now, holdout_share="0")
    for one in people:
        bought(shop, one, "LP", now, 60)
        bought(shop, one, "LP", now, 0, is_history=False)
    at = live_until(shop, now, now + timedelta(days=15), hours=24, skip=ASIDE)
    assert Message._base_manager.count() == 2
    # when it is the next month
    at = live_until(shop, at, now + timedelta(days=25), hours=24, skip=ASIDE)
    for one in people:
        bought(shop, one, "LP", at, 0, is_history=False)
    live_until(shop, at, at + timedelta(days=2), hours=24, skip=ASIDE)
    # then two others are drawn
    assert Message._base_manager.values("customer").distinct().count() == 4
