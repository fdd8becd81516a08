"""The call list: whom next, what to say, what came of it; for those who may; one person for each call."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from regulars.channels.call_list import actions
from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Consent, Contact, Suppression
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Iterator[Any]:
    with time_machine.travel(now, tick=False) as moved:
        yield moved


@pytest.fixture
def desk(hire: Any) -> Any:
    """`desk("anna")`: a browser in which she is signed in."""

    def sit(name: str, role: str = "service") -> Client:
        client = Client()
        client.force_login(hire(name, role))
        client.cookies["django_language"] = "en"
        return client

    return sit


def url(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:call-list{name}", args=[shop.slug, *args])


def state() -> tuple[str, str]:
    row = Message._base_manager.get()
    return row.status, row.reason


def taken(shop: Any, client: Any) -> int:
    answer = client.post(url(shop, "-take"))
    return int(answer.headers["Location"].rstrip("/").rpartition("/")[2])


def test_the_call_is_taken_read_made_and_told(shop: Any, now: Any, rosa: Any, call: Any, desk: Any) -> None:
    call(rosa)
    anna, bert = desk("anna"), desk("bert")
    listed = anna.get(url(shop, "")).content.decode()
    assert "Rosa Rot" in listed
    assert "Win back" in listed
    pk = taken(shop, anna)
    page = anna.get(url(shop, "-call", pk)).content.decode()
    assert "Lange nichts gehört" in page
    assert "Guten Tag Rosa, hier ist Plattenkiste." in page
    assert f'href="tel:+49171{2345670 + rosa.pk}"' in page
    assert "shop form" in page
    assert "No order yet." in page
    assert bert.get(url(shop, "-call", pk)).status_code == 302, "it is Anna's"
    assert "1 call is in a colleague’s hands." in bert.get(url(shop, "")).content.decode()
    answer = anna.post(url(shop, "-call", pk), {"outcome": "reached", "note": "will come by"})
    assert answer.status_code == 302
    assert state() == ("done", "")
    assert Contact._base_manager.get().channel == "phone"
    assert Delivery.objects.get().data["note"] == "will come by"
    consent = Consent._base_manager.get(customer=rosa, channel="phone")
    assert consent.last_used_at == now, "§ 7a UWG: the proof is kept five years from this use"
    assert anna.get(url(shop, "-call", pk)).status_code == 302
    assert "Reached" in anna.get(url(shop, "")).content.decode()


def test_who_is_not_reached_is_called_again_on_the_shops_clock(
    shop: Any, now: Any, rosa: Any, call: Any, desk: Any, clock: Any
) -> None:
    call(rosa)
    anna = desk("anna")
    pk = taken(shop, anna)
    wall = (now + timedelta(days=1)).astimezone(ZoneInfo("Europe/Berlin"))
    said = {"outcome": "not_reached", "again_at": f"{wall:%Y-%m-%dT%H:%M}", "note": "voice mail"}
    anna.post(url(shop, "-call", pk), said)
    row = Message._base_manager.get()
    assert row.status == "due"
    assert abs(row.due_at - (now + timedelta(days=1))) < timedelta(minutes=1)
    assert "Nobody is to be called now" in anna.get(url(shop, "")).content.decode()
    clock.move_to(now + timedelta(days=1, minutes=1))
    assert "voice mail" in anna.get(url(shop, "")).content.decode()
    assert Contact._base_manager.count() == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "This field is required"),
        ({"outcome": "shouted"}, "not one of the available choices"),
        ({"outcome": "not_reached", "again_at": "yesterday"}, "Enter a valid date"),
        ({"outcome": "not_reached", "again_at": "2020-01-01T10:00"}, "Choose a time to come"),
        ({"outcome": "not_reached", "again_at": "2099-01-01T10:00"}, "not later than the message is welcome"),
        ({"outcome": "reached", "note": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    shop: Any, rosa: Any, call: Any, desk: Any, said: dict[str, str], words: str
) -> None:
    call(rosa)
    anna = desk("anna")
    answer = anna.post(url(shop, "-call", taken(shop, anna)), said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert state() == ("claimed", "")
    assert not Delivery.objects.exists()


def test_not_reached_without_a_date_ends_it(shop: Any, rosa: Any, call: Any, desk: Any) -> None:
    call(rosa)
    anna = desk("anna")
    anna.post(url(shop, "-call", taken(shop, anna)), {"outcome": "not_reached"})
    assert state() == ("cancelled", "not_reached")


def test_a_wrong_number_is_never_called_again(shop: Any, rosa: Any, call: Any, desk: Any) -> None:
    call(rosa)
    anna = desk("anna")
    anna.post(url(shop, "-call", taken(shop, anna)), {"outcome": "wrong_number"})
    assert state() == ("failed", "wrong_number")
    assert Suppression._base_manager.get().kind == "phone"


def test_who_wants_no_more_calls_has_withdrawn_the_consent(shop: Any, rosa: Any, call: Any, desk: Any) -> None:
    call(rosa)
    anna = desk("anna")
    anna.post(url(shop, "-call", taken(shop, anna)), {"outcome": "no_more"})
    assert state() == ("done", "")
    phone = Consent._base_manager.get(customer=rosa, channel="phone", purpose="marketing")
    assert (phone.state, phone.evidence) == ("withdrawn", {"form": "7"}), "the proof stays"
    assert Consent._base_manager.get(customer=rosa, channel="email", purpose="marketing").state == "granted"


def test_given_back_it_is_there_for_others(shop: Any, rosa: Any, call: Any, desk: Any) -> None:
    call(rosa)
    anna, bert = desk("anna"), desk("bert")
    pk = taken(shop, anna)
    assert bert.post(url(shop, "-back", pk)).status_code == 404
    anna.post(url(shop, "-back", pk))
    assert taken(shop, bert) == pk
    assert anna.get(url(shop, "-call", pk)).status_code == 302


def test_one_call_at_a_time(shop: Any, rosa: Any, lena: Any, call: Any, desk: Any) -> None:
    call(rosa, lena)
    anna = desk("anna")
    assert taken(shop, anna) == taken(shop, anna)
    assert "Go on with" in anna.get(url(shop, "")).content.decode()


@pytest.mark.parametrize(("role", "may"), [("owner", True), ("marketer", True), ("service", True), ("analyst", False),
                                           ("till", False)])  # fmt: skip
def test_the_permission_is_checked(shop: Any, rosa: Any, call: Any, desk: Any, role: str, may: bool) -> None:
    call(rosa)
    client = desk("kai", role)
    pk = Message._base_manager.get().pk
    denied = [
        client.get(url(shop, "")).status_code == 403,
        client.get(url(shop, "-call", pk)).status_code == 403,
        client.post(url(shop, "-take")).status_code == 403,
        client.post(url(shop, "-back", pk)).status_code == 403,
    ]
    assert denied == [not may] * 4


def test_the_page_asks_no_more_for_more_calls(shop: Any, call: Any, make_customer: Any, desk: Any) -> None:
    anna = desk("anna")
    counts = []
    for name, count in (("A", 2), ("B", 20)):
        call(*(make_customer(f"{name}{n}") for n in range(count)))
        with CaptureQueriesContext(connection) as queries:
            assert anna.get(url(shop, "")).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0], counts


def at_once(shop: Any, now: Any, people: list[Any]) -> list[int]:
    """All take a call and tell at the same moment; the calls they had."""
    start, got, errors = threading.Barrier(len(people)), [], []

    def work(staff: Any) -> None:
        start.wait()
        try:
            with scope(shop=shop):
                mine = actions.take(shop, staff, now)
                if mine is not None:
                    got.append(mine.pk)
                    actions.tell(shop, mine, "reached", "", now, staff)
        except Exception as error:  # noqa: BLE001 (a thread tells what went wrong)
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(one,)) for one in people]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert not errors, errors
    return got


def race(shop: Any, now: Any, make_customer: Any, call: Any, hire: Any) -> None:
    call(*(make_customer(f"C{number}") for number in range(6)))
    people = [hire(name) for name in ("anna", "bert", "cleo", "dora")]
    for _round in range(2):
        got = at_once(shop, now, people)
        assert len(got) == len(set(got)), "nobody has the call of another"
    assert Message._base_manager.filter(status="done").count() == 6
    assert Contact._base_manager.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_people_never_have_the_same_call(shop: Any, now: Any, make_customer: Any, call: Any, hire: Any) -> None:
    race(shop, now, make_customer, call, hire)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nor_on_postgresql(shop: Any, now: Any, make_customer: Any, call: Any, hire: Any) -> None:
    race(shop, now, make_customer, call, hire)


def test_told_twice_it_counts_once(shop: Any, now: Any, rosa: Any, call: Any, hire: Any) -> None:
    call(rosa)
    anna = hire("anna")
    mine = actions.take(shop, anna, now)
    actions.tell(shop, mine, "reached", "", now, anna)
    with pytest.raises(Refused):
        actions.tell(shop, mine, "reached", "", now, anna)
    assert Contact._base_manager.count() == 1
