"""Places: never more than there are, the waiting list in its order, answers that can be repeated."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event
from regulars.reward.gatherings.actions import (
    Answer,
    answer,
    cancel,
    change,
    close,
    close_over,
    create,
    invite,
    open_up,
)
from regulars.reward.gatherings.models import Attendance, Gathering

pytestmark = pytest.mark.django_db


def statuses(gathering: Gathering) -> dict[str, str]:
    rows = Attendance._base_manager.filter(gathering=gathering)
    return dict(rows.values_list("customer__number", "status"))


def taken(gathering: Gathering) -> int:
    gathering.refresh_from_db()
    return gathering.taken


def events(kind: str) -> list[Any]:
    return list(
        Event._base_manager.filter(type=f"gathering.{kind}").order_by("pk").values_list("customer__number", flat=True)
    )


def test_who_is_invited_is_on_the_list_once(
    shop: Any, rosa: Any, nico: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering()
    erased = Customer._base_manager.create(shop=shop, number="gone", erased_at=now, created_at=now, updated_at=now)
    assert invite(shop, gathering.pk, [rosa.pk, nico.pk, erased.pk], now) == 2
    assert invite(shop, gathering.pk, [rosa.pk, nico.pk, erased.pk], now + timedelta(days=1)) == 0
    assert statuses(gathering) == {"rosa": "invited", "nico": "invited"}
    assert sorted(events("invited")) == ["nico", "rosa"]
    assert Event._base_manager.filter(type="gathering.invited").first().data["title"] == "Hörabend"
    assert taken(gathering) == 0


def test_a_full_gathering_fills_its_waiting_list_and_moves_up_in_order(
    shop: Any, rosa: Any, nico: Any, lena: Any, heidi: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering(capacity=2, guests_each=2)
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes", guests=1)], now)
    for minute, one in enumerate((nico, lena, heidi)):
        answer(
            shop, gathering.pk, [Answer(one.pk, "yes", guests=2 if one is nico else 0)], now + timedelta(minutes=minute)
        )
    assert statuses(gathering) == {"rosa": "yes", "nico": "waiting", "lena": "waiting", "heidi": "waiting"}
    # when: Rosa comes alone, one place is free: Nico's three do not fit, Lena is next
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes", guests=0)], now + timedelta(hours=1))
    assert statuses(gathering) == {"rosa": "yes", "nico": "waiting", "lena": "yes", "heidi": "waiting"}
    assert taken(gathering) == 2
    # when: Rosa gives hers back
    answer(shop, gathering.pk, [Answer(rosa.pk, "no")], now + timedelta(hours=2))
    assert statuses(gathering) == {"rosa": "cancelled", "nico": "waiting", "lena": "yes", "heidi": "yes"}
    # when: there is room for all
    change(shop, gathering.pk, now=now + timedelta(hours=3), capacity=5)
    assert statuses(gathering)["nico"] == "yes"
    assert taken(gathering) == 5
    assert events("moved_up") == ["lena", "heidi", "nico"]


def test_an_answer_repeated_changes_nothing(
    shop: Any, rosa: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering(capacity=5, guests_each=1)
    for minute in range(3):
        row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes", guests=1)], now + timedelta(minutes=minute))[rosa.pk]
        assert (row.status, row.guests, row.answered_at) == ("yes", 1, now)
    assert taken(gathering) == 2
    assert events("answered") == ["rosa"]
    for _time in range(2):
        assert answer(shop, gathering.pk, [Answer(rosa.pk, "no")], now)[rosa.pk].status == "cancelled"
    assert taken(gathering) == 0
    assert events("answered") == ["rosa", "rosa"]


def test_more_guests_than_fit_leave_the_place_as_it_was(
    shop: Any, rosa: Any, nico: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering(capacity=2, guests_each=3)
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes")], now)
    row = answer(shop, gathering.pk, [Answer(rosa.pk, "yes", guests=3)], now)[rosa.pk]
    assert (row.status, row.guests, taken(gathering)) == ("yes", 0, 2)


@pytest.mark.parametrize(
    ("fields", "said", "later", "code"),
    [
        ({"capacity": 0, "has_waiting_list": False}, {"says": "yes"}, timedelta(0), "full"),
        ({}, {"says": "yes", "guests": 1}, timedelta(0), "too_many_guests"),
        ({}, {"says": "waiting"}, timedelta(0), "unknown_answer"),
        ({}, {"says": "yes"}, timedelta(days=10), "not_open"),
        ({"is_open": False}, {"says": "yes"}, timedelta(0), "not_open"),
    ],
)
def test_what_cannot_be_answered_leaves_nothing(
    shop: Any, rosa: Any, now: datetime, make_gathering: Any, fields: Any, said: Any, later: timedelta, code: str
) -> None:
    gathering = make_gathering(**fields)
    with pytest.raises(Refused) as refusal:
        answer(shop, gathering.pk, [Answer(rosa.pk, **said)], now + later)
    assert refusal.value.code == code
    assert not Attendance._base_manager.exists()
    assert events("answered") == []


def test_a_closed_gathering_takes_no_yes_but_takes_places_back(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering(capacity=1)
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes")], now)
    close(shop, gathering.pk, now=now)
    with pytest.raises(Refused):
        answer(shop, gathering.pk, [Answer(lena.pk, "yes")], now)
    answer(shop, gathering.pk, [Answer(rosa.pk, "no")], now)
    assert statuses(gathering) == {"rosa": "cancelled", "nico": "yes"}


def test_who_is_concerned_hears_of_the_cancellation_once(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering()
    invite(shop, gathering.pk, [nico.pk], now)
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes"), Answer(lena.pk, "no")], now)
    assert cancel(shop, gathering.pk, now=now) == 2
    assert cancel(shop, gathering.pk, now=now) == 0
    assert sorted(events("cancelled")) == ["nico", "rosa"]
    with pytest.raises(Refused):
        open_up(shop, gathering.pk, now=now)


def test_fewer_places_than_are_taken_are_refused_and_the_database_would_refuse_too(
    shop: Any, rosa: Any, nico: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    gathering = make_gathering(capacity=2)
    answer(shop, gathering.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes")], now)
    with pytest.raises(Refused) as refusal:
        change(shop, gathering.pk, now=now, capacity=1)
    assert refusal.value.code == "places_taken"
    with pytest.raises(IntegrityError):
        Gathering._base_manager.filter(pk=gathering.pk).update(taken=3)


def test_what_is_not_a_gathering_is_refused_with_all_its_faults(shop: Any, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        create(shop, now=now, titles={"de": " "}, starts_at=now, ends_at=now)
    assert str(refusal.value).count(";") == 2
    assert refusal.value.code == "not_valid"
    assert not Gathering._base_manager.exists()


def test_what_is_over_is_closed(shop: Any, now: datetime, make_gathering: Callable[..., Gathering]) -> None:
    gathering = make_gathering()
    assert close_over(shop, gathering.ends_at - timedelta(seconds=1)) == 0
    assert close_over(shop, gathering.ends_at) == 1
    assert close_over(shop, gathering.ends_at) == 0


def test_inviting_and_answering_need_as_many_queries_for_many_as_for_few(
    shop: Any, now: datetime, make_gathering: Any
) -> None:
    people = Customer._base_manager.bulk_create(
        Customer(shop=shop, number=f"c{number}", created_at=now, updated_at=now) for number in range(620)
    )
    ids = [one.pk for one in people]
    gathering = make_gathering(capacity=500)
    asked = []
    for some in (ids[:20], ids[20:]):
        with CaptureQueriesContext(connection) as inviting:
            invite(shop, gathering.pk, some, now)
        with CaptureQueriesContext(connection) as answering:
            answer(shop, gathering.pk, [Answer(one, "yes") for one in some], now)
        asked.append((len(inviting), len(answering)))
    (few_invite, few_answer), (many_invite, many_answer) = asked
    assert many_invite == few_invite
    assert many_answer <= few_answer  # the waiting list is not asked when nothing is free
    assert taken(gathering) == 500
    assert Attendance._base_manager.filter(status="waiting").count() == 120


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_last_places_are_given_once_to_all_who_ask_at_once(shop: Any, now: datetime, make_gathering: Any) -> None:
    """Twelve ask for seven places while others change their minds: afterwards everything adds up."""
    gathering = make_gathering(capacity=7, guests_each=1)
    people = Customer._base_manager.bulk_create(
        Customer(shop=shop, number=f"c{number}", created_at=now, updated_at=now) for number in range(12)
    )
    errors: list[Exception] = []
    start = threading.Barrier(len(people))

    def ask(number: int, customer: Any) -> None:
        start.wait()
        try:
            for says, guests in (("yes", number % 2), ("no", 0), ("yes", 0), ("yes", 1), ("yes", 0)):
                answer(shop, gathering.pk, [Answer(customer.pk, says, guests)], now + timedelta(minutes=number))
        except Exception as error:  # noqa: BLE001 (a thread tells what went wrong)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=pair) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    placed = Attendance._base_manager.filter(gathering=gathering, status="yes")
    persons = sum(row.persons for row in placed)
    assert persons == taken(gathering) == 7
    assert Attendance._base_manager.filter(gathering=gathering).count() == 12
