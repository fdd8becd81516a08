"""Simulated customers: Rosa allowed calls and is called, Lena orders before; Nico never said yes; Otto and Heidi are spared."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import agrees, bought, treat

from regulars.core.actions import create_staff
from regulars.decide.contact_policy.models import Contact
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.customers.models import Identity
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Message

ASIDE = ("insights.facts", "insights.fit", "insights.scores")


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    nico: Any,
    lena: Any,
    otto: Any,
    heidi: Any,
    now: datetime,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given five regulars who stayed away for 89 days; all but Nico agreed to calls, Otto objected later
    people = (rosa, nico, lena, otto, heidi)
    for n, one in enumerate(people):
        number = f"+49301234{n}"
        Identity._base_manager.create(shop=shop, customer=one, kind="phone", value=number, key=number, created_at=now)
        bought(shop, one, "LP", now, 300, 200, 89)
    agrees(shop, now - timedelta(days=200), rosa, lena, otto, heidi, channel="phone")
    at = live_until(shop, now, now + timedelta(hours=6), skip=ASIDE)
    measure = actions.launch(shop, "lapsing_regular_call", {"due_days": 7}, at)
    treat(shop, measure, at, rosa, lena, held_out=heidi)
    # when they come into the segment
    at = live_until(shop, at, now + timedelta(days=3), hours=12, skip=ASIDE)
    # then Rosa and Lena are on the call list, nobody else, and no mail went out
    listed = Message._base_manager.filter(channel="phone")
    assert {one.customer_id for one in listed} == {rosa.pk, lena.pk}
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert (reasons[otto.pk], reasons[nico.pk]) == ("objection", "no_consent")
    # when Lena orders, and somebody takes Rosa's call in hand and reaches her
    bought(shop, lena, "LP", at, 0, is_history=False)
    staff = create_staff("sara@example.com", now=at, shop=shop, role="service")
    (call,) = messaging.take_by_hand(shop, "phone", at, staff, customers=[rosa.pk])
    said = messaging.words_by_hand(shop, [call], at)[call.pk]
    assert said.subject == "Nachfragen, wie zufrieden Rosa ist"
    assert said.text.startswith("Hat 3 Mal bestellt, zuletzt vor 9")
    messaging.settle_by_hand(shop, [call], {call.pk: Outcome(call.pk, State.ACCEPTED)}, at, staff)
    assert Contact._base_manager.get().customer_id == rosa.pk
    live_until(shop, at, at + timedelta(days=16), hours=24, skip=ASIDE)
    # then both ways are over, each for its reason, and Lena was not called
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert (reasons[rosa.pk], reasons[lena.pk], reasons[heidi.pk]) == ("completed", "ordered", "completed")
    assert Contact._base_manager.count() == 1
    assert (listed.get(customer=lena).status, listed.get(customer=lena).reason) == ("cancelled", "ordered")
    assert mail_sink.count() == 0
