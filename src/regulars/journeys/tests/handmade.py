"""Journeys made by hand for tests of kinds, and what people on them were noted for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.journeys import actions, sweeps
from regulars.journeys.kinds import Entry
from regulars.journeys.models import Enrolment, Journey
from regulars.know.timeline.actions import Fact, record
from regulars.know.timeline.models import Event
from regulars.know.timeline.sweeps import react


def step(key: str, kind: str, **params: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "params": params}


def journey_of(shop: Shop, now: datetime, *steps: dict[str, Any], **parts: Any) -> Journey:
    """Publishes a journey with these steps; by default a program takes customers in, every time."""
    document = {
        "format": 1,
        "key": "made",
        "name": "Made",
        "goal": "hold",
        "kpi": "customer_retention_rate",
        "holdout": 0.0,
        "reentry": {"rule": "every_time"},
        "stop": {"after_days": 3650},
        "trigger": {"kind": "api"},
        "steps": list(steps) or [step("end", "exit")],
        **parts,
    }
    journey = actions.publish_draft(actions.save_draft(shop, document, now), now)
    return Journey._base_manager.select_related("measure__goal", "shop").get(pk=journey.pk)


def enter(journey: Journey, now: datetime, *customers: Any, key: str = "k") -> actions.Enrolled:
    return actions.enrol(journey.shop, journey, [Entry(one.pk, key) for one in customers], now)


def run(shop: Shop, now: datetime) -> None:
    """All sweeps of journeys at this moment, and the reactions to events before them."""
    with scope(shop=shop):
        while react(shop, now):
            pass
        while sweeps.enrol_by_the_clock(shop, now):
            pass
        while sweeps.take_in(shop, now):
            pass
        while actions.advance_batch(shop, now).claimed:
            pass


def happens(shop: Shop, now: datetime, event: str, customer: Any = None, key: str | None = None, **data: Any) -> int:
    """Records one event; returns how many are new."""
    at = data.pop("at", now)
    is_history = data.pop("is_history", False)
    fact = Fact(event, at, customer.pk if customer else None, data, key)
    return record(shop, [fact], now=now, source="test", is_history=is_history)


def keys(customer: Any) -> list[str]:
    """The entry keys of a customer's ways, in order."""
    return list(Enrolment._base_manager.filter(customer=customer).order_by("pk").values_list("entry_key", flat=True))


def at_step(customer: Any) -> tuple[str, str]:
    """Where a customer's newest way is: step and status, or the reason for which it ended."""
    one = Enrolment._base_manager.filter(customer=customer).order_by("-pk").first()
    assert one is not None
    return one.step, one.exit_reason or one.status


def constant_queries(
    shop: Shop, journey: Journey, make_customer: Callable[..., Any], now: datetime, sizes: tuple[int, int] = (3, 60)
) -> list[int]:
    """Queries for one advance of batches of both sizes at the first step; the test compares them."""
    counts = []
    for number, size in enumerate(sizes):
        people = [make_customer(f"Q{number}x{n}") for n in range(size)]
        enter(journey, now, *people, key=f"q{number}")
        with scope(shop=shop), CaptureQueriesContext(connection) as queries:
            assert actions.advance_batch(shop, now).moved == size
        counts.append(len(queries))
        Enrolment._base_manager.filter(status="due").update(status="cancelled", due_at=None)
    return counts


def noted(customer: Any) -> list[str]:
    return [
        event.data["step"] for event in Event._base_manager.filter(customer=customer, type="test.noted").order_by("pk")
    ]
