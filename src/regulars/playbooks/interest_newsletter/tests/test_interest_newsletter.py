"""Simulated customers: Rosa reads about jazz, Lena about rock, Nico about nothing yet; Otto and Heidi get no letter."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulated import bought, mails_to, treat

from regulars.journeys import actions
from regulars.know.orders.actions import ProductDraft, upsert_products

ASIDE = ("insights.facts", "insights.fit", "insights.scores")
START = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)


def test_simulated_customers(
    shop: Any,
    rosa: Any,
    nico: Any,
    lena: Any,
    otto: Any,
    heidi: Any,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given what each bought, and something new in jazz
    goods = [ProductDraft("LP", "Kind of Blue", "Jazz"), ProductDraft("ROCK", "Abbey Road", "Rock")]
    upsert_products(shop, goods, now=START - timedelta(days=300), source="api", is_history=False)
    upsert_products(
        shop, [ProductDraft("NEW", "Blue Train", "Jazz", price=2690)], now=START - timedelta(days=5), source="api",
        is_history=False,
    )  # fmt: skip
    for one in (rosa, otto, heidi):
        bought(shop, one, "LP", START, 40)
    bought(shop, lena, "ROCK", START, 40)
    measure = actions.launch(shop, "interest_newsletter", {"day": 15, "hour": 10}, START, agreed=2)
    treat(shop, measure, START, rosa, lena, held_out=heidi)
    # when the middle of two months passes
    live_until(shop, START, START + timedelta(days=38), hours=12, skip=ASIDE)
    # then each reads about what they like, once a month, and Nico, of whom nothing is known, reads nothing
    assert mails_to(mail_sink, rosa) == ["Neu in „Jazz“", "Neu in „Jazz“"]
    assert mails_to(mail_sink, lena) == ["Neues von Plattenkiste", "Neues von Plattenkiste"]
    assert mail_sink.count() == 4
    assert mails_to(mail_sink, nico) == mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []
