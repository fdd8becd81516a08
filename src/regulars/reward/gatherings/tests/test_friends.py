"""A guest asks a friend; guests see each other's first names only if both want it; silent friends are forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers.actions import erase
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event
from regulars.reach.messaging.models import Message
from regulars.reach.signups.actions import DEFAULT_TEXTS, save_form
from regulars.reach.signups.models import Signup
from regulars.reward.gatherings.actions import (
    Answer,
    Friend,
    answer,
    ask_friend,
    close,
    forget_friends,
    seen_by,
    show_name,
)
from regulars.reward.gatherings.actions import friends as friends_actions
from regulars.reward.gatherings.models import Attendance, Gathering

pytestmark = pytest.mark.django_db


@pytest.fixture
def evening(make_gathering: Callable[..., Gathering], rosa: Any, now: datetime) -> Gathering:
    """Two places, one of them Rosa's."""
    made = make_gathering(capacity=2, takes_friends=True)
    answer(made.shop, made.pk, [Answer(rosa.pk, "yes")], now)
    return made


def guest(gathering: Gathering, customer: Any) -> Attendance:
    return Attendance._base_manager.select_related("customer", "gathering").get(gathering=gathering, customer=customer)


def test_a_friend_is_asked_once_answers_alone_and_takes_a_place_like_anybody(
    shop: Any, rosa: Any, now: datetime, evening: Gathering
) -> None:
    friend = Friend("Frieda@Example.com", "Frieda", "de")
    row = ask_friend(shop, guest(evening, rosa), friend, now)
    assert row is not None
    assert (row.status, row.introduced_by_id, row.customer.first_name) == ("invited", rosa.pk, "Frieda")
    evening.refresh_from_db()
    assert evening.taken == 1  # asking takes no place
    # the mail is the friend's, tells who asks, and its link is the friend's own
    message = Message._base_manager.get(customer=row.customer)
    assert (message.purpose, message.values["friend.of"]) == ("service", "Rosa")
    assert "/g/" in message.values["gathering.url"]
    assert not Consent._base_manager.filter(customer=row.customer).exists()
    told = Event._base_manager.get(type="gathering.introduced")
    assert (told.customer_id, told.data["friend"]) == (rosa.pk, row.customer_id)
    # asked again, by whatever spelling, nothing happens
    assert ask_friend(shop, guest(evening, rosa), Friend("frieda@example.com", "F", "de"), now) is None
    assert Message._base_manager.filter(customer=row.customer).count() == 1
    # the place is given by the answer, and the capacity holds for friends, too
    answer(shop, evening.pk, [Answer(row.customer_id, "yes")], now)
    third = ask_friend(shop, guest(evening, rosa), Friend("emil@example.com", "Emil", "de"), now)
    assert third is not None
    assert answer(shop, evening.pk, [Answer(third.customer_id, "yes")], now)[third.customer_id].status == "waiting"


def test_a_consent_comes_only_by_double_opt_in(shop: Any, rosa: Any, now: datetime, evening: Gathering) -> None:
    save_form(shop, "news", "News", DEFAULT_TEXTS, now=now)
    row = ask_friend(shop, guest(evening, rosa), Friend("frieda@example.com", "Frieda", "de", wants_news=True), now)
    assert row is not None
    assert [one.state for one in Consent._base_manager.filter(customer=row.customer)] == ["pending"]
    assert Signup._base_manager.get().state == "pending"


def test_who_is_known_keeps_name_and_wishes(shop: Any, rosa: Any, otto: Any, now: datetime, evening: Gathering) -> None:
    row = ask_friend(shop, guest(evening, rosa), Friend("otto@example.com", "Oddo", "de"), now)
    assert row is not None
    otto.refresh_from_db()
    assert (row.customer_id, row.made_customer, otto.first_name) == (otto.pk, False, "Otto")
    assert not Consent._base_manager.filter(customer=otto, state="granted").exists()


