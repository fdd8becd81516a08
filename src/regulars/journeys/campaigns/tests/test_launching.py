"""From a draft to messages: whom it takes in, when, and what keeps it from going out."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Decision, Topic, TopicChoice
from regulars.journeys.actions import take_in_page
from regulars.journeys.before_start import NotReady
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.actions import ArmDraft
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.models import Enrolment
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.models import Message


def test_a_campaign_goes_once_to_the_members_of_its_segment(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime, make_customer: Any
) -> None:
    # given ten people, and one without consent
    people = crowd(10)
    crowd(1, "X", consents=())
    row = campaign(holdout_share=Decimal("0.3"))
    # when it is launched, twice, and everything runs
    for _n in range(2):
        actions.launch(row, now)
    house.turn(now)
    got = house.hand_over(now)
    house.turn(now + timedelta(hours=2))
    # then each treated customer has one message, those held out none, and the one without consent a reason
    arms = Counter(Enrolment._base_manager.values_list("arm", flat=True))
    held = set(Enrolment._base_manager.filter(arm="holdout").values_list("customer_id", flat=True))
    assert arms["treated"] + arms["holdout"] == 10
    assert arms["holdout"] > 0
    assert arms[""] == 1
    assert sorted(got) == sorted(one.pk for one in people if one.pk not in held)
    assert not Message._base_manager.filter(customer_id__in=held).exists()
    assert Decision._base_manager.filter(reason="no_consent").count() == 1
    # and it is done by itself
    row.refresh_from_db()
    assert (row.status, row.measure.status) == ("done", "stopped")
    # and who becomes a member later gets nothing
    crowd(3, "L")
    house.turn(now + timedelta(days=1))
    assert house.hand_over(now + timedelta(days=1)) == []


def test_it_waits_for_its_moment(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime
) -> None:
    crowd(3)
    at = now + timedelta(days=2)
    row = actions.launch(campaign(timing="moment", starts_at=at), now)
    house.turn(at - timedelta(seconds=1))
    assert (row.status, Enrolment._base_manager.count()) == ("planned", 0)
    crowd(2, "N")  # became members by the launch
    house.turn(at)
    assert len(house.hand_over(at)) == 5


@pytest.mark.parametrize(
    ("day", "hour", "zone", "expected"),
    [
        # an ordinary day, on three clocks
        (date(2026, 6, 10), 10, "Europe/Berlin", datetime(2026, 6, 10, 8, tzinfo=UTC)),
        (date(2026, 6, 10), 10, "America/Los_Angeles", datetime(2026, 6, 10, 17, tzinfo=UTC)),
        (date(2026, 6, 10), 10, "Pacific/Auckland", datetime(2026, 6, 9, 22, tzinfo=UTC)),
        # the days on which the clock is changed; 2 o'clock is left out in March, and comes twice in October
        (date(2027, 3, 28), 10, "Europe/Berlin", datetime(2027, 3, 28, 8, tzinfo=UTC)),
        (date(2027, 3, 28), 2, "Europe/Berlin", datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (date(2026, 10, 25), 10, "Europe/Berlin", datetime(2026, 10, 25, 9, tzinfo=UTC)),
        (date(2026, 10, 25), 2, "Europe/Berlin", datetime(2026, 10, 25, 0, tzinfo=UTC)),
    ],
)
def test_an_hour_on_each_customers_clock(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, shop: Any,
    day: date, hour: int, zone: str, expected: datetime,
) -> None:  # fmt: skip
    crowd(1, timezone=zone)
    planned = datetime(2026, 6, 1, 12, tzinfo=UTC)
    row = campaign([ArmDraft(templates[0], hour=hour)], timing="local", day=day)
    actions.launch(row, planned)
    begins = Campaign._base_manager.get(pk=row.pk).begins_at
    house.turn(begins)
    assert begins <= expected
    house.turn(expected - timedelta(seconds=1))
    assert not Message._base_manager.exists()
    house.turn(expected)
    assert Message._base_manager.count() == 1


def test_who_does_not_want_the_topic_is_left_out(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, shop: Any, now: datetime
) -> None:
    people = crowd(5)
    topic = Topic._base_manager.create(shop=shop, key="neu", names={"de": "Neues"})
    for one, wanted in ((people[0], False), (people[1], True)):
        TopicChoice._base_manager.create(shop=shop, customer=one, topic=topic, is_wanted=wanted, at=now)
    actions.launch(campaign(topic=topic), now)
    house.turn(now)
    assert sorted(house.hand_over(now)) == sorted(one.pk for one in people[1:])
    assert [one.customer_id for one in Decision._base_manager.filter(reason="topic")] == [people[0].pk]


def test_nearly_everybody_asks_again(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime, settings: Any
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    crowd(20)
    row = campaign()
    for agreed in (None, 3, 9_999_999):
        with pytest.raises(Refused) as refused:
            actions.launch(row, now, agreed=agreed)
        assert (refused.value.code, "20" in str(refused.value)) == ("everybody", True)
    row.refresh_from_db()
    assert (row.status, row.measure) == ("draft", None)
    assert actions.launch(row, now, agreed=20).status == "sending"


def test_a_segment_that_grew_to_everybody_until_its_moment_pauses(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], segment: Any, house: Any, now: datetime, settings: Any
) -> None:
    settings.REGULARS_CAMPAIGN_ASKS_ABOVE = 50
    crowd(20)
    segment.rule = {"field": "number_of_nothing"}
    few = {"all": [{"field": "orders", "op": "at_least", "value": 0}, {"field": "country", "op": "is", "value": "AT"}]}
    segment.rule = few
    segment.save()
    crowd(4, "A", country="AT")
    at = now + timedelta(days=1)
    row = actions.launch(campaign(timing="moment", starts_at=at), now)
    from regulars.decide.segments.models import CustomerProfile
    from regulars.know.customers.models import Customer

    Customer._base_manager.update(country="AT")
    CustomerProfile._base_manager.update(country="AT")
    house.turn(at)
    row.refresh_from_db()
    assert (row.status, row.pause_reason, Enrolment._base_manager.count()) == ("paused", "everybody", 0)
    with pytest.raises(Refused):
        actions.resume(row, at)
    assert actions.resume(row, at, agreed=24).status == "sending"
    house.turn(at)
    assert len(house.hand_over(at)) == 24


@pytest.mark.parametrize(
    ("values", "arms", "words"),
    [
        ({"segment": None}, None, "segment"),
        ({"timing": "moment"}, None, "when"),
        ({"timing": "moment", "starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, None, "over"),
        ({"timing": "local"}, None, "hour"),
        ({"tests": "time"}, None, "2 to 5"),
        ({"tests": "subject"}, 2, "same"),
        ({"tests": "subject", "test_share": Decimal("0.95")}, 2, "90"),
        ({}, 0, "mail"),
    ],
)
def test_what_is_not_finished_is_not_launched(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], templates: Any, now: datetime,
    values: dict[str, Any], arms: int | None, words: str,
) -> None:  # fmt: skip
    from django.utils.translation import override

    crowd(3)
    made = None if arms is None else [ArmDraft(templates[0] if arms else None) for _n in range(max(1, arms))]
    row = campaign(made, **values)
    with override("en"), pytest.raises(Refused, match=words):
        actions.launch(row, now)
    row.refresh_from_db()
    assert (row.status, row.measure) == ("draft", None)


def test_a_launched_campaign_is_not_changed_any_more(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], shop: Any, now: datetime, templates: Any
) -> None:
    crowd(3)
    row = campaign()
    actions.launch(row, now)
    with pytest.raises(Refused):
        actions.save(shop, {"name": "Anders"}, None, now, campaign=row)
    with pytest.raises(Refused):
        actions.delete(row, now)
    with override("de"):
        again = actions.copy(row, now)
    assert (again.status, again.key, again.arms.get().template) == ("draft", "sommer-kopie", templates[0])


def test_queries_do_not_grow_with_the_page(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], shop: Any, now: datetime, house: Any
) -> None:
    topic = Topic._base_manager.create(shop=shop, key="neu", names={"de": "Neues"})
    crowd(60)
    actions.launch(campaign(topic=topic), now)
    counts = []
    for limit in (3, 50):
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            assert take_in_page(shop, now, limit=limit) == limit
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_error_in_the_mail_keeps_a_campaign_from_going_out(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], templates: Any, shop: Any, now: datetime
) -> None:
    # given a mail with a link that leads nowhere
    crowd(3)
    wrong = '<mj-section><mj-column><mj-text><a href="https://plattenkiste">Neu</a></mj-text></mj-column></mj-section>'
    messaging.save_template(shop, "sommer", "Sommer", "de", "Sommer", "", wrong, now)
    row = campaign()
    # when it is launched, then the mail and the remedy are named, and it stays a draft
    with override("en"), pytest.raises(NotReady) as refused:
        actions.launch(row, now, confirmed="")
    assert refused.value.code == "checks"
    assert "Sommer (de): “https://plattenkiste” is no web address. Write it whole" in str(refused.value)
    row.refresh_from_db()
    assert (row.status, row.measure, Message._base_manager.count()) == ("draft", None, 0)


def test_warnings_of_the_mail_are_confirmed_before_it_goes_out(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], now: datetime
) -> None:
    crowd(3)
    row = campaign()
    with override("en"), pytest.raises(NotReady) as asked:
        actions.launch(row, now, confirmed="")
    assert (asked.value.code, "Sommer (en): This language is missing." in str(asked.value)) == ("warnings", True)
    row.refresh_from_db()
    assert row.status == "draft"
    assert actions.launch(row, now, confirmed=asked.value.fingerprint).status == "sending"


def test_an_own_subject_is_what_is_looked_at(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], templates: Any, now: datetime
) -> None:
    crowd(3)
    row = campaign([ArmDraft(templates[0], {"de": "Hallo {{ customer.nobody }}"})])
    with override("en"), pytest.raises(NotReady, match=r"There is no variable “customer.nobody”"):
        actions.launch(row, now)
