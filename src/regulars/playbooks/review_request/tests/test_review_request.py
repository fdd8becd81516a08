"""Simulated customers: Rosa is asked once, Lena sends her parcel back and is not; Otto and Heidi are not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, delivered, mails_to, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.orders.actions import LineDraft, ReturnDraft, upsert_returns


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
    # given the measure runs, and a parcel arrives at each of the four
    measure = actions.launch(shop, "review_request", {"after_days": 10}, now)
    treat(shop, measure, now, rosa, lena, held_out=heidi)
    for one in (rosa, lena, otto, heidi):
        delivered(shop, one, now)
    at = live_until(shop, now, now + timedelta(days=3), skip=ASIDE)
    assert mail_sink.count() == 0
    # when Lena sends hers back, and another parcel comes to Rosa
    back = ReturnDraft("R1", at, [LineDraft("LP", "Kind of Blue", 1, 2490, 2490)], lena.number)
    upsert_returns(shop, [back], now=at, source="api", is_history=False)
    delivered(shop, rosa, at)
    live_until(shop, at, now + timedelta(days=20), skip=ASIDE)
    # then only Rosa is asked, once, about what she got, and nothing is promised for it
    assert [mail.recipient for mail in mail_sink.latest()] == ["rosa@example.com"]
    assert mails_to(mail_sink, rosa) == ["Rosa, wie gefällt es dir?"]
    told = mail_sink.get(mail_sink.latest()[0].id).raw
    assert b"Kind of Blue" in told
    assert b"voucher" not in told.lower()
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons == {rosa.pk: "completed", lena.pk: "goal", heidi.pk: "completed", otto.pk: "objection"}
