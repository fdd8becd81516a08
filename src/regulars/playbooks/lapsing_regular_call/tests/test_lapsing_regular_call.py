"""Simulated customers: Rosa allowed calls and is called, Lena orders before; Nico never said yes; Otto and Heidi are spared."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import agrees, bought, mails_to, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.customers.models import Identity
from regulars.serve.tasks.actions import finish
from regulars.serve.tasks.models import Task

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
    # then Rosa and Lena are on the list of the service, nobody else, and no mail went out
    tasks = {one.customer_id: one for one in Task._base_manager.all()}
    assert set(tasks) == {rosa.pk, lena.pk}
    assert {one.role for one in tasks.values()} == {"service"}
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert (reasons[otto.pk], reasons[nico.pk]) == ("objection", "no_consent")
    # when Lena orders, and Rosa is reached
    bought(shop, lena, "LP", at, 0, is_history=False)
    finish(tasks[rosa.pk], "reached", at)
    live_until(shop, at, at + timedelta(days=16), hours=24, skip=ASIDE)
    # then both ways are over, each for its reason
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert (reasons[rosa.pk], reasons[lena.pk], reasons[heidi.pk]) == ("completed", "ordered", "completed")
    assert mail_sink.count() == 0
    assert mails_to(mail_sink, rosa) == []
