"""Finding customers."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.actions import erase, merge
from regulars.know.customers.models import Customer
from regulars.know.customers.search import MOST, Matches, matching

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(shop: Shop, make_customer: Callable[..., Any], rosa: Customer, now: datetime) -> dict[str, Customer]:
    made = {
        "rosa": rosa,
        "heide": make_customer("Ute", "von der Heide", number="K-17"),
        "mac": make_customer("Ian", "McDonald", number="K-171"),
        "umlaut": make_customer("Änne", "Öztürk", number="K-2"),
    }
    order = apps.get_model("orders", "Order")
    with scope(shop=shop):
        order.objects.create(shop=shop, customer=rosa, number="B-1001", placed_at=now, currency="EUR", value=100)
        order.objects.create(shop=shop, customer=made["mac"], number="B-10012", placed_at=now, currency="EUR", value=1)
    return made


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("Rot", ["rosa"]),
        ("rot", ["rosa"]),
        ("ros", ["rosa"]),
        ("Rosa Rot", ["rosa"]),
        ("rosa r", ["rosa"]),
        ("Rot, Rosa", ["rosa"]),
        ("  rot   ro ", ["rosa"]),
        ("von der Heide", ["heide"]),
        ("Ute von der", ["heide"]),
        ("von der Heide, Ute", ["heide"]),
        ("mcdo", ["mac"]),
        ("änne", ["umlaut"]),
        ("öztürk", ["umlaut"]),
        ("rosa@example.com", ["rosa"]),
        ("ROSA@EX", ["rosa"]),
        ("K-17", ["heide", "mac"]),
        ("K-171", ["mac"]),
        ("B-1001", ["rosa"]),
        ("sa", []),
        ("Rosa Heide", []),
        ("100%", []),
        ("_", []),
        ("", []),
    ],
)
def test_a_customer_is_found_by_what_is_at_hand(
    shop: Shop, people: dict[str, Customer], sought: str, found: list[str]
) -> None:
    names = {row.pk: name for name, row in people.items()}
    with scope(shop=shop):
        assert sorted(names[pk] for pk in matching(shop, sought).ids) == sorted(found)


def test_who_was_merged_or_erased_is_not_found(shop: Shop, people: dict[str, Customer], now: datetime) -> None:
    merge(shop, people["heide"].pk, people["mac"].pk, now)
    erase(shop, [people["rosa"].pk], now)

    with scope(shop=shop):
        assert matching(shop, "von der").ids == []
        assert matching(shop, "Rot").ids == []
        assert matching(shop, "rosa@example.com").ids == []
        assert matching(shop, "B-1001").ids == []
        assert matching(shop, "ute@example.com").ids == [people["mac"].pk]


def test_a_search_ends_even_where_everybody_matches(shop: Shop, now: datetime) -> None:
    with scope(shop=shop):
        Customer.objects.bulk_create(
            Customer(shop=shop, number=f"C{i}", last_name="Muster", created_at=now, updated_at=now) for i in range(300)
        )

        found = matching(shop, "Mus")
        assert (len(found.ids), found.is_cut) == (MOST, True)
        assert matching(shop, "C29") == Matches(matching(shop, "C29").ids, is_cut=False)
        assert len(matching(shop, "C29").ids) == 11  # C29, C290 … C299
