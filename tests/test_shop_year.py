"""A shop year through the real sweeps: both measures run, five people live their year, a real mail server gets the mail.

What must not happen is the point: Otto, who opted out, gets no advertising; Heidi, who is held out, gets nothing of her
measures; nobody gets anything twice.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.simulated import NOTHING_TO_DO

from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact, Decision
from regulars.decide.experiments.models import Assignment
from regulars.decide.segments import actions as segments
from regulars.decide.segments.models import Segment
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.know.customers.models import Customer
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders
from regulars.reach.messaging.models import Message
from regulars.reward.offers.models import Voucher

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.mark.slow
def test_a_shop_year(
    shop: Any,
    rosa: Any,
    nico: Any,
    lena: Any,
    otto: Any,
    heidi: Any,
    mail_sink: Any,
    live_until: Callable[..., datetime],
) -> None:
    # given everybody bought before the year, as history that wakes nobody; Lena last did so 300 days ago
    people = {one.first_name: one for one in (rosa, nico, lena, otto, heidi)}
    Customer._base_manager.filter(pk__in=[otto.pk, heidi.pk]).update(birthday_day=12, birthday_month=6)

    def order(name: str, at: datetime, *, is_history: bool = False) -> None:
        draft = OrderDraft(
            number=f"{name}-{at:%Y%m%d}",
            placed_at=at,
            lines=[LineDraft(sku="LP", quantity=1, list_value=5000, value=5000)],
            customer_id=people[name].pk,
        )
        upsert_orders(shop, [draft], now=at, source="test", is_history=is_history)

    for name in people:
        for days in (420, 360, 300):
            order(name, START - timedelta(days=days), is_history=True)
    for name in ("Rosa", "Nico", "Otto", "Heidi"):
        order(name, START - timedelta(days=20), is_history=True)

    with scope(shop=shop):
        segments.create_ready_made(shop, START)
    # the figures know them all as valuable (the scores of insights have no part in this)
    live_until(shop, START - timedelta(days=1), START, hours=24, skip=NOTHING_TO_DO)
    segments.write_scores(shop, {one.pk: {"m": 5} for one in people.values()}, START)

    # and both measures start, with Heidi held out of both and the others treated
    win_back = actions.launch(shop, "win_back", {}, START)
    birthday = actions.launch(shop, "birthday_gift", {}, START)
    Segment._base_manager.exclude(key="lapsed-valuable").delete()  # in the others no measure has an interest
    Assignment._base_manager.bulk_create(
        Assignment(
            shop=shop, measure=measure, customer=one, arm="holdout" if one is heidi else "treated", assigned_at=START
        )
        for measure in (win_back, birthday)
        for one in people.values()
    )

    # when a year passes: Nico orders every other month, the others order once more and stay away; Lena comes back late
    orders = {START + timedelta(days=60 * n + 10): ["Nico"] for n in range(6)}
    orders[START + timedelta(days=30)] = ["Rosa", "Otto", "Heidi"]
    orders[START + timedelta(days=225)] = ["Rosa"]

    def each(now: datetime) -> None:
        for name in orders.get(now, ()):
            order(name, now)

    live_until(shop, START, START + timedelta(days=365), hours=24, each=each, skip=NOTHING_TO_DO)

    # then Rosa lapsed in August, got a code, ordered on it and was not reminded; in June she had her birthday
    sent: dict[str, list[str]] = {}
    for mail in reversed(mail_sink.latest(limit=500)):
        sent.setdefault(mail.recipient.split("@")[0], []).append(mail.subject)
    assert sent["rosa"] == ["Alles Gute zum Geburtstag, Rosa!", "Rosa, lange nicht gesehen"]
    # Lena was in the segment before the measure started: that is no news, and only her birthday brings a mail
    assert sent["lena"] == ["Alles Gute zum Geburtstag, Lena!"]
    # Nico never stayed away and told no birthday
    assert "nico" not in sent

    # Otto gets no advertising: not one mail, code, contact or arm, and the reason is on record
    assert "otto" not in sent
    for table in (Message, Voucher, Contact):
        assert not table._base_manager.filter(customer=otto).exists()
    refused = Enrolment._base_manager.filter(customer=otto).values_list("exit_reason", flat=True)
    assert set(refused) == {"objection"}
    assert len(refused) == 2  # once on his birthday, once when he stayed away
    assert set(Decision._base_manager.filter(customer=otto).values_list("reason", flat=True)) == {"objection"}

    # Heidi gets nothing of her measures, though she walked through both
    assert "heidi" not in sent
    for table in (Message, Voucher, Contact):
        assert not table._base_manager.filter(customer=heidi).exists()
    walked = Enrolment._base_manager.filter(customer=heidi).values_list("journey__measure__key", "arm", "status")
    assert set(walked) == {("win-back", "holdout", "done"), ("birthday-gift", "holdout", "done")}

    # nobody gets anything twice: mails, codes, contacts and decisions to send are one each
    assert max(Counter((who, subject) for who, subjects in sent.items() for subject in subjects).values()) == 1
    assert Message._base_manager.count() == mail_sink.count() == Contact._base_manager.count() == 3
    assert Voucher._base_manager.filter(cancelled_at=None).count() == 3
    assert set(Message._base_manager.values_list("status", flat=True)) == {"done"}
    # and nobody is left half-way
    assert not Enrolment._base_manager.filter(status__in=("due", "claimed", "failed")).exists()
