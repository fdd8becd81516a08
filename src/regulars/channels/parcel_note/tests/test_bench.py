"""At the pack bench: which parcel gets the note, whose it is, and what a tick does."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from regulars.channels.parcel_note.actions import Scanned, Tick, change_policy, scan, tick
from regulars.channels.parcel_note.models import ParcelNote
from regulars.core.errors import Refused
from regulars.decide.contact_policy.actions import freeze, object_to_advertising
from regulars.decide.contact_policy.models import Contact, ContactRequest, Decision
from regulars.know.customers.actions import erase, export, merge
from regulars.know.orders.models import Shipment
from regulars.know.timeline.models import Event
from regulars.reach.messaging import actions
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


def told(key: str, said: Scanned, **more: Any) -> Tick:
    return Tick(key, said.message, said.token, **more)


def test_the_words_stand_there_at_once_and_a_tick_is_a_contact(
    shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any
) -> None:
    change_policy(shop, now, None, notes_per_month=None, gift_cost=150)
    note(rosa)
    order(rosa, "1001")
    said = scan(shop, "1001", now, anna)
    assert (said.state, said.name, said.gift) == ("note", "Rosa Rot", "A sticker")
    assert said.words == "Hello Rosa,\nhow nice that you are back!"
    row = tick(shop, told("k1", said, at=now + timedelta(minutes=2)), now + timedelta(minutes=5), anna)
    assert (row.outcome, row.order.number, row.cost, row.told_at) == ("done", "1001", 150, now + timedelta(minutes=2))
    assert Message._base_manager.get().status == "done"
    assert Contact._base_manager.get().channel == "parcel_note"
    assert Event._base_manager.get(type="message.sent").data["channel"] == "parcel_note"
    assert Delivery.objects.get().data == {"code": 0, "text": "", "order": "1001", "cost": 150, "staff": anna.pk}
    again = scan(shop, "1001", now + timedelta(minutes=6), anna)
    assert (again.state, again.who, again.at) == ("done", "Anna", now + timedelta(minutes=2))


def test_an_order_without_a_note_says_so(
    shop: Any, now: Any, rosa: Any, nico: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa)
    order(nico, "1002")
    order(None, "1003")
    assert scan(shop, "1002", now, anna).state == "nothing"
    assert scan(shop, "1003", now, anna) == Scanned("nothing", "1003")
    assert scan(shop, "9999", now, anna) == Scanned("unknown", "9999")
    assert scan(shop, "  ", now, anna).state == "unknown"


@pytest.mark.parametrize(("number", "code"), [("#1001", "1001"), ("1001", "#1001"), ("1001", " 1001 ")])
def test_the_hash_sign_makes_no_difference(
    number: str, code: str, shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa)
    order(rosa, number)
    assert scan(shop, code, now, anna).state == "note"


def test_it_goes_into_the_next_parcel_not_into_one_that_left(
    shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa)
    gone, off = order(rosa, "1001"), order(rosa, "1002", status="cancelled")
    order(rosa, "1003")
    Shipment._base_manager.create(shop=shop, order=gone, number="1001-1", shipped_at=now - timedelta(minutes=1))
    assert scan(shop, gone.number, now, anna).state == "sent"
    assert scan(shop, off.number, now, anna).state == "cancelled"
    assert scan(shop, "1003", now, anna).state == "note"


def test_one_parcel_gets_one_note(shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any, bert: Any) -> None:
    note(rosa, rosa)
    order(rosa, "1001")
    order(rosa, "1002")
    first = scan(shop, "1001", now, anna)
    assert scan(shop, "1001", now, bert).state == "taken", "the second note is not for the same parcel"
    assert scan(shop, "1001", now, bert).who == "Anna"
    assert scan(shop, "1001", now, anna) == first, "who has it in hand sees it again"
    second = scan(shop, "1002", now, bert)
    assert second.state == "note"
    assert second.message != first.message


def test_the_gate_is_asked_when_the_order_is_scanned(
    shop: Any, now: Any, rosa: Any, nico: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa, nico)
    order(rosa, "1001")
    order(nico, "1002")
    object_to_advertising(shop, [rosa.pk], now, "reply")
    freeze(shop, [nico.pk], "complaint", "case:1", now)
    assert scan(shop, "1001", now, anna).state == "nothing"
    assert scan(shop, "1002", now, anna).state == "nothing"
    assert set(Decision._base_manager.filter(stage="send").values_list("reason", flat=True)) == {"objection", "frozen"}


def test_sent_again_a_tick_changes_nothing(shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any) -> None:
    note(rosa)
    order(rosa, "1001")
    said = scan(shop, "1001", now, anna)
    first = tick(shop, told("k1", said), now, anna)
    for key in ("k1", "k2"):
        again = tick(shop, told(key, said, reason="no_gift"), now + timedelta(hours=1), anna)
        assert (again.outcome, again.reason, again.told_at) == ("done", "", first.told_at)
    assert Contact._base_manager.count() == 1
    assert Delivery.objects.count() == 1


def test_a_tick_that_came_late_counts_unless_somebody_else_took_the_note(
    shop: Any, now: Any, rosa: Any, nico: Any, note: Any, order: Any, anna: Any, bert: Any
) -> None:
    note(rosa, nico)
    order(rosa, "1001")
    order(nico, "1002")
    mine, other = scan(shop, "1001", now, anna), scan(shop, "1002", now, anna)
    later = now + timedelta(hours=2)
    assert actions.end_by_hand(shop, later) == 2
    assert scan(shop, "1002", later, bert).state == "note"
    assert tick(shop, told("k1", mine, at=now), later, anna).outcome == "done"
    with pytest.raises(Refused) as refused:
        tick(shop, told("k2", other, at=now), later, anna)
    assert refused.value.code == "taken"
    assert ParcelNote._base_manager.get(message=other.message).taken_by == bert, "what was there stays"


@pytest.mark.parametrize("reason", ["no_gift", "wrong"])
def test_what_is_given_up_has_a_decision(
    reason: str, shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa)
    order(rosa, "1001")
    row = tick(shop, told("k1", scan(shop, "1001", now, anna), reason=reason), now, anna)
    assert (row.outcome, row.reason, row.cost) == ("not_possible", reason, 0)
    assert Decision._base_manager.filter(customer=rosa, reason="declined", stage="send").count() == 1
    assert Contact._base_manager.count() == 0
    assert scan(shop, "1001", now, anna).state == "nothing"


@pytest.mark.parametrize("reason", ["closed", "no_room"])
def test_where_the_parcel_was_in_the_way_it_waits_for_the_next(
    reason: str, shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any, bert: Any
) -> None:
    note(rosa)
    order(rosa, "1001")
    first = scan(shop, "1001", now, anna)
    tick(shop, told("k1", first, reason=reason), now, anna)
    assert ContactRequest._base_manager.get().status == "granted"
    order(rosa, "1002")
    second = scan(shop, "1002", now, bert)
    assert second.message == first.message
    with pytest.raises(Refused):
        tick(shop, told("k1", first, reason=reason), now, anna)
    assert tick(shop, told("k2", second), now, bert).order.number == "1002"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"key": ""}, "not_a_tick"), ({"reason": "tired"}, "not_a_tick"), ({"message": 0}, "unknown_note")],
)
def test_what_is_no_tick_is_refused(
    change: dict[str, Any], code: str, shop: Any, now: Any, rosa: Any, note: Any, order: Any, anna: Any
) -> None:
    note(rosa)
    order(rosa, "1001")
    said = scan(shop, "1001", now, anna)
    with pytest.raises(Refused) as refused:
        tick(shop, Tick(**{"key": "k", "message": said.message, "token": said.token, **change}), now, anna)
    assert refused.value.code == code


def test_no_more_notes_than_the_month_affords(
    shop: Any, now: Any, make_customer: Any, note: Any, order: Any, anna: Any
) -> None:
    change_policy(shop, now, None, notes_per_month=3, gift_cost=0)
    people = [make_customer(f"C{number}") for number in range(6)]
    note(*people[:2])
    order(people[0], "1001")
    tick(shop, told("k1", scan(shop, "1001", now, anna)), now, anna)
    note(*people[2:])
    by_status = dict(ContactRequest._base_manager.values_list("customer_id", "status"))
    assert list(by_status.values()).count("refused") == 3
    assert [by_status[one.pk] for one in people[:3]] == ["used", "granted", "granted"]
    assert set(Decision._base_manager.filter(outcome="refused").values_list("reason", flat=True)) == {"note_budget"}
    assert set(Message._base_manager.filter(reason="note_budget").values_list("status", flat=True)) == {"cancelled"}


def test_a_note_that_fell_away_gives_its_place_back(
    shop: Any, now: Any, rosa: Any, nico: Any, note: Any, order: Any, anna: Any
) -> None:
    change_policy(shop, now, None, notes_per_month=1, gift_cost=0)
    note(rosa)
    order(rosa, "1001")
    tick(shop, told("k1", scan(shop, "1001", now, anna), reason="no_gift"), now, anna)
    note(nico)
    assert ContactRequest._base_manager.get(customer=nico).status == "granted"


def test_merged_exported_erased(shop: Any, now: Any, rosa: Any, lena: Any, note: Any, order: Any, anna: Any) -> None:
    note(lena)
    order(lena, "1001")
    merge(shop, lena.pk, rosa.pk, now)
    tick(shop, told("k1", scan(shop, "1001", now, anna)), now, anna)
    with override("de"):
        (told_of,) = export(shop, rosa.pk)["Paketbeilagen"]
    assert (told_of["order__number"], told_of["outcome"]) == ("1001", "done")
    erase(shop, [rosa.pk], now)
    assert ParcelNote._base_manager.get().outcome == "done"


def test_a_scan_takes_as_many_queries_with_much_as_with_little(
    shop: Any, now: Any, make_customer: Any, note: Any, order: Any, anna: Any
) -> None:
    people = [make_customer(f"C{number}") for number in range(30)]
    counts = []
    for some in (people[:1], people[1:]):
        note(*some)
        for one in some:
            order(one, f"1{one.pk}")
        with CaptureQueriesContext(connection) as queries:
            assert scan(shop, f"1{some[-1].pk}", now, anna).state == "note"
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
    order(people[0], "2000")
    with CaptureQueriesContext(connection) as queries:
        assert scan(shop, "2000", now, anna).state == "nothing"
    assert len(queries) <= 6
