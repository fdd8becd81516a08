"""Simulated customers: Rosa hears of new jazz, once for two records; Lena likes rock; Otto and Heidi hear nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, bought, mails_to, treat

from regulars.journeys import actions
from regulars.know.orders.actions import ProductDraft, upsert_products


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
    # given who likes what, and a measure that runs when the shop tells its catalogue for the first time
    measure = actions.launch(shop, "new_in_your_interest", {}, now)
    treat(shop, measure, now, rosa, lena, held_out=heidi)
    _told(shop, now, LP="Jazz", ROCK="Rock")
    for one in (rosa, otto, heidi):
        bought(shop, one, "LP", now, 40)
    bought(shop, lena, "ROCK", now, 40)
    at = live_until(shop, now, now + timedelta(days=9), hours=12, skip=ASIDE)
    # then that is no news
    assert mail_sink.count() == 0
    # when two records come on one day, and another a week later
    _told(shop, at, BT="Jazz", GS="Jazz")
    at = live_until(shop, at, at + timedelta(days=7), hours=6, skip=ASIDE)
    assert mails_to(mail_sink, rosa) == ["Neu in „Jazz“: GS"]
    both = mail_sink.get(mail_sink.latest()[0].id).raw.decode()
    assert "BT" in both
    _told(shop, at, MD="Jazz")
    live_until(shop, at, at + timedelta(days=7), hours=6, skip=ASIDE)
    # then Rosa heard of them together, and of the third not so soon again; the others of nothing
    assert [mail.recipient for mail in mail_sink.latest()] == ["rosa@example.com"]
    assert mails_to(mail_sink, lena) == mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []


def _told(shop: Any, at: datetime, **products: str) -> None:
    """Products with their category, told by the shop for the first time."""
    drafts = [
        ProductDraft(sku, sku, category, url=f"https://shop.example/{sku.lower()}")
        for sku, category in products.items()
    ]
    upsert_products(shop, drafts, now=at, source="api", is_history=False)
