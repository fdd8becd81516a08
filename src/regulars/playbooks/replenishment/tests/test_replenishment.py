"""Simulated customers: Rosa is asked by her own rhythm, Nico by what is usual, Lena has bought again; the others hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, bought, mails_to, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.orders.actions import ProductDraft, upsert_products


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    nico: Any,
    lena: Any,
    otto: Any,
    heidi: Any,
    make_customer: Callable[..., Any],
    now: datetime,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given cleaning fluid that others buy again every 40 days, and a record that nobody buys twice
    goods = [ProductDraft("FLUID", "Reinigungsmittel", "Pflege"), ProductDraft("LP", "Kind of Blue", "Jazz")]
    upsert_products(shop, goods, now=now, source="api", is_history=True)
    for n in range(6):
        other = make_customer(f"Other{n}", consents=())
        bought(shop, other, "FLUID", now, 300, 260, 220)
    # Rosa buys it every 20 days; Nico, Lena, Otto and Heidi bought it once, 33 days ago, Nico two of it
    bought(shop, rosa, "FLUID", now, 74, 54, 34, 14)
    for one in (lena, otto, heidi):
        bought(shop, one, "FLUID", now, 33)
    bought(shop, nico, "FLUID", now, 33, quantity=2)
    bought(shop, nico, "LP", now, 70)
    measure = actions.launch(shop, "replenishment", {"lead_days": 5}, now)
    treat(shop, measure, now, rosa, nico, lena, held_out=heidi)
    # when Lena buys it again the same day, and four days pass
    bought(shop, lena, "FLUID", now, 0, is_history=False)
    at = live_until(shop, now, now + timedelta(days=4), skip=ASIDE)
    # then Rosa is asked in time by her own rhythm; Nico has twice the time
    assert mails_to(mail_sink, rosa) == ["Ist noch genug da? Reinigungsmittel"]
    assert mails_to(mail_sink, nico) == mails_to(mail_sink, lena) == []
    # when the time of Nico's second bottle and of Lena's new one has come
    live_until(shop, at, now + timedelta(days=43), hours=24, skip=ASIDE)
    assert mails_to(mail_sink, nico) == mails_to(mail_sink, lena) == ["Ist noch genug da? Reinigungsmittel"]
    # and nobody hears of the same purchase twice, or at all without consent or in the holdout
    assert mail_sink.count() == 3
    assert dict(Enrolment._base_manager.exclude(arm="treated").values_list("customer_id", "exit_reason")) == {
        heidi.pk: "completed",
        otto.pk: "objection",
        **dict.fromkeys(_others(shop), "no_consent"),
    }


def _others(shop: Any) -> list[int]:
    """Those who only made the rhythm, where they were asked at all."""
    rows = Enrolment._base_manager.filter(shop=shop, customer__first_name__startswith="Other")
    return list(rows.values_list("customer_id", flat=True))
