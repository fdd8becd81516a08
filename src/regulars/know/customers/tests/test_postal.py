"""Postal addresses told by sources: the newest counts, what only fills gaps changes nothing."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.know.customers.actions import CustomerDraft, PostalDraft, note_returned, upsert_customers
from regulars.know.customers.models import PostalAddress
from regulars.know.timeline.models import Event

pytestmark = pytest.mark.django_db

BERLIN = PostalDraft("Rillenweg 33", "12345", "Berlin")
KOELN = PostalDraft("Domplatz 1", "50667", "Köln")


def tell(shop: Any, now: datetime, *drafts: CustomerDraft) -> dict[str, str]:
    return upsert_customers(shop, drafts, now=now, source="api", is_history=False).outcomes


def city() -> str:
    return str(PostalAddress._base_manager.get().city)


def test_the_newest_address_counts(shop: Any, now: datetime) -> None:
    assert tell(shop, now, CustomerDraft("1", postal=BERLIN, version="2")) == {"1": "created"}
    assert tell(shop, now, CustomerDraft("1", postal=BERLIN, version="2")) == {"1": "unchanged"}
    assert tell(shop, now, CustomerDraft("1", postal=KOELN, version="1")) == {"1": "older"}
    assert tell(shop, now, CustomerDraft("1", postal=KOELN, fills_gaps=True)) == {"1": "unchanged"}
    assert tell(shop, now, CustomerDraft("1", first_name="Rosa", version="3")) == {"1": "changed"}
    assert city() == "Berlin"
    assert tell(shop, now, CustomerDraft("1", postal=KOELN, version="4")) == {"1": "changed"}
    assert city() == "Köln"
    assert Event._base_manager.filter(type="customer.changed").count() == 2


def test_of_two_in_one_batch_the_last_word_counts(shop: Any, now: datetime) -> None:
    tell(shop, now, CustomerDraft("1", postal=BERLIN), CustomerDraft("1", postal=KOELN))
    assert city() == "Köln"


def test_a_new_address_ends_that_post_came_back(shop: Any, now: datetime) -> None:
    tell(shop, now, CustomerDraft("1", postal=BERLIN))
    row = PostalAddress._base_manager.get()
    assert note_returned(shop, [row.customer_id], now) == 1
    assert note_returned(shop, [row.customer_id], now) == 0
    tell(shop, now, CustomerDraft("1", postal=BERLIN))
    assert PostalAddress._base_manager.get().returned_at == now, "the same address is no news"
    tell(shop, now, CustomerDraft("1", postal=KOELN))
    assert PostalAddress._base_manager.get().returned_at is None


def test_what_is_too_long_is_cut_and_lines_are_tidied(shop: Any, now: datetime) -> None:
    tell(shop, now, CustomerDraft("1", postal=PostalDraft(" Weg  1 \n\n Hof 2 ", "1" * 40, "B" * 200)))
    row = PostalAddress._base_manager.get()
    assert (row.street, len(row.postal_code), len(row.city)) == ("Weg 1\nHof 2", 16, 80)


def test_the_number_of_queries_does_not_grow_with_the_batch(shop: Any, now: datetime) -> None:
    counts = []
    for begin, count in ((0, 2), (100, 60)):
        numbers = [str(number) for number in range(begin, begin + count)]
        tell(shop, now, *(CustomerDraft(number, postal=BERLIN) for number in numbers))
        with CaptureQueriesContext(connection) as queries:
            tell(shop, now, *(CustomerDraft(number, postal=KOELN) for number in numbers))
        counts.append(len(queries))
    assert counts[0] == counts[1]
