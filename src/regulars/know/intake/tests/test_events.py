"""Events from the call to the timelines: kept raw, normalised once, given to whom they are about."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test.utils import CaptureQueriesContext

from regulars.core.actions import create_api_key, create_shop, revoke_api_key
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.actions import CustomerDraft, erase, upsert_customers
from regulars.know.customers.models import Customer, Identity
from regulars.know.intake import sweeps
from regulars.know.intake.actions import Accepted, Caller, accept_events, forget, try_again
from regulars.know.intake.models import InboundCall
from regulars.know.intake.rows import NotReadable, WrongSize
from regulars.know.timeline.models import Event, EventDue

NOW = datetime(2026, 6, 10, 8, tzinfo=UTC)
VIEW = {
    "type": "product.viewed",
    "at": "2026-06-10T07:00:00Z",
    "customer": {"number": "C-1"},
    "data": {"product": "LP"},
}


@pytest.fixture
def craft(db: None) -> Shop:
    return create_shop("craft", now=NOW)


@pytest.fixture
def caller(craft: Shop) -> Caller:
    return Caller(create_api_key(craft, "shop", ["events:write"], now=NOW)[0].pk, craft.pk)


def accept(caller: Caller, *rows: Any, key: str | None = None, now: datetime = NOW) -> Accepted:
    return accept_events(caller, json.dumps(list(rows)).encode(), key, now)


def sweep(shop: Shop, now: datetime = NOW) -> None:
    with scope(shop=shop):
        while sweeps.normalise_events(shop, now):
            pass


def test_what_is_accepted_becomes_events_of_the_customer(craft: Shop, caller: Caller) -> None:
    said = accept(caller, VIEW, {"type": "page.viewed", "customer": {"email": "Nico@Example.com"}})
    assert (said.outcome, said.rows) == ("accepted", 2)
    assert not Event._base_manager.exists()

    sweep(craft)

    told = Event._base_manager.exclude(type="customer.created").order_by("pk")
    assert list(told.values_list("type", "at", "customer__number", "data", "source")) == [
        ("product.viewed", datetime(2026, 6, 10, 7, tzinfo=UTC), "C-1", {"product": "LP"}, "api"),
        ("page.viewed", NOW, told.last().customer.number, {}, "api"),
    ]
    assert Identity._base_manager.get().key == "nico@example.com"
    assert InboundCall._base_manager.get().status == "done"


def test_a_replay_changes_nothing(craft: Shop, caller: Caller) -> None:
    first = accept(caller, VIEW, key="k")
    again = accept(caller, VIEW, key="k", now=NOW + timedelta(hours=1))
    assert (again.id, again.rows, again.is_replay) == (first.id, 1, True)
    assert accept(caller, VIEW, VIEW, key="k").outcome == "key_reused"
    accept(caller, VIEW)  # without a key: known by its content
    accept(caller, {**VIEW, "id": "1"}, {**VIEW, "id": "1", "data": {}})
    sweep(craft)
    keys = Event._base_manager.filter(type="product.viewed").values_list("source_key", flat=True)
    assert sorted(key.partition("~")[0] for key in keys) == ["api", "api:1"]


def test_only_rows_that_fit_are_kept(craft: Shop, caller: Caller) -> None:
    said = accept(caller, VIEW, {"type": "order.placed"}, {"type": "a.b", "data": {"a": "b\x00"}}, VIEW | {"id": "2"})
    assert (said.rows, [(fault.row, fault.place) for fault in said.faults]) == (2, [(1, "type"), (2, "")])
    sweep(craft)
    assert Event._base_manager.filter(type="product.viewed").count() == 2
    assert InboundCall._base_manager.get().errors[0]["place"] == "type"


def test_a_refused_call_is_shown_and_leaves_its_key_free(caller: Caller) -> None:
    assert accept(caller, {"type": "x"}, key="k").outcome == "nothing"
    call = InboundCall._base_manager.get()
    assert (call.status, call.idempotency_key, call.rows, call.status_code) == ("failed", None, 0, 422)
    assert accept(caller, VIEW, key="k").outcome == "accepted"


def test_a_revoked_key_opens_nothing_even_where_it_is_remembered(craft: Shop, caller: Caller) -> None:
    from regulars.core.models import ApiKey

    revoke_api_key(ApiKey._base_manager.get(pk=caller.key_id), now=NOW)
    assert accept(caller, VIEW).outcome == "revoked"
    assert not InboundCall._base_manager.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"7", b'[{"type": "a.b", "data": {"a": 1e999}}]'])
def test_what_is_no_json_is_told(caller: Caller, body: bytes) -> None:
    with pytest.raises(NotReadable):
        accept_events(caller, body, None, NOW)
    with pytest.raises(WrongSize):
        accept(caller)
    assert not InboundCall._base_manager.exists()


def test_a_device_leads_to_its_customer_once_it_was_named_with_one(craft: Shop, caller: Caller) -> None:
    alone = {"type": "page.viewed", "customer": {"device": "d"}, "id": "1"}
    accept(caller, alone)
    sweep(craft)
    accept(caller, {**alone, "customer": {"device": "d", "email": "rosa@example.com"}, "id": "2"})
    sweep(craft)
    accept(caller, {**alone, "id": "3"})
    sweep(craft)
    rosa = Customer._base_manager.get().pk
    told = Event._base_manager.filter(type="page.viewed").order_by("pk").values_list("customer", flat=True)
    assert list(told) == [None, rosa, rosa]


def test_an_erased_person_stays_away(craft: Shop, caller: Caller) -> None:
    upsert_customers(craft, [CustomerDraft("C-1")], now=NOW, source="x", is_history=True)
    accept(caller, VIEW)
    erase(craft, [Customer._base_manager.get().pk], NOW)
    sweep(craft)
    assert Event._base_manager.get(type="product.viewed").customer_id is None
    assert Customer._base_manager.count() == 1


def test_history_wakes_nobody(craft: Shop, caller: Caller) -> None:
    accept(caller, {**VIEW, "history": True})
    sweep(craft)
    assert Event._base_manager.get().is_history
    assert not EventDue.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_events(craft: Shop, caller: Caller) -> None:
    from django.db import connection

    counts = []
    for size in (2, 60):
        accept(caller, *({**VIEW, "customer": {"email": f"{size}-{n}@example.com"}} for n in range(size)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sweep(craft)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_call_that_cannot_be_normalised_holds_up_no_other(
    craft: Shop, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(caller, VIEW)
    bad = accept(caller, {**VIEW, "type": "bad.luck"})
    real = sweeps.normalise

    def fails(shop: Shop, calls: Any, now: datetime) -> int:
        if any(b"bad.luck" in bytes(call.body) for call in calls):
            raise DatabaseError("no luck")
        return real(shop, calls, now)

    monkeypatch.setattr(sweeps, "normalise", fails)
    now = NOW
    for _ in range(sweeps.GIVE_UP_AFTER):
        sweep(craft, now)
        now += timedelta(hours=1)
    call = InboundCall._base_manager.get(pk=bad.id)
    assert (call.status, call.last_error) == ("failed", "DatabaseError('no luck')")
    assert Event._base_manager.filter(type="product.viewed").count() == 1

    monkeypatch.setattr(sweeps, "normalise", real)
    assert try_again(craft, bad.id, now=now)
    assert not try_again(craft, bad.id, now=now)
    sweep(craft, now)
    assert Event._base_manager.filter(type="bad.luck").count() == 1


def test_calls_are_forgotten_after_thirty_days_unless_they_are_still_due(
    craft: Shop, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(caller, VIEW)
    sweep(craft)
    waiting = accept(caller, VIEW).id
    monkeypatch.setattr("regulars.know.intake.actions.keep.REFUSALS_KEPT", 2)
    refused = [accept(caller, {"type": "x"}) and InboundCall._base_manager.latest("pk").pk for _ in range(4)]
    forget(craft, NOW + timedelta(days=29))
    assert InboundCall._base_manager.filter(pk__in=refused).count() == 2
    forget(craft, NOW + timedelta(days=31))
    assert list(InboundCall._base_manager.values_list("pk", flat=True)) == [waiting]
