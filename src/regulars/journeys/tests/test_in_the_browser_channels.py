"""Journeys on the channels of the customer's own browser: the box on the shop's page, and the notification."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.channels.on_page import actions as on_page
from regulars.channels.web_push.tests.conftest import browser_of, push_service  # noqa: F401 - fixtures
from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.contact_policy.models import Contact, Decision
from regulars.decide.experiments.models import Assignment
from regulars.insights.effects import effect_of
from regulars.journeys.models import Enrolment
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Message

from .handmade import enter, journey_of, run
from .handmade import step as made

pytestmark = pytest.mark.django_db

TEXT = {"subject": "New in", "text": "{{ customer.first_name }}, have a look.\nhttps://plattenkiste.example/new"}
MESSAGES = {
    "box": {"name": "Box", "channel": "on_page", "texts": {"de": TEXT, "en": TEXT}},
    "bell": {"name": "Bell", "channel": "push", "texts": {"de": TEXT, "en": TEXT}},
}


def test_seen_on_the_page_then_told_in_the_browser_and_the_holdout_gets_nothing(
    shop: Any, now: Any, rosa: Any, heidi: Any, browser_of: Any, push_service: Any  # noqa: F811
) -> None:  # fmt: skip
    rosas = browser_of(rosa, "/p/rosa")
    browser_of(heidi, "/p/heidi")
    journey = journey_of(
        shop, now, made("look", "send", message="box"), made("tell", "send", message="bell"), made("end", "exit"),
        channel="on_page", messages=MESSAGES, holdout=0.5,
    )  # fmt: skip
    enter(journey, now, rosa, heidi)
    arms = {rosa: "treated", heidi: "holdout"}
    for one, arm in arms.items():
        Enrolment._base_manager.filter(customer=one).update(arm=arm)
        Assignment._base_manager.filter(customer=one).update(arm=arm)
    run(shop, now)
    grant_due(shop, now)
    messaging.schedule(shop, now)
    assert on_page.box_for(shop, heidi.pk, now) is None

    evening = now + timedelta(hours=30)
    box = on_page.box_for(shop, rosa.pk, evening)
    assert box is not None
    assert Contact._base_manager.count() == 0
    on_page.seen(shop, rosa.pk, box.number, evening)
    morning = evening + timedelta(hours=1)
    for _ in range(40):
        morning += timedelta(hours=1)
        run(shop, morning)
        grant_due(shop, morning)
        messaging.schedule(shop, morning)
        messaging.send_due(shop, morning)
    ((path, _heads, body),) = push_service.got
    assert path == "/p/rosa"
    assert rosas.read(body)["text"] == "Rosa, have a look."
    assert sorted(Contact._base_manager.values_list("channel", "customer_id")) == [
        ("on_page", rosa.pk),
        ("push", rosa.pk),
    ]
    assert {one.customer_id for one in Message._base_manager.all()} == {rosa.pk}
    assert not Decision._base_manager.filter(customer=heidi, outcome="granted", stage="grant").exists()
    effect = effect_of(journey.measure, morning)
    assert (effect.assigned_treated, effect.assigned_holdout, effect.messages) == (1, 1, 2)
