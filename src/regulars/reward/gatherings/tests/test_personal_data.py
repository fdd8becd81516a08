"""Merged customers have one answer, erased ones give their place back; variables say what a person is asked to."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.know.customers.actions import erase, export, merge
from regulars.reward.gatherings import tokens
from regulars.reward.gatherings.actions import Answer, Arrival, answer, check_in, invite
from regulars.reward.gatherings.models import Attendance
from regulars.reward.gatherings.variables import FIELDS
from regulars.reward.gatherings.variables import gathering as told

pytestmark = pytest.mark.django_db


def test_of_two_answers_the_place_stays_and_the_other_is_given_back(
    shop: Any, rosa: Any, nico: Any, lena: Any, heidi: Any, now: datetime, make_gathering: Any
) -> None:
    one, two = make_gathering(capacity=2), make_gathering(capacity=5, guests_each=1)
    answer(shop, one.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes"), Answer(lena.pk, "yes")], now)
    answer(shop, two.pk, [Answer(nico.pk, "yes", 1), Answer(heidi.pk, "yes", introduced_by=nico.pk)], now)
    invite(shop, two.pk, [rosa.pk], now)
    merge(shop, nico.pk, rosa.pk, now)
    one.refresh_from_db()
    two.refresh_from_db()
    found = Attendance._base_manager.values_list("gathering_id", "customer__number", "status", "guests")
    assert sorted(found.filter(gathering=one)) == [(one.pk, "lena", "yes", 0), (one.pk, "rosa", "yes", 0)]
    assert sorted(found.filter(gathering=two)) == [(two.pk, "heidi", "yes", 0), (two.pk, "rosa", "yes", 1)]
    assert (one.taken, two.taken) == (2, 3)
    assert Attendance._base_manager.get(customer=heidi).introduced_by == rosa


def test_an_erased_customer_leaves_a_place_and_a_figure(
    shop: Any, rosa: Any, nico: Any, now: datetime, make_gathering: Any
) -> None:
    past = make_gathering(starts_at=now + timedelta(hours=1), ends_at=now + timedelta(hours=2))
    rows = answer(shop, past.pk, [Answer(rosa.pk, "yes")], now)
    coming = make_gathering(capacity=1)
    answer(shop, coming.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes")], now)
    check_in(shop, past.pk, [Arrival(now, "k", attendance_id=rows[rosa.pk].pk)], now + timedelta(hours=1))
    told = next(rows for title, rows in export(shop, rosa.pk).items() if title in ("Gatherings", "Veranstaltungen"))
    assert [(row["gathering"], row["status"]) for row in told] == [("Hörabend", "yes"), ("Hörabend", "yes")]
    erase(shop, [rosa.pk], now + timedelta(hours=3))
    assert list(Attendance._base_manager.filter(gathering=coming).values_list("customer__number", "status")) == [
        ("nico", "yes")
    ]
    kept = Attendance._base_manager.get(gathering=past)
    assert kept.checked_in_at is not None
    assert (kept.ticket, kept.check_in_key, kept.source) == (None, None, "")


def test_a_message_tells_of_the_next_gathering_that_was_not_declined(
    shop: Any, rosa: Any, nico: Any, now: datetime, make_gathering: Any, django_assert_num_queries: Any
) -> None:
    declined = make_gathering(starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))
    coming, later = (
        make_gathering(),
        make_gathering(starts_at=now + timedelta(days=20), ends_at=now + timedelta(days=21)),
    )
    for one in (declined, coming, later):
        invite(shop, one.pk, [rosa.pk], now)
    answer(shop, declined.pk, [Answer(rosa.pk, "no")], now)
    with django_assert_num_queries(1):
        said = told(shop, [rosa.pk, nico.pk], now)
    assert said[nico.pk] == dict.fromkeys(FIELDS, "")
    assert (said[rosa.pk]["title"], said[rosa.pk]["date"], said[rosa.pk]["time"]) == (
        "Hörabend",
        "20. Juni 2026",
        "10:00",
    )
    row = tokens.read(said[rosa.pk]["url"].rpartition("/")[2], now)
    assert row is not None
    assert (row.gathering, row.customer) == (coming, rosa)
    assert tokens.read(said[rosa.pk]["url"].rpartition("/")[2], coming.ends_at + timedelta(days=61)) is None
