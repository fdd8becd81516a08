"""Tasks, tags and webhooks as steps: done once, held-out customers untouched, constant in queries."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.decide.segments import profiles, rules
from regulars.journeys.kinds import step_kinds, trigger_kinds
from regulars.journeys.models import Enrolment
from regulars.know.customers import actions as customers
from regulars.know.customers.models import Tag
from regulars.know.timeline.models import Event
from regulars.reach.webhooks import actions as webhooks
from regulars.reach.webhooks.models import Webhook
from regulars.serve.tasks.models import Task
from regulars.web.icon import icon

from .handmade import constant_queries, enter, journey_of, run, step

pytestmark = pytest.mark.postgres


@pytest.fixture
def endpoint(shop: Shop, now: datetime) -> Any:
    return webhooks.create_endpoint(shop, "Tills", "https://example.com/hooks", now)[0]


def hold_out(customer: Any) -> None:
    Enrolment._base_manager.filter(customer=customer).update(arm="holdout")


def test_a_task_is_written_once_for_the_treated(shop: Shop, rosa: Any, heidi: Any, now: datetime) -> None:
    call = step("call", "task", title="Call", note="Ask how it went", who="service", due_days=2)
    journey = journey_of(shop, now, call, step("end", "exit"))
    enter(journey, now, rosa, heidi)
    hold_out(heidi)
    run(shop, now)
    Enrolment._base_manager.filter(customer=rosa).update(status="due", step="call", due_at=now)  # once more
    run(shop, now)
    task = Task._base_manager.get()
    assert (task.customer_id, task.title, task.role, task.due_at) == (
        rosa.pk,
        "Call",
        "service",
        now + timedelta(days=2),
    )
    assert Event._base_manager.filter(type="task.created").count() == 1


def test_tags_are_set_removed_and_asked_for(shop: Shop, rosa: Any, nico: Any, heidi: Any, now: datetime) -> None:
    journey = journey_of(
        shop,
        now,
        step("on", "tag", name="  VIP  guest "),
        step("off", "tag", name="old", does="remove"),
        step("end", "exit"),
    )
    customers.tag(shop, [rosa.pk, heidi.pk], "old", now)
    enter(journey, now, rosa, heidi)
    hold_out(heidi)
    run(shop, now)
    assert list(Tag._base_manager.order_by("customer_id").values_list("customer_id", "name")) == [
        (rosa.pk, "VIP guest"),
        (heidi.pk, "old"),
    ]
    told = Event._base_manager.filter(customer=rosa, type__startswith="customer.").order_by("pk")
    assert [(one.type, one.data["tag"]) for one in told.exclude(type="customer.created")] == [
        ("customer.tagged", "old"),
        ("customer.tagged", "VIP guest"),
        ("customer.untagged", "old"),
    ]
    profiles.refresh(shop, now)
    has = {"field": "tags", "op": "is", "value": "VIP guest"}
    assert rules.check(has) == []
    assert list(rules.queryset(shop, has, now).values_list("customer_id", flat=True)) == [rosa.pk]
    without = set(rules.queryset(shop, {**has, "op": "is_not"}, now).values_list("customer_id", flat=True))
    assert without == {nico.pk, heidi.pk}


def test_a_webhook_is_queued_once_and_tells_no_more_than_asked(
    shop: Shop, rosa: Any, heidi: Any, now: datetime, endpoint: Any
) -> None:
    tell = step("tell", "webhook", endpoint="tills", type="customer.thanked", include=["name"])
    journey = journey_of(shop, now, tell, step("end", "exit"))
    enter(journey, now, rosa, heidi)
    hold_out(heidi)
    run(shop, now)
    call = Webhook._base_manager.get()
    body = json.loads(call.body)
    assert (call.customer_id, call.status, call.endpoint_id) == (rosa.pk, "due", endpoint.pk)
    assert body["type"] == "customer.thanked"
    assert body["data"] == {
        "journey": "made",
        "step": "tell",
        "customer": {"number": rosa.number, "name": rosa.name},
    }


def test_an_endpoint_that_is_not_there_is_refused_with_its_place(shop: Shop, now: datetime) -> None:
    with override("en"), pytest.raises(Refused, match=r"step 1 “tell” \(webhook\): There is no webhook endpoint"):
        journey_of(shop, now, step("tell", "webhook", endpoint="nowhere"))


@pytest.mark.parametrize(
    "first",
    [
        step("call", "task", title="Call"),
        step("mark", "tag", name="vip"),
        step("mark", "tag", name="vip", does="remove"),
        step("tell", "webhook", endpoint="tills", include=["name", "email"]),
    ],
    ids=["task", "tag", "untag", "webhook"],
)
def test_queries_do_not_grow_with_the_batch(
    shop: Shop, make_customer: Callable[..., Any], now: datetime, endpoint: Any, first: dict[str, Any]
) -> None:
    counts = constant_queries(shop, journey_of(shop, now, first, step("end", "exit")), make_customer, now)
    assert counts[0] == counts[1]


def test_every_kind_has_an_icon_that_exists() -> None:
    for kind in [*step_kinds().values(), *trigger_kinds().values()]:
        assert icon(kind.icon)
