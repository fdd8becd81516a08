"""Simulated customers have their birthdays: Rosa gets her mail on the day, Lena on 28 February, Otto and Heidi nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.decide.experiments.models import Assignment
from regulars.journeys import actions
from regulars.reward.offers.models import Voucher

ASIDE = ("segments.profiles", "segments.members", "insights.facts", "insights.fit", "insights.scores")
"""Sweeps that have no part in this and would only take their time."""


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
    # given Otto and Heidi have their birthday on the same day as Rosa, 12 June, and Heidi is held out
    for one in (otto, heidi):
        type(one)._base_manager.filter(pk=one.pk).update(birthday_day=12, birthday_month=6)
    measure = actions.launch(shop, "birthday_gift", {"hour": 9}, now)
    Assignment._base_manager.bulk_create(
        Assignment(shop=shop, measure=measure, customer=one, arm=arm, assigned_at=now)
        for one, arm in ((rosa, "treated"), (lena, "treated"), (heidi, "holdout"))
    )
    # when the week of the birthday passes, hour by hour
    live_until(shop, now, now + timedelta(days=5), hours=1, skip=ASIDE)
    # then only Rosa got one mail, in the morning of the day, with her own code
    assert [(mail.recipient, mail.subject) for mail in mail_sink.latest()] == [
        ("rosa@example.com", "Alles Gute zum Geburtstag, Rosa!")
    ]
    voucher = Voucher._base_manager.get()
    assert voucher.customer_id == rosa.pk
    assert voucher.issued_at.astimezone(UTC).date() == datetime(2026, 6, 12, tzinfo=UTC).date()
    assert 7 <= voucher.issued_at.hour <= 8  # 9 o'clock in Berlin, and an hour for the steps
    # when the next 28 February comes, a year without a 29th
    start = datetime(2027, 2, 27, 6, 0, tzinfo=UTC)
    live_until(shop, start, start + timedelta(days=3), hours=1, skip=ASIDE)
    # then Lena has her mail, and nobody else
    assert [mail.recipient for mail in mail_sink.latest()] == ["lena@example.com", "rosa@example.com"]
