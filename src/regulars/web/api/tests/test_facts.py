"""Facts in through the interface: what is written, what is answered, what comes twice or late, what does not fit."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_api_key, create_shop
from regulars.core.models import Shop
from regulars.know.customers.actions import erase
from regulars.know.customers.models import Customer, Identity
from regulars.know.intake.models import InboundCall
from regulars.know.orders.models import Checkout, Order, Product, ProductChange, Refund, Return, Shipment
from regulars.know.timeline.models import Event, EventDue
from regulars.web.api.auth import SCOPES

NOW = datetime(2026, 6, 10, 8, tzinfo=UTC)
ORDER = {
    "number": "1001",
    "placed_at": "2026-06-09T10:00:00+02:00",
    "customer": {"number": "C-1", "email": "rosa@example.com", "first_name": "Rosa"},
    "lines": [{"sku": "LP-7", "title": "Kind of Blue", "quantity": 2, "value": 4980}],
}


@pytest.fixture
def craft(db: None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("regulars.core.clock.now", lambda: NOW)
    return create_shop("craft", now=NOW)


@pytest.fixture
def token(craft: Shop) -> str:
    return create_api_key(craft, "shop", list(SCOPES), now=NOW)[1]


def send(token: str, noun: str, body: Any, *, key: str | None = None, kind: str = "application/json") -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    said = body if isinstance(body, bytes) else json.dumps(body)
    return Client().post(f"/api/v1/{noun}", said, content_type=kind, headers=headers)


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [result["outcome"] for result in answer.json()["results"]]


def kinds() -> list[str]:
    return list(Event._base_manager.order_by("pk").values_list("type", flat=True))


def test_an_order_makes_its_customer_and_product_once(craft: Shop, token: str) -> None:
    assert outcomes(send(token, "orders", ORDER)) == ["created"]
    assert outcomes(send(token, "orders", [ORDER])) == ["unchanged"]

    order = Order._base_manager.get()
    assert (order.value, order.units, order.currency, order.source) == (4980, 2, "EUR", "api")
    assert order.placed_at == datetime(2026, 6, 9, 8, tzinfo=UTC)
    assert Customer._base_manager.get().first_name == "Rosa"
    assert Identity._base_manager.get().key == "rosa@example.com"
    assert Product._base_manager.get().sku == "LP-7"
    assert sorted(kinds()) == ["customer.created", "order.placed"]


def test_a_customer_named_by_an_order_keeps_what_is_known(craft: Shop, token: str) -> None:
    send(token, "customers", {"number": "C-1", "first_name": "Rosalinde"})
    send(token, "orders", ORDER)
    assert Customer._base_manager.get().first_name == "Rosalinde"


def test_the_newest_version_wins_whatever_comes_last(craft: Shop, token: str) -> None:
    new = {**ORDER, "version": 10, "lines": [{"value": 1000}]}
    assert outcomes(send(token, "orders", new)) == ["created"]
    assert outcomes(send(token, "orders", {**ORDER, "version": 9})) == ["older"]
    assert Order._base_manager.get().value == 1000
    assert kinds().count("order.changed") == 0


@pytest.mark.parametrize(
    ("noun", "old", "new", "model", "field", "value"),
    [
        ("customers", {"number": "C", "first_name": "A"}, {"first_name": "B"}, Customer, "first_name", "B"),
        ("products", {"sku": "S", "title": "A"}, {"title": "B"}, Product, "title", "B"),
        (
            "returns",
            {"number": "R", "returned_at": "2026-06-01T00:00:00Z"},
            {"lines": [{"value": 5}]},
            Return,
            "value",
            5,
        ),
        (
            "checkouts",
            {"token": "t", "active_at": "2026-06-10T07:00:00Z"},
            {"lines": [{"value": 5}]},
            Checkout,
            "value",
            5,
        ),
    ],
)
def test_every_noun_knows_older_versions(
    craft: Shop, token: str, noun: str, old: Any, new: Any, model: Any, field: str, value: Any
) -> None:
    late = {**old, "updated_at": "2026-06-09T10:00:00Z"}
    early = {**old, **new, "updated_at": "2026-06-09T12:00:00.5+02:00"}
    assert outcomes(send(token, noun, early)) == ["created"]
    assert outcomes(send(token, noun, late)) == ["older"]
    assert outcomes(send(token, noun, early)) == ["unchanged"]
    assert getattr(model._base_manager.get(), field) == value


def test_two_versions_in_one_batch_are_taken_in_order(craft: Shop, token: str) -> None:
    batch = [{**ORDER, "version": 1}, {**ORDER, "version": 3, "lines": [{"value": 7}]}, {**ORDER, "version": 2}]
    assert outcomes(send(token, "orders", batch)) == ["created", "changed", "older"]
    assert Order._base_manager.get().value == 7


def test_rows_that_fit_are_written_where_others_do_not(craft: Shop, token: str) -> None:
    bad = {**ORDER, "number": "1002", "lines": [{"value": -1}]}
    answer = send(token, "orders", [ORDER, bad, {"number": "1003"}, "x", {**ORDER, "number": "4", "currency": "USD"}])

    assert outcomes(answer) == ["created"]
    assert [(fault["row"], fault["place"]) for fault in answer.json()["errors"]] == [
        (1, "lines.0.value"),
        (2, ""),
        (3, ""),
        (4, "currency"),
    ]
    assert "placed_at" in answer.json()["errors"][1]["detail"]
    call = InboundCall._base_manager.get()
    assert (call.noun, call.rows, call.rejected, call.status) == ("orders", 1, 4, "done")


def test_the_same_key_gives_the_same_answer_and_writes_nothing(craft: Shop, token: str) -> None:
    first = send(token, "orders", ORDER, key="k")
    again = send(token, "orders", ORDER, key="k")
    other = send(token, "orders", {**ORDER, "number": "9"}, key="k")
    elsewhere = send(token, "products", {"sku": "LP-7"}, key="k")

    assert first.json() == again.json()
    assert outcomes(again) == ["created"]
    assert again["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json()["type"]) == (422, "urn:regulars:key_reused")
    assert elsewhere.status_code == 200
    assert Order._base_manager.count() == 1


def test_a_refused_call_leaves_its_key_free(craft: Shop, token: str) -> None:
    wrong = send(token, "orders", {**ORDER, "lines": [{"value": "x"}]}, key="k")
    assert (wrong.status_code, wrong.json()["errors"][0]["place"]) == (422, "lines.0.value")
    assert outcomes(send(token, "orders", ORDER, key="k")) == ["created"]


def test_history_wakes_nobody(craft: Shop, token: str) -> None:
    batch = [{**ORDER, "history": True}, {**ORDER, "number": "1002", "customer": {"number": "C-2"}}]
    assert outcomes(send(token, "orders", batch)) == ["created", "created"]
    placed = Event._base_manager.filter(type="order.placed").values_list("data", flat=True)
    assert [data["order"] for data in placed] == ["1002"]
    assert set(EventDue.objects.values_list("event__customer__number", flat=True)) == {"C-2"}


def test_a_parcel_needs_its_order_and_tells_its_way_once(craft: Shop, token: str) -> None:
    parcel = {"number": "P", "order": "1001", "shipped_at": "2026-06-09T12:00:00Z", "promised_on": "2026-06-11"}
    early = send(token, "shipments", parcel)
    assert (early.status_code, early.json()["errors"][0]["place"]) == (422, "order")
    send(token, "orders", ORDER)

    assert outcomes(send(token, "shipments", parcel)) == ["created"]
    there = {"number": "P", "order": "1001", "delivered_at": "2026-06-10T07:00:00Z"}
    assert outcomes(send(token, "shipments", there)) == ["changed"]
    assert outcomes(send(token, "shipments", there)) == ["unchanged"]
    row = Shipment._base_manager.get()
    assert (str(row.promised_on), row.delivered_at) == ("2026-06-11", datetime(2026, 6, 10, 7, tzinfo=UTC))
    assert [kind for kind in kinds() if kind.startswith("shipment")] == ["shipment.shipped", "shipment.delivered"]


def test_a_return_brings_its_refund(craft: Shop, token: str) -> None:
    send(token, "orders", ORDER)
    back = {
        "number": "R",
        "order": "1001",
        "returned_at": "2026-06-10T06:00:00Z",
        "lines": [{"sku": "LP-7", "value": 2490}],
        "refund": {"number": "G", "refunded_at": "2026-06-10T07:00:00Z", "total": 2980, "merchandise": 2490},
    }
    assert outcomes(send(token, "returns", back)) == ["created"]
    assert outcomes(send(token, "returns", back)) == ["unchanged"]
    order, refund = Order._base_manager.get(), Refund._base_manager.get()
    assert (refund.order_id, refund.customer_id, refund.merchandise) == (order.pk, order.customer_id, 2490)
    twice = send(token, "returns", [back | {"number": "R2"}, back | {"number": "R3"}])
    assert [(one["row"], one["place"]) for one in twice.json()["errors"]] == [(0, "refund.number")]


def test_stock_and_price_leave_a_history_and_tell_what_wishes_wait_for(craft: Shop, token: str) -> None:
    send(token, "products", {"sku": "LP-7", "price": 2990, "stock": 0})
    ProductChange._base_manager.update(at=NOW - timedelta(days=31))
    send(token, "products", {"sku": "LP-7", "price": 1990})
    send(token, "products", {"sku": "LP-7", "price": 2490})
    assert outcomes(send(token, "products", {"sku": "LP-7", "price": 2290, "stock": 5})) == ["changed"]
    send(token, "products", {"sku": "LP-7", "stock": 4})

    told = list(Event._base_manager.order_by("pk").values_list("type", "customer", "data"))
    pk = Product._base_manager.get().pk
    base = {"product": "LP-7", "product_id": pk}
    assert told == [
        ("product.added", None, base | {"category": ""}),
        ("product.price_dropped", None, base | {"old": 2990, "new": 1990, "percent": 33.4, "lowest_30": 2990}),
        ("product.price_dropped", None, base | {"old": 2490, "new": 2290, "percent": 8.0, "lowest_30": 1990}),
        ("product.restocked", None, base | {"old": 0, "new": 5}),
    ]
    changes = ProductChange._base_manager.order_by("pk").values_list("kind", "old", "new")
    assert list(changes) == [
        ("price", None, 2990),
        ("stock", None, 0),
        ("price", 2990, 1990),
        ("price", 1990, 2490),
        ("price", 2490, 2290),
        ("stock", 0, 5),
        ("stock", 5, 4),
    ]


def test_an_erased_person_is_not_brought_back(craft: Shop, token: str) -> None:
    send(token, "orders", ORDER)
    erase(craft, [Customer._base_manager.get().pk], NOW)
    assert outcomes(send(token, "customers", {"number": "C-1", "emails": ["rosa@example.com"]})) == ["refused"]
    assert outcomes(send(token, "orders", {**ORDER, "number": "1002"})) == ["created"]
    assert Order._base_manager.get(number="1002").customer_id is None
    assert Customer._base_manager.count() == 1


BAD_BODIES = [
    (b"{", 400, "not_readable"),
    (b"\xff\xfe", 400, "not_readable"),
    (b'{"number": "\xe4"}', 400, "not_readable"),
    (b'{"number": NaN}', 400, "not_readable"),
    (b'{"number": "\\ud800"}', 400, "not_readable"),
    (b"[" * 100_000 + b"]" * 100_000, 400, "not_readable"),
    (b"7", 400, "not_readable"),
    (b"[]", 422, "not_valid"),
    (b"[" + b"{}," * 1000 + b"{}]", 422, "not_valid"),
    (b" " * (2 * 1024 * 1024 + 1), 413, "too_large"),
]


@pytest.mark.parametrize("noun", ["customers", "orders", "shipments", "returns", "products", "checkouts", "events"])
@pytest.mark.parametrize(("body", "status", "kind"), BAD_BODIES)
def test_a_body_that_is_none_is_a_problem(
    craft: Shop, token: str, noun: str, body: bytes, status: int, kind: str
) -> None:
    answer = send(token, noun, body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:regulars:{kind}"), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("noun", "row", "place"),
    [
        ("orders", {"placed_at": "1600-01-01T00:00:00Z"}, "placed_at"),
        ("orders", {"placed_at": "9999-01-01T00:00:00Z"}, "placed_at"),
        ("orders", {"placed_at": "2026-06-09T10:00:00"}, "placed_at"),
        ("orders", {"number": "a\x00b"}, ""),
        ("orders", {"number": "x" * 65}, "number"),
        ("orders", {"tax": 10**20}, "tax"),
        ("orders", {"customer": {}}, "customer"),
        ("orders", {"unknown": 1}, ""),
        ("customers", {}, ""),
        ("customers", {"number": "1", "birthday": "2025-02-30"}, "birthday"),
        ("customers", {"number": "1", "timezone": "Mars/Olympus"}, "timezone"),
        ("customers", {"emails": ["no address"]}, "emails.0"),
        ("products", {"sku": "1", "url": "javascript:alert(1)"}, "url"),
        ("checkouts", {"token": "t", "active_at": "2036-01-01T00:00:00Z"}, "active_at"),
        (
            "returns",
            {"number": "1", "returned_at": "2026-06-09T10:00:00Z", "refund": {"number": "1",
             "refunded_at": "2126-06-09T10:00:00Z", "total": 1}},
            "refund.refunded_at",
        ),
        ("events", {"type": "order.placed"}, "type"),
        ("events", {"type": "Viewed"}, "type"),
        ("events", {"type": "a.b", "at": "1026-01-01T00:00:00Z"}, "at"),
        ("events", {"type": "a.b", "data": {"a": [[[[[[[[1]]]]]]]]}}, "data"),
        ("events", {"type": "a.b", "data": {"a": "\x00"}}, ""),
        ("events", {"type": "a.b", "data": []}, "data"),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_names_its_place_and_writes_nothing(
    craft: Shop, token: str, noun: str, row: Any, place: str
) -> None:
    answer = send(token, noun, {**ORDER, **row} if noun == "orders" else row)
    assert answer.status_code == 422, answer.content
    assert [fault["place"] for fault in answer.json()["errors"]] == [place]
    assert not Order._base_manager.exists()
    assert not Customer._base_manager.exists()
    assert not Event._base_manager.exists()
    assert InboundCall._base_manager.get().status == "failed"


@pytest.mark.parametrize("noun", ["customers", "orders", "shipments", "returns", "products", "checkouts", "events"])
def test_each_noun_has_a_scope_of_its_own(craft: Shop, noun: str) -> None:
    others = create_api_key(craft, "shop", [scope for scope in SCOPES if scope != f"{noun}:write"], now=NOW)[1]
    own = create_api_key(craft, "shop", [f"{noun}:write"], now=NOW)[1]
    assert send(others, noun, {}).status_code == 403
    assert send(own, noun, {}).status_code == 422
    assert send("rg_made_up", noun, {}).status_code == 401
    assert send(own, noun, b"{}", kind="text/plain").status_code == 415
