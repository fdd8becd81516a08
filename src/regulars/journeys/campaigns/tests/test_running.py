"""A campaign under way: pace, pause, resume, cancel. What was handed over stays; nothing is lost, nothing goes twice."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact, ContactRequest
from regulars.journeys.campaigns import actions, sweeps
from regulars.journeys.campaigns.actions import ArmDraft
from regulars.journeys.campaigns.models import HELD, Campaign
from regulars.journeys.models import Enrolment
from regulars.reach.messaging.models import Message
from regulars.reward.offers.models import Voucher

OFFER = {"offer": "percent", "percent": 10, "valid_days": 14}


def states() -> dict[str, int]:
    return dict(Counter(Message._base_manager.values_list("status", flat=True)))


def test_a_pause_holds_what_was_not_handed_over_and_a_resume_lets_it_go(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime
) -> None:
    # given ten messages, of which four are handed over
    crowd(10)
    row = actions.launch(campaign(), now)
    house.turn(now)
    first = house.hand_over(now, limit=4)
    # when it is paused, twice
    for _n in range(2):
        assert actions.pause(row, now).status == "paused"
    house.turn(now + timedelta(minutes=5))
    # then the others wait, and nothing more goes out for as long as that lasts
    assert states() == {"done": 4, "waiting": 6}
    for hours in (1, 24, 24 * 30):
        at = now + timedelta(hours=hours)
        house.turn(at)
        assert house.hand_over(at) == []
    # and after it is resumed each of them goes out once
    later = now + timedelta(days=30)
    actions.resume(row, later)
    house.turn(later)
    second = house.hand_over(later)
    house.turn(later + timedelta(hours=3))
    assert len(first) + len(second) == len({*first, *second}) == 10
    assert Contact._base_manager.count() == 10
    row.refresh_from_db()
    assert row.status == "done"


def test_who_comes_to_the_message_during_a_pause_is_held_there(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime
) -> None:
    crowd(5)
    row = actions.launch(campaign(), now)
    actions.pause(row, now)
    house.turn(now)
    assert not Message._base_manager.exists()
    assert set(Enrolment._base_manager.values_list("step", "due_at")) == {("a-send", HELD)}
    actions.resume(row, now + timedelta(hours=1))
    house.turn(now + timedelta(hours=1))
    assert len(house.hand_over(now + timedelta(hours=1))) == 5


def test_a_killed_pause_or_resume_is_carried_on_by_the_sweep(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, shop: Any, now: datetime
) -> None:
    # given a pause of which only the first transaction was written
    crowd(6)
    row = actions.launch(campaign(), now)
    house.turn(now)
    Campaign._base_manager.filter(pk=row.pk).update(status="paused", paused_at=now)
    with scope(shop=shop):
        assert sweeps.run(shop, now) == 6
        assert sweeps.run(shop, now) == 0
    assert house.hand_over(now) == []
    # and a resume likewise
    Campaign._base_manager.filter(pk=row.pk).update(status="sending", paused_at=None)
    house.turn(now)
    assert len(house.hand_over(now)) == 6


def test_a_message_that_comes_back_for_a_retry_during_a_pause_is_held(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, shop: Any, now: datetime
) -> None:
    # given a message that the gate confirmed and the server deferred
    crowd(1)
    row = actions.launch(campaign(), now)
    house.turn(now)
    Message._base_manager.update(status="claimed")
    ContactRequest._base_manager.update(confirmed_at=now)
    actions.pause(row, now)
    assert states() == {"claimed": 1}  # on its way: nobody calls it back
    Message._base_manager.update(status="due", due_at=now + timedelta(minutes=1))
    # when the sweep comes by before the next try
    house.turn(now + timedelta(seconds=5))
    assert states() == {"waiting": 1}
    assert house.hand_over(now + timedelta(minutes=2)) == []
    actions.resume(row, now + timedelta(minutes=3))
    house.turn(now + timedelta(minutes=3))
    assert len(house.hand_over(now + timedelta(minutes=3))) == 1


def test_a_cancelled_campaign_withdraws_what_is_open_and_the_codes_that_nobody_saw(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, now: datetime
) -> None:
    crowd(8)
    row = actions.launch(campaign([ArmDraft(templates[0], offer=OFFER)]), now)
    house.turn(now)
    got = house.hand_over(now, limit=3)
    actions.pause(row, now)
    for _n in range(2):
        assert actions.cancel(row, now).status == "cancelled"
    house.turn(now)
    assert states() == {"done": 3, "cancelled": 5}
    alive = Voucher._base_manager.filter(cancelled_at=None).values_list("customer_id", flat=True)
    assert sorted(alive) == sorted(got)
    with pytest.raises(Refused):
        actions.pause(row, now)
    house.turn(now + timedelta(days=3))
    assert house.hand_over(now + timedelta(days=3)) == []


def test_a_planned_campaign_can_be_cancelled(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime
) -> None:
    crowd(2)
    row = actions.launch(campaign(timing="moment", starts_at=now + timedelta(days=1)), now)
    actions.cancel(row, now)
    house.turn(now + timedelta(days=2))
    assert not Enrolment._base_manager.exists()


def test_the_pace_is_kept_over_pauses_and_nights(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, shop: Any, now: datetime
) -> None:
    # given 30 people at ten messages an hour
    crowd(30)
    row = actions.launch(campaign(per_hour=10), now)
    sent: list[tuple[datetime, int]] = []
    paused_from, paused_until = now + timedelta(hours=1), now + timedelta(hours=2)
    # when two days go by in steps of a minute, with a pause of an hour
    at = now
    while len({who for _at, who in sent}) < 30 and at < now + timedelta(days=2):
        if at == paused_from:
            actions.pause(row, at)
        if at == paused_until:
            actions.resume(row, at)
        house.turn(at)
        got = house.hand_over(at)
        assert not (got and paused_from <= at < paused_until)
        sent += [(at, who) for who in got]
        at += timedelta(minutes=2)
    # then everybody got it once, and in no hour were there more than ten
    assert len(sent) == len({who for _at, who in sent}) == 30
    for start, _who in sent:
        assert sum(start <= when < start + timedelta(hours=1) for when, _one in sent) <= 11
    assert sent[-1][0] - now >= timedelta(hours=3)


def test_places_of_the_pace_skip_the_night(shop: Any, now: datetime) -> None:
    from regulars.journeys.steps.pace import _places

    evening = now.replace(hour=17, minute=30)  # half past seven in Berlin; quiet from eight to eight
    places = _places(shop, None, 4, evening)
    found = [next(places) for _n in range(4)]
    assert found[:2] == [evening, evening + timedelta(minutes=15)]
    assert found[2].astimezone(evening.tzinfo) == (evening + timedelta(days=1)).replace(hour=6, minute=0)
    assert found[3] - found[2] == timedelta(minutes=15)


def test_an_idle_sweep_costs_one_query(campaign: Callable[..., Campaign], shop: Any, now: datetime) -> None:
    campaign()
    with scope(shop=shop), CaptureQueriesContext(connection) as queries:
        assert sweeps.run(shop, now) == 0
    assert len(queries) == 1


def test_queries_of_a_pause_do_not_grow_with_the_messages(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, now: datetime
) -> None:
    counts = []
    for number, size in enumerate((3, 40)):
        crowd(size, f"Q{number}x")
        row = actions.launch(campaign(name=f"Nr {number}"), now)
        house.turn(now)
        with CaptureQueriesContext(connection) as queries:
            actions.pause(row, now)
        counts.append(len(queries))
        actions.cancel(row, now)
    assert counts[0] == counts[1]
