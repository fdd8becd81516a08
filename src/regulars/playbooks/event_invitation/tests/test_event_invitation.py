"""Simulated customers: Rosa comes, Nico is silent and asked once more, Lena declines; Otto and Heidi are not asked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.simulated import bought, mails_to, treat

from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.reward.gatherings import actions as gatherings
from regulars.reward.gatherings.models import Attendance

ASIDE = ("insights.facts", "insights.fit", "insights.scores")


def gathering_on(shop: Any, now: datetime, starts: datetime, title: str) -> Any:
    """An open gathering."""
    made = gatherings.create(
        shop, now=now, kind="meet_up", titles={"de": title}, place="Rillenweg 33", starts_at=starts,
        ends_at=starts + timedelta(hours=3),
    )  # fmt: skip
    return gatherings.open_up(shop, made.pk, now=now)


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
    # given five regulars, a measure that runs, and another evening long since open
    for one in (rosa, nico, lena, otto, heidi):
        bought(shop, one, "LP", now, 90, 60, 30)
    gathering_on(shop, now, now + timedelta(days=3), "Flohmarkt")
    at = live_until(shop, now, now + timedelta(hours=6), skip=ASIDE)
    measure = actions.launch(shop, "event_invitation", {"days_before": 3}, at, agreed=5)
    treat(shop, measure, at, rosa, nico, lena, held_out=heidi)
    at = live_until(shop, at, at + timedelta(hours=12), skip=ASIDE)
    assert mail_sink.count() == 0
    # when an evening is opened
    evening = gathering_on(shop, at, at + timedelta(days=20), "Hörabend")
    at = live_until(shop, at, at + timedelta(days=3), hours=12, skip=ASIDE)
    # then the regulars are asked to it, and are on its list; Otto and Heidi are on no list
    for one in (rosa, nico, lena):
        assert mails_to(mail_sink, one) == ["Du bist eingeladen: Hörabend"]
    asked = Attendance._base_manager.filter(gathering=evening).values_list("customer_id", flat=True)
    assert set(asked) == {rosa.pk, nico.pk, lena.pk}
    # when Rosa and Lena answer, and the evening comes near
    said = [gatherings.Answer(rosa.pk, "yes"), gatherings.Answer(lena.pk, "no")]
    gatherings.answer(shop, evening.pk, said, at)
    live_until(shop, at, at + timedelta(days=20), hours=12, skip=ASIDE)
    # then each hears what fits their answer, and nobody else anything
    assert mails_to(mail_sink, rosa) == ["Du bist eingeladen: Hörabend", "Bis bald: Hörabend"]
    assert mails_to(mail_sink, nico) == ["Du bist eingeladen: Hörabend", "Kommst du? Hörabend"]
    assert mails_to(mail_sink, lena) == ["Du bist eingeladen: Hörabend"]
    assert mail_sink.count() == 5
    assert mails_to(mail_sink, otto) == mails_to(mail_sink, heidi) == []


def test_who_was_asked_hears_nothing_more_when_it_is_called_off(
    shop: Any, rosa: Any, now: datetime, mail_sink: Any, live_until: Callable[..., datetime]
) -> None:
    bought(shop, rosa, "LP", now, 90, 60, 30)
    at = live_until(shop, now, now + timedelta(hours=6), skip=ASIDE)
    actions.launch(shop, "event_invitation", {}, at, holdout_share="0", agreed=1)
    evening = gathering_on(shop, at, at + timedelta(days=20), "Hörabend")
    at = live_until(shop, at, at + timedelta(days=2), hours=12, skip=ASIDE)
    gatherings.cancel(shop, evening.pk, now=at)
    live_until(shop, at, at + timedelta(days=20), hours=24, skip=ASIDE)
    assert mails_to(mail_sink, rosa) == ["Du bist eingeladen: Hörabend"]
    assert Enrolment._base_manager.get().exit_reason == "no_gathering"
