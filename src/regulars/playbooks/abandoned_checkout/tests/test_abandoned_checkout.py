"""Simulated customers: Rosa is reminded of what she left, Nico orders and is not; Otto and Heidi hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, leaves, mails_to, ordered, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.reward.offers.models import Voucher


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
    # given the measure runs as it comes, and all four leave what they picked
    measure = actions.launch(shop, "abandoned_checkout", {}, now)
    treat(shop, measure, now, rosa, nico, held_out=heidi)
    leaves(shop, now, rosa, nico, otto, heidi)
    # when Nico orders three hours after it counted as left
    at = live_until(shop, now, now + timedelta(hours=3), hours=1, skip=ASIDE)
    assert mail_sink.count() == 0
    ordered(shop, nico, at, at, is_history=False)
    live_until(shop, at, now + timedelta(days=4), skip=ASIDE)
    # then only Rosa is reminded, of her own goods and without a voucher
    assert [mail.recipient for mail in mail_sink.latest()] == ["rosa@example.com"]
    assert mails_to(mail_sink, rosa) == ["Ist etwas dazwischengekommen?"]
    raw = mail_sink.get(mail_sink.latest()[0].id).raw.decode()
    assert "Blue Train" in raw
    assert not Voucher._base_manager.exists()
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons == {rosa.pk: "completed", nico.pk: "ordered", otto.pk: "objection", heidi.pk: "completed"}


def test_a_shop_that_wants_a_voucher_gives_one_two_days_later(
    shop: Any, rosa: Any, now: datetime, mail_sink: Any, live_until: Callable[..., datetime]
) -> None:
    actions.launch(shop, "abandoned_checkout", {"percent": 5}, now, holdout_share="0")
    leaves(shop, now, rosa)
    live_until(shop, now, now + timedelta(days=5), skip=ASIDE)
    assert mails_to(mail_sink, rosa) == ["Ist etwas dazwischengekommen?", "5 %, falls du es dir noch überlegst"]
    assert Voucher._base_manager.get().customer_id == rosa.pk
