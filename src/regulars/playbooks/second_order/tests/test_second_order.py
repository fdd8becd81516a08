"""Simulated customers: Nico gets a tip and then a voucher, Lena comes back in between, the others hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, mails_to, ordered, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.reward.offers.models import Voucher


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
    # given everybody ordered for the first time 20 days ago, Rosa a second time since; Heidi is held out
    first = now - timedelta(days=20)
    for one in (rosa, nico, lena, otto, heidi):
        ordered(shop, one, first, now)
    ordered(shop, rosa, now - timedelta(days=3), now)
    measure = actions.launch(shop, "second_order", {"after_days": 21}, now)
    treat(shop, measure, now, rosa, nico, lena, held_out=heidi)
    # when the day comes
    at = live_until(shop, now, now + timedelta(days=4), skip=ASIDE)
    # then Nico and Lena see what goes with it, without any offer
    assert mails_to(mail_sink, nico) == ["Nico, was andere dazu nehmen"]
    assert mails_to(mail_sink, lena) == ["Lena, was andere dazu nehmen"]
    assert not Voucher._base_manager.exists()
    # when Lena orders, and two weeks pass
    ordered(shop, lena, at, at, is_history=False)
    live_until(shop, at, now + timedelta(days=24), skip=ASIDE)
    # then only Nico gets a code, his own
    assert mails_to(mail_sink, nico) == ["Nico, was andere dazu nehmen", "10 % für dein zweites Mal bei uns"]
    assert mails_to(mail_sink, lena) == ["Lena, was andere dazu nehmen"]
    assert list(Voucher._base_manager.values_list("customer_id", flat=True)) == [nico.pk]
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons[lena.pk] == "ordered"
    # and nobody else heard anything
    assert mails_to(mail_sink, rosa) == mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []
    assert mail_sink.count() == 3
