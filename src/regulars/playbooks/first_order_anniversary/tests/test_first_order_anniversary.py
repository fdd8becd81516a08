"""Simulated customers: Rosa’s day comes each year, Lena’s of 29 February on the 28th; Otto and Heidi get nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulated import ASIDE, mails_to, ordered, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.reward.offers.models import Voucher


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
    # given three of them ordered first on a 12 June, Lena on a leap day; Heidi is held out
    for one in (rosa, otto, heidi):
        ordered(shop, one, datetime(2024, 6, 12, 9, 0, tzinfo=UTC), now)
    ordered(shop, lena, datetime(2024, 2, 29, 9, 0, tzinfo=UTC), now)
    measure = actions.launch(shop, "first_order_anniversary", {}, now)
    treat(shop, measure, now, rosa, lena, held_out=heidi)
    # when the week of the day passes
    live_until(shop, now, now + timedelta(days=5), skip=ASIDE)
    # then Rosa has her mail and a code of her own, on the day
    assert mails_to(mail_sink, rosa) == ["Rosa, heute ist unser Jahrestag"]
    voucher = Voucher._base_manager.get()
    assert voucher.customer_id == rosa.pk
    assert voucher.issued_at.date() == datetime(2026, 6, 12, tzinfo=UTC).date()
    # when the next 28 February comes, a year without a 29th
    start = datetime(2027, 2, 27, 6, 0, tzinfo=UTC)
    live_until(shop, start, start + timedelta(days=3), skip=ASIDE)
    # then Lena has hers, and nobody else
    assert [mail.recipient for mail in mail_sink.latest()] == ["lena@example.com", "rosa@example.com"]
    assert set(Enrolment._base_manager.values_list("customer_id", flat=True)) >= {rosa.pk, lena.pk, heidi.pk}
