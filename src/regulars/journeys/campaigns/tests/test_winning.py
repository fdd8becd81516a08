"""Arms and winners: drawn by a keyed hash, judged by the stated rule, honest where nothing is proven."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.actions import ArmDraft
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.campaigns.results import arms_figures, progress_of
from regulars.journeys.models import Enrolment, SplitDraw
from regulars.know.orders.models import Order
from regulars.reach.messaging.models import Message


def subjects(template: Any, *texts: str, shares: tuple[str, ...] = ()) -> list[ArmDraft]:
    return [
        ArmDraft(template, {"de": text}, share=Decimal(share))
        for text, share in zip(texts, shares or ("0.5",) * len(texts), strict=True)
    ]


def subject_of(customers: Any) -> Counter[str]:
    return Counter(Message._base_manager.filter(customer_id__in=customers).values_list("version__subject", flat=True))


@pytest.fixture
def tested(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, now: datetime
) -> Callable[..., tuple[Campaign, dict[str, list[int]]]]:
    """A test of two subjects on half of 200 people, handed over: the campaign, and who is in which way."""

    def make(**values: Any) -> tuple[Campaign, dict[str, list[int]]]:
        crowd(200)
        whole = {"tests": "subject", "test_share": Decimal("0.5"), "least": 20, "wait_hours": 24, **values}
        row = actions.launch(campaign(subjects(templates[0], "Eins", "Zwei"), **whole), now)
        house.turn(now)
        house.hand_over(now)
        ways: dict[str, list[int]] = {}
        for way, customer in SplitDraw._base_manager.values_list("way", "enrolment__customer_id"):
            ways.setdefault(way, []).append(customer)
        return row, ways

    return make


def clicks(customers: list[int], at: datetime) -> None:
    Message._base_manager.filter(customer_id__in=customers).update(first_opened_at=at, first_clicked_at=at)


def test_only_the_test_is_sent_before_the_winner_is_known(tested: Callable[..., Any], now: datetime) -> None:
    row, ways = tested()
    assert set(ways) == {"a", "b", "rest"}
    assert all(30 <= len(ways[arm]) <= 70 for arm in ("a", "b"))
    assert subject_of(ways["a"]) == {"Eins": len(ways["a"])}
    assert subject_of(ways["b"]) == {"Zwei": len(ways["b"])}
    assert subject_of(ways["rest"]) == {}
    progress = progress_of([row])[row.pk]
    assert (progress.treated, progress.waiting_for_winner, progress.sent) == (
        200,
        len(ways["rest"]),
        200 - len(ways["rest"]),
    )


def test_the_proven_winner_goes_to_the_rest(tested: Callable[..., Any], house: Any, now: datetime) -> None:
    # given many more clicks in the second arm
    row, ways = tested()
    clicks(ways["a"][:4], now + timedelta(hours=1))
    clicks(ways["b"][:25], now + timedelta(hours=1))
    # when the wait is not over, then nothing is decided
    house.turn(now + timedelta(hours=23, minutes=59))
    row.refresh_from_db()
    assert row.winner == ""
    # when it is over
    at = now + timedelta(hours=25)
    house.turn(at)
    got = house.hand_over(at)
    # then the rest gets the second subject, each once
    row.refresh_from_db()
    assert (row.winner, row.verdict["has_won"], row.verdict["reason"]) == ("b", True, "proven")
    assert row.verdict["low"] > 0
    assert sorted(got) == sorted(ways["rest"])
    assert subject_of(ways["rest"]) == {"Zwei": len(ways["rest"])}
    house.turn(at + timedelta(hours=3))
    row.refresh_from_db()
    assert row.status == "done"
    assert Message._base_manager.count() == 200


def test_equal_arms_have_no_winner_and_the_first_goes(tested: Callable[..., Any], house: Any, now: datetime) -> None:
    row, ways = tested()
    clicks(ways["a"][:5], now + timedelta(hours=1))
    clicks(ways["b"][:7], now + timedelta(hours=1))
    at = now + timedelta(hours=25)
    house.turn(at)
    row.refresh_from_db()
    assert (row.winner, row.verdict["has_won"], row.verdict["reason"]) == ("a", False, "equal")
    assert row.verdict["low"] < 0 < row.verdict["high"]
    assert subject_of(ways["rest"]) == {"Eins": len(ways["rest"])}


def test_too_few_customers_prove_nothing(tested: Callable[..., Any], house: Any, now: datetime) -> None:
    row, ways = tested(least=1000)
    clicks(ways["b"], now + timedelta(hours=1))
    house.turn(now + timedelta(hours=25))
    row.refresh_from_db()
    assert (row.winner, row.verdict["reason"]) == ("a", "too_few")


def test_the_most_revenue_wins(tested: Callable[..., Any], house: Any, shop: Any, now: datetime) -> None:
    row, ways = tested(winner_by="revenue")
    for number, customer in enumerate(ways["b"]):
        Order._base_manager.create(
            shop=shop, customer_id=customer, number=f"O{number}", placed_at=now + timedelta(hours=2), currency="EUR",
            value=5000 + number, list_value=5000 + number, units=1,
        )  # fmt: skip
    figures = arms_figures(row, now + timedelta(hours=25))
    assert (figures["b"].ordered, figures["a"].ordered) == (len(ways["b"]), 0)
    assert figures["b"].revenue == sum(5000 + number for number in range(len(ways["b"])))
    house.turn(now + timedelta(hours=25))
    row.refresh_from_db()
    assert (row.winner, row.verdict["has_won"]) == ("b", True)


def test_a_pause_in_the_test_puts_the_decision_off(tested: Callable[..., Any], house: Any, now: datetime) -> None:
    row, _ways = tested()
    actions.pause(row, now + timedelta(hours=1))
    house.turn(now + timedelta(days=3))
    row.refresh_from_db()
    assert row.winner == ""
    actions.resume(row, now + timedelta(days=3))
    house.turn(now + timedelta(days=3))
    row.refresh_from_db()
    assert row.winner == "a"


def test_the_winner_is_chosen_once(tested: Callable[..., Any], house: Any, now: datetime) -> None:
    row, ways = tested()
    house.turn(now + timedelta(hours=25))
    clicks(ways["b"], now + timedelta(hours=26))
    assert actions.decide(row, now + timedelta(hours=27)) is False
    row.refresh_from_db()
    assert row.winner == "a"


def test_the_draw_of_a_customer_is_the_same_every_time(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, now: datetime
) -> None:
    # given everybody drawn once, three arms with shares
    crowd(120)
    arms = subjects(templates[0], "Eins", "Zwei", "Drei", shares=("0.5", "0.25", "0.25"))
    actions.launch(campaign(arms, tests="subject"), now)
    house.turn(now)
    before = dict(SplitDraw._base_manager.values_list("enrolment_id", "way"))
    assert set(before.values()) == {"a", "b", "c"}
    # when the draws are lost and drawn again
    SplitDraw._base_manager.all().delete()
    Enrolment._base_manager.update(step="test", status="due", due_at=now)
    house.turn(now)
    # then they are the same, and nobody has a second message
    assert dict(SplitDraw._base_manager.values_list("enrolment_id", "way")) == before
    assert Message._base_manager.count() == 120


def test_times_of_day_are_compared_on_the_customers_clock(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], house: Any, templates: Any, now: datetime
) -> None:
    crowd(40)
    day = (now + timedelta(days=1)).date()
    arms = [ArmDraft(templates[0], hour=9), ArmDraft(templates[0], hour=17)]
    row = actions.launch(campaign(arms, tests="time", timing="local", day=day), now)
    midnight = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo) - timedelta(hours=2)
    house.turn(row.begins_at)
    house.turn(midnight)
    ways = dict(SplitDraw._base_manager.values_list("enrolment__customer_id", "way"))
    for hour, arm in ((9, "a"), (17, "b")):
        house.turn(midnight + timedelta(hours=hour))
        got = house.hand_over(midnight + timedelta(hours=hour))
        assert got
        assert {ways[one] for one in got} == {arm}
