"""Simulated customers: Nico says yes and is welcomed, then looks around; Lena orders in between; the others hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, agrees, mails_to, ordered, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    make_customer: Callable[..., Any],
    otto: Any,
    now: datetime,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given Nico, Lena and Heidi have not said yes yet, Rosa has long ago; Heidi is held out
    nico, lena, heidi = (make_customer(name, consents=()) for name in ("Nico", "Lena", "Heidi"))
    measure = actions.launch(shop, "welcome", {"after_days": 5}, now)
    treat(shop, measure, now, nico, lena, held_out=heidi)
    # when the three say yes, and a day passes
    agrees(shop, now, nico, lena, heidi)
    at = live_until(shop, now, now + timedelta(days=1), skip=ASIDE)
    # then Nico and Lena are welcomed at once
    assert mails_to(mail_sink, nico) == ["Willkommen, Nico"]
    assert mails_to(mail_sink, lena) == ["Willkommen, Lena"]
    # when Lena orders and a week passes
    ordered(shop, lena, at, at, is_history=False)
    at = live_until(shop, at, now + timedelta(days=8), skip=ASIDE)
    # then only Nico is shown around
    assert mails_to(mail_sink, nico) == ["Willkommen, Nico", "Zum Stöbern: was bei uns besonders beliebt ist"]
    assert mails_to(mail_sink, lena) == ["Willkommen, Lena"]
    # and whoever leaves and comes again is not welcomed twice; another consent is no reason either
    agrees(shop, at, nico, purpose="research")
    live_until(shop, at, at + timedelta(days=1), skip=ASIDE)
    assert mail_sink.count() == 3
    reasons = dict(Enrolment._base_manager.values_list("customer_id", "exit_reason"))
    assert reasons == {nico.pk: "completed", lena.pk: "ordered", heidi.pk: "completed"}
    assert mails_to(mail_sink, rosa) == mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []
