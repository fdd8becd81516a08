"""Simulated customers: Rosa is thanked a week after an order, once in 90 days; Otto and Heidi are not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, mails_to, ordered, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment


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
