"""A measure, and requests to contact the cast."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from regulars.decide.contact_policy.actions import Wish, request
from regulars.decide.goals.actions import create_measure


@pytest.fixture
def make_measure(shop: Any, now: datetime) -> Callable[..., Any]:
    """`make_measure("win-back", "win_back", holdout_share=0)`: a measure in draft."""

    def make(key: str = "win-back", goal: str = "win_back", **fields: Any) -> Any:
        return create_measure(
            shop, key, key.title(), goal, "reactivated_customers", now=now, **{"holdout_share": 0, **fields}
        )

    return make


@pytest.fixture
def ask_for(shop: Any, now: datetime) -> Callable[..., int]:
    """`ask_for(rosa, measure=…, key=…)`: one waiting request, by e-mail, within a day from now; returns its id."""
    count = iter(range(10_000))

    def make(customer: Any, **changes: Any) -> int:
        measure = changes.pop("measure", None)
        fields = {
            "customer_id": customer.pk,
            "measure_id": measure.pk if measure else None,
            "channel": "email",
            "purpose": "marketing",
            "address": f"{customer.number}@example.com",
            "rank": measure.goal.rank if measure else 3,
            "earliest": now,
            "latest": now + timedelta(days=1),
            "key": f"test:{next(count)}",
            **changes,
        }
        (made,) = request(shop, [Wish(**fields)], now).values()
        return made

    return make
