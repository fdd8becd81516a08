"""The size of a rule in a large shop: near the true one, and exact where all can be counted."""

from datetime import datetime
from typing import Any

import pytest

from regulars.decide.segments import estimate
from regulars.decide.segments.models import CustomerProfile
from regulars.know.customers.models import Customer

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

PEOPLE = 4000
ONE_IN_FIVE = {"all": [{"field": "orders", "op": "at_least", "value": 4}]}
NOBODY = {"all": [{"field": "orders", "op": "at_least", "value": 40}]}


@pytest.fixture
def crowd(shop: Any, now: datetime) -> None:
    people = Customer._base_manager.bulk_create(
        Customer(shop=shop, number=f"c{n}", created_at=now, updated_at=now) for n in range(PEOPLE)
    )
    CustomerProfile._base_manager.bulk_create(
        CustomerProfile(shop=shop, customer=one, orders=n * 7919 % PEOPLE % 5, refreshed_at=now)
        for n, one in enumerate(people)
    )


@pytest.mark.usefixtures("crowd")
def test_a_small_shop_is_counted(shop: Any, now: datetime) -> None:
    found = estimate.size(shop, ONE_IN_FIVE, now, PEOPLE)
    assert (found.customers, found.sampled, found.found.count()) == (PEOPLE // 5, 0, PEOPLE // 5)


@pytest.mark.usefixtures("crowd")
def test_a_large_shop_is_estimated_from_a_sample(shop: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COUNTED": 1000, "BLOCKS": 50, "BLOCK": 20, "LEAST": 500}.items():
        monkeypatch.setattr(estimate, name, value)
    found = estimate.size(shop, ONE_IN_FIVE, now, PEOPLE)
    assert found.sampled == 1000
    assert found.customers == pytest.approx(PEOPLE / 5, rel=0.15)
    assert all(one.orders >= 4 for one in found.found[:6])
    # and of what nobody in the sample is, it says what it cannot be more than
    found = estimate.size(shop, NOBODY, now, PEOPLE)
    assert (found.customers, found.most, list(found.found)) == (0, 12, [])


@pytest.mark.usefixtures("crowd")
def test_a_thin_sample_is_not_trusted(shop: Any, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "COUNTED", 1000)  # 4,000 profiles are fewer than a sample must hold
    found = estimate.size(shop, ONE_IN_FIVE, now, PEOPLE)
    assert (found.customers, found.sampled) == (PEOPLE // 5, 0)
