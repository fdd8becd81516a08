"""Simulated customers walk the playbook: Lena is won back, Rosa is reminded, Otto and Heidi hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from regulars.core.scoping import scope
from regulars.decide.experiments.models import Assignment
from regulars.decide.segments.models import Segment
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.orders.models import Order
from regulars.know.timeline.actions import Fact, record
from regulars.reward.offers.models import Voucher

ASIDE = ("segments.profiles", "segments.members", "insights.facts", "insights.fit", "insights.scores")
"""Sweeps that have no part in this and would only take their time."""


def enter_segment(shop: Any, now: datetime, *customers: Any) -> None:
    segment = Segment._base_manager.get(shop=shop, key="lapsed-valuable")
    data = {"segment": segment.key, "segment_id": segment.pk}
    record(shop, [Fact("segment.entered", now, one.pk, data) for one in customers], now=now)


def mails_to(store: Any, customer: Any) -> list[str]:
    return [
        mail.subject
        for mail in reversed(store.latest(limit=500))
        if mail.recipient == f"{customer.first_name.lower()}@example.com"
    ]


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    lena: Any,
    otto: Any,
    heidi: Any,
    now: datetime,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given the measure runs, Heidi is held out, and all four stay away longer than usual
    measure = actions.launch(shop, "win_back", {"percent": 20, "valid_days": 28}, now)
    Assignment._base_manager.bulk_create(
        Assignment(shop=shop, measure=measure, customer=one, arm=arm, assigned_at=now)
        for one, arm in ((rosa, "treated"), (lena, "treated"), (heidi, "holdout"))
    )
    enter_segment(shop, now, rosa, lena, otto, heidi)

    # when a week passes
    at = live_until(shop, now, now + timedelta(days=7), skip=ASIDE)
    # then Rosa and Lena got the first mail with a code of their own
    assert mails_to(mail_sink, rosa) == ["Rosa, lange nicht gesehen"]
    assert mails_to(mail_sink, lena) == ["Lena, lange nicht gesehen"]
    codes = dict(Voucher._base_manager.values_list("customer_id", "code"))
    assert set(codes) == {rosa.pk, lena.pk}
    raw = {mail.recipient: mail_sink.get(mail.id).raw.decode() for mail in mail_sink.latest()}
    assert codes[rosa.pk] in raw["rosa@example.com"]
    assert codes[lena.pk] not in raw["rosa@example.com"]

    # when Lena orders, and the time of the reminder comes and goes
    with scope(shop=shop):
        Order.objects.create(
            shop=shop, customer=lena, number="L1", placed_at=at, currency="EUR", value=5000, list_value=5000
        )
    at = live_until(shop, at, now + timedelta(days=40), skip=ASIDE)
    # then only Rosa is reminded, once
    assert mails_to(mail_sink, rosa) == ["Rosa, lange nicht gesehen", "Dein Gutschein gilt noch bis zum 8. Juli 2026"]
    assert mails_to(mail_sink, lena) == ["Lena, lange nicht gesehen"]
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons == {rosa.pk: "completed", lena.pk: "ordered", otto.pk: "objection", heidi.pk: "completed"}
    # and Otto and Heidi got nothing, neither mail nor code
    assert mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []
    assert mail_sink.count() == 3


def test_a_code_that_nobody_saw_is_cancelled(
    shop: Any, rosa: Any, now: datetime, mail_sink: Any, live_until: Callable[..., datetime]
) -> None:
    from regulars.decide.contact_policy.actions import freeze

    # given Rosa has an open complaint for the whole time in which the mail would be welcome
    actions.launch(shop, "win_back", {}, now, holdout_share="0")
    freeze(shop, rosa.pk, "complaint", "case:1", now)
    enter_segment(shop, now, rosa)
    live_until(shop, now, now + timedelta(days=5), skip=ASIDE)
    # then no mail went out, the code is cancelled, and the journey has ended with its reason
    assert mail_sink.count() == 0
    voucher = Voucher._base_manager.get(customer=rosa)
    assert voucher.cancelled_at is not None
    assert Enrolment._base_manager.get(customer=rosa).exit_reason == "not_sent"
