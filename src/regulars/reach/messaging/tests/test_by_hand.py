"""Channels that people do by hand: taken once, asked again, told like any other message."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.errors import Refused
from regulars.decide.contact_policy.actions import ConsentDraft, freeze, grant_consents, grant_due, withdraw_consent
from regulars.decide.contact_policy.models import Contact, ContactRequest, Decision, Suppression
from regulars.know.customers.models import Identity
from regulars.know.timeline.models import Event
from regulars.reach.messaging import actions
from regulars.reach.messaging.channel import Outcome, State
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db

SCRIPT = "Hello {{ customer.first_name }}, this is {{ shop.name }}. Shall we put something aside for you?"


@pytest.fixture
def anna(shop: Any, django_user_model: Any) -> Any:
    return django_user_model.objects.create(email="anna@example.com", name="Anna")


@pytest.fixture
def bert(shop: Any, django_user_model: Any) -> Any:
    return django_user_model.objects.create(email="bert@example.com", name="Bert")


@pytest.fixture
def call(shop: Any, measure: Any, now: Any) -> Callable[..., None]:
    """`call(rosa, nico)`: a granted call to each, welcome for three days."""

    def write(*customers: Any, hours: int = 72) -> None:
        for one in customers:
            Identity._base_manager.get_or_create(
                shop=shop, customer=one, kind="phone",
                defaults={"value": f"0171 {2345670 + one.pk}", "key": f"+49171{2345670 + one.pk}", "created_at": now},
            )  # fmt: skip
            grant_consents(
                shop, [ConsentDraft(one.pk, "phone", "marketing", now - timedelta(days=9), {"form": "7"})], now=now
            )
        actions.save_template(
            shop, "call", "Call", "en", "Something put aside", "", "", now, text=SCRIPT, channel="phone"
        )
        drafts = [
            actions.MessageDraft(
                one.pk, "call", measure.pk, "marketing", 1, now, now + timedelta(hours=hours), f"call:{one.number}"
            )
            for one in customers
        ]
        actions.queue(shop, drafts, now)
        grant_due(shop, now)
        actions.schedule(shop, now)

    return write


def states() -> dict[str, tuple[str, str]]:
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def done(row: Any, state: State = State.ACCEPTED, **more: Any) -> dict[int, Outcome]:
    return {row.pk: Outcome(row.pk, state, **more)}


def test_a_call_is_taken_said_and_told_like_any_message(shop: Any, now: Any, rosa: Any, call: Any, anna: Any) -> None:
    call(rosa)
    assert actions.send_due(shop, now) == 0, "no machine sends it"
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    assert mine.address.startswith("+49171"), "the number as machines and suppressions know it"
    assert list(actions.in_hand(shop, "phone", anna, now)) == [mine]
    said = actions.words_by_hand(shop, [mine], now)[mine.pk]
    assert (said.subject, said.html) == ("Something put aside", "")
    assert said.text == "Hello Rosa, this is Plattenkiste. Shall we put something aside for you?"
    later = now + timedelta(minutes=5)
    actions.settle_by_hand(shop, [mine], done(mine, note="wants the new one"), later, anna)
    assert states() == {"call:rosa": ("done", "")}
    contact = Contact._base_manager.get()
    assert (contact.channel, contact.customer_id, contact.at) == ("phone", rosa.pk, later)
    event = Event._base_manager.get(type="message.sent")
    assert (event.data["channel"], event.data["name"]) == ("phone", "Call")
    told = Delivery.objects.get()
    assert (told.kind, told.data["note"], told.data["staff"]) == ("accepted", "wants the new one", anna.pk)
    assert ContactRequest._base_manager.get().status == "used"


def test_two_people_never_have_the_same_one(
    shop: Any, now: Any, rosa: Any, lena: Any, call: Any, anna: Any, bert: Any
) -> None:
    call(rosa, lena)
    (first,) = actions.take_by_hand(shop, "phone", now, anna)
    (second,) = actions.take_by_hand(shop, "phone", now, bert)
    assert first.pk != second.pk
    assert actions.take_by_hand(shop, "phone", now, bert) == []
    stranger = Message._base_manager.get(pk=first.pk)
    stranger.lease_token = second.lease_token
    with pytest.raises(Refused) as refused:
        actions.settle_by_hand(shop, [stranger], done(stranger), now, bert)
    assert refused.value.code == "taken"
    assert Contact._base_manager.count() == 0


def test_the_gate_is_asked_again_when_it_is_taken(
    shop: Any, now: Any, rosa: Any, nico: Any, lena: Any, call: Any, anna: Any
) -> None:
    call(rosa, nico, lena)
    withdraw_consent(shop, [rosa.pk], "phone", "marketing", now)
    freeze(shop, [nico.pk], "complaint", "case:1", now)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    assert mine.customer_id == lena.pk, "who must not be called is passed over"
    assert states() == {
        "call:rosa": ("cancelled", "no_consent"),
        "call:nico": ("cancelled", "frozen"),
        "call:lena": ("claimed", ""),
    }
    assert set(Decision._base_manager.filter(stage="send").values_list("reason", flat=True)) == {"no_consent", "frozen"}


def test_a_call_at_night_waits_for_the_morning(shop: Any, now: Any, rosa: Any, call: Any, anna: Any) -> None:
    call(rosa)
    night = now.replace(hour=22)
    assert actions.take_by_hand(shop, "phone", night, anna) == []
    row = Message._base_manager.get()
    assert row.status == "due"
    assert row.due_at > night
    assert actions.take_by_hand(shop, "phone", row.due_at, anna) == [row]


def test_who_is_not_reached_is_called_again_on_the_chosen_day(
    shop: Any, now: Any, rosa: Any, call: Any, anna: Any, bert: Any
) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    tomorrow = now + timedelta(days=1)
    with pytest.raises(Refused) as refused:
        actions.settle_by_hand(shop, [mine], done(mine, State.DEFERRED, again_at=now + timedelta(days=4)), now, anna)
    assert refused.value.code == "again_at"
    assert states() == {"call:rosa": ("claimed", "")}, "what was there stays"
    actions.settle_by_hand(shop, [mine], done(mine, State.DEFERRED, text="not reached", again_at=tomorrow), now, anna)
    row = Message._base_manager.select_related("request").get()
    assert (row.status, row.due_at, row.reason) == ("due", tomorrow, "not reached")
    assert (row.request.status, row.request.confirmed_at) == ("granted", None), "it gives way again until then"
    assert Contact._base_manager.count() == 0, "nobody was reached"
    assert actions.take_by_hand(shop, "phone", now + timedelta(hours=3), bert) == []
    assert actions.take_by_hand(shop, "phone", tomorrow, bert) == [row]


def test_a_wrong_number_is_never_called_again(shop: Any, now: Any, rosa: Any, call: Any, anna: Any) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    actions.settle_by_hand(
        shop, [mine], done(mine, State.REFUSED, text="wrong number", is_address_dead=True), now, anna
    )
    assert states() == {"call:rosa": ("failed", "wrong number")}
    assert Suppression._base_manager.get().key == mine.address
    assert Event._base_manager.filter(type="address.suppressed", customer=rosa).count() == 1


def test_a_lease_that_ran_out_gives_it_back_and_who_did_it_may_still_tell(
    shop: Any, now: Any, rosa: Any, call: Any, anna: Any
) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    later = now + timedelta(hours=2)
    assert actions.give_up_lost(shop, later) == 0, "a person is no lost worker"
    assert actions.end_by_hand(shop, later) == 1
    assert states() == {"call:rosa": ("due", "")}
    assert Delivery.objects.get().kind == "given_back"
    actions.settle_by_hand(shop, [mine], done(mine), later, anna)
    assert states() == {"call:rosa": ("done", "")}
    with pytest.raises(Refused):
        actions.settle_by_hand(shop, [mine], done(mine), later, anna)
    assert Contact._base_manager.count() == 1


def test_once_somebody_else_took_it_the_first_may_not_tell(
    shop: Any, now: Any, rosa: Any, call: Any, anna: Any, bert: Any
) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    later = now + timedelta(hours=2)
    actions.end_by_hand(shop, later)
    (theirs,) = actions.take_by_hand(shop, "phone", later, bert)
    with pytest.raises(Refused):
        actions.settle_by_hand(shop, [mine], done(mine), later, anna)
    actions.settle_by_hand(shop, [theirs], done(theirs), later, bert)
    assert Message._base_manager.get().taken_by == bert


def test_given_back_it_is_there_for_others_at_once(
    shop: Any, now: Any, rosa: Any, call: Any, anna: Any, bert: Any
) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    assert actions.give_back_by_hand(shop, [mine], now) == 1
    assert actions.take_by_hand(shop, "phone", now, bert) == [mine]


def test_a_person_may_decide_not_to_do_it(shop: Any, now: Any, rosa: Any, call: Any, anna: Any) -> None:
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    assert actions.decline_by_hand(shop, [mine], "has just called us", now, anna) == 1
    assert states() == {"call:rosa": ("cancelled", "has just called us")}
    assert Decision._base_manager.filter(customer=rosa, reason="declined", stage="send").count() == 1
    assert ContactRequest._base_manager.get().status == "withdrawn"
    assert Contact._base_manager.count() == 0


def test_what_nobody_did_in_time_is_cancelled_as_too_late(
    shop: Any, now: Any, rosa: Any, lena: Any, call: Any, anna: Any
) -> None:
    call(rosa, lena, hours=5)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    after = now + timedelta(hours=6)
    assert list(actions.waiting_by_hand(shop, "phone", after)) == []
    actions.settle_by_hand(shop, [mine], done(mine), now + timedelta(minutes=1), anna)
    assert actions.end_by_hand(shop, after) == 1
    assert sorted(states().values()) == [("cancelled", "too_late"), ("done", "")]
    assert Decision._base_manager.filter(reason="too_late", stage="send").count() == 1


def test_only_those_asked_for_are_taken(shop: Any, now: Any, rosa: Any, lena: Any, call: Any, anna: Any) -> None:
    call(rosa, lena)
    assert [one.customer_id for one in actions.take_by_hand(shop, "phone", now, anna, customers=[lena.pk])] == [lena.pk]
    assert actions.take_by_hand(shop, "phone", now, anna, customers=[lena.pk]) == []


def test_who_has_no_number_has_a_decision(shop: Any, now: Any, nico: Any, measure: Any, call: Any) -> None:
    call()
    draft = actions.MessageDraft(nico.pk, "call", measure.pk, "marketing", 1, now, now + timedelta(days=1), "call:nico")
    assert actions.queue(shop, [draft], now) == {}
    assert Decision._base_manager.get().reason == "no_address"


def test_one_budget_holds_for_a_call_and_a_mail(
    shop: Any, now: Any, rosa: Any, call: Any, queue: Any, anna: Any, mail_server: Any
) -> None:
    shop.contacts_per_week = 1
    shop.save()
    call(rosa)
    (mine,) = actions.take_by_hand(shop, "phone", now, anna)
    actions.settle_by_hand(shop, [mine], done(mine), now, anna)
    queue(rosa)
    grant_due(shop, now + timedelta(hours=1))
    actions.schedule(shop, now + timedelta(hours=1))
    assert states()["marketing:rosa"] == ("cancelled", "budget")


@pytest.fixture
def many(make_customer: Any) -> Iterator[Any]:
    return lambda name, count: [make_customer(f"{name}{number}") for number in range(count)]


def test_the_number_of_queries_does_not_grow_with_the_batch(
    shop: Any, now: Any, call: Any, anna: Any, many: Any
) -> None:
    counts = []
    for name, count in (("a", 2), ("b", 20)):
        call(*many(name, count))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            taken = actions.take_by_hand(shop, "phone", now, anna, limit=count)
            actions.words_by_hand(shop, taken, now)
            actions.settle_by_hand(shop, taken, {row.pk: Outcome(row.pk, State.ACCEPTED) for row in taken}, now, anna)
        assert len(taken) == count
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 1, counts
