"""Enrolling through the interface: scope, idempotency, unknown customers, problems."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_api_key
from regulars.core.models import Shop
from regulars.journeys import actions
from regulars.journeys.models import Enrolment
from regulars.journeys.tests.handmade import journey_of, step


def call(token: str, body: Any, *, key: str = "made", once: str | None = "c1") -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": once} if once else {})
    return Client().post(f"/api/v1/journeys/{key}/enrol", body, content_type="application/json", headers=headers)


def test_customers_enter_once_for_each_idempotency_key(shop: Shop, rosa: Any, otto: Any, now: datetime) -> None:
    journey = journey_of(shop, now, step("pause", "wait", days=3))
    token = create_api_key(shop, "till", ["journeys:enrol"], now=now)[1]
    body = {"customers": [rosa.number, otto.number, "nobody"]}
    first = call(token, body)
    assert (first.status_code, first.json()) == (
        200,
        {"entered": 1, "refused": 1, "passed_over": 0, "unknown": ["nobody"]},
    )
    assert call(token, body).json() == {"entered": 0, "refused": 0, "passed_over": 2, "unknown": ["nobody"]}
    assert Enrolment._base_manager.filter(status="due").count() == 1
    # when the measure is stopped, the call says so
    actions.stop(journey.measure, now)
    stopped = call(token, body, once="c2")
    assert (stopped.status_code, stopped.json()["type"]) == (409, "urn:regulars:not_running")


@pytest.mark.parametrize(
    ("scopes", "body", "key", "once", "status"),
    [
        ([], {"customers": ["1"]}, "made", "c", 403),
        (["journeys:enrol"], {"customers": ["1"]}, "made", None, 422),
        (["journeys:enrol"], {"customers": []}, "made", "c", 422),
        (["journeys:enrol"], {"customers": ["1"] * 1001}, "made", "c", 422),
        (["journeys:enrol"], {"customers": "1"}, "made", "c", 422),
        (["journeys:enrol"], {"customers": ["1"]}, "other", "c", 409),
    ],
)
def test_a_wrong_call_is_a_problem(
    shop: Shop, now: datetime, scopes: list[str], body: Any, key: str, once: str | None, status: int
) -> None:
    journey_of(shop, now)
    token = create_api_key(shop, "till", scopes, now=now)[1]
    answer = call(token, body, key=key, once=once)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Enrolment._base_manager.exists()


def test_a_journey_with_another_trigger_takes_nobody_in(shop: Shop, rosa: Any, now: datetime) -> None:
    journey_of(shop, now, trigger={"kind": "event", "type": "order.placed"})
    token = create_api_key(shop, "till", ["journeys:enrol"], now=now)[1]
    answer = call(token, {"customers": [rosa.number]})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:regulars:not_callable")