def test_erased_people_are_not_brought_back(shop: Any, rosa: Any, nico: Any, now: datetime, evening: Gathering) -> None:
    erase(shop, [nico.pk], now)
    before = Customer._base_manager.count()
    assert ask_friend(shop, guest(evening, rosa), Friend("nico@example.com", "Nico", "de"), now) is None
    assert Customer._base_manager.count() == before


def test_what_is_refused(
    shop: Any, rosa: Any, now: datetime, evening: Gathering, make_gathering: Any, monkeypatch: Any
) -> None:
    with pytest.raises(Refused):
        ask_friend(shop, guest(evening, rosa), Friend("frieda", "Frieda", "de"), now)
    monkeypatch.setattr(friends_actions, "FRIENDS_EACH", 1)
    ask_friend(shop, guest(evening, rosa), Friend("a@example.com", "", "de"), now)
    assert ask_friend(shop, guest(evening, rosa), Friend("b@example.com", "", "de"), now) is None
    assert not Customer._base_manager.filter(identities__key="b@example.com").exists()
    close(shop, evening.pk, now=now)
    private = make_gathering()
    answer(shop, private.pk, [Answer(rosa.pk, "yes")], now)
    for one in (evening, private):
        with pytest.raises(Refused):
            ask_friend(shop, guest(one, rosa), Friend("c@example.com", "", "de"), now)


def test_names_are_seen_by_those_only_who_come_and_show_theirs(
    shop: Any, rosa: Any, nico: Any, lena: Any, now: datetime, make_gathering: Any
) -> None:
    evening = make_gathering()
    answer(shop, evening.pk, [Answer(rosa.pk, "yes"), Answer(nico.pk, "yes"), Answer(lena.pk, "maybe")], now)
    for one in (nico, lena):
        show_name(guest(evening, one).pk, is_seen=True)
    assert seen_by(guest(evening, rosa)) == []
    show_name(guest(evening, rosa).pk, is_seen=True)
    assert seen_by(guest(evening, rosa)) == ["Nico"]  # Lena may come, perhaps
    assert seen_by(guest(evening, lena)) == []
    show_name(guest(evening, nico).pk, is_seen=False)
    assert seen_by(guest(evening, rosa)) == []


def test_silent_friends_are_forgotten_when_it_is_over_and_nobody_else_is(
    shop: Any, rosa: Any, nico: Any, now: datetime, evening: Gathering
) -> None:
    save_form(shop, "news", "News", DEFAULT_TEXTS, now=now)
    silent = ask_friend(shop, guest(evening, rosa), Friend("a@example.com", "A", "de"), now)
    asked_for_mail = ask_friend(shop, guest(evening, rosa), Friend("b@example.com", "B", "de", wants_news=True), now)
    said_no = ask_friend(shop, guest(evening, rosa), Friend("c@example.com", "C", "de"), now)
    known = ask_friend(shop, guest(evening, rosa), Friend("nico@example.com", "N", "de"), now)
    assert silent
    assert asked_for_mail
    assert said_no
    assert known
    answer(shop, evening.pk, [Answer(said_no.customer_id, "no")], now)
    assert forget_friends(shop, now) == 0
    later = evening.ends_at + timedelta(hours=1)
    assert forget_friends(shop, later) == 2
    left = set(Customer._base_manager.values_list("pk", flat=True))
    assert silent.customer_id not in left
    assert {asked_for_mail.customer_id, said_no.customer_id, known.customer_id, rosa.pk} <= left
    assert forget_friends(shop, later) == 0


def test_forgetting_needs_as_many_queries_for_many_as_for_few(
    shop: Any, rosa: Any, now: datetime, make_gathering: Callable[..., Gathering]
) -> None:
    counts = []
    for number in (1, 8):
        evening = make_gathering(takes_friends=True)
        answer(shop, evening.pk, [Answer(rosa.pk, "yes")], now)
        for n in range(number):
            ask_friend(shop, guest(evening, rosa), Friend(f"f{number}-{n}@example.com", "F", "de"), now)
        with CaptureQueriesContext(connection) as queries:
            assert forget_friends(shop, evening.ends_at + timedelta(hours=1)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]
