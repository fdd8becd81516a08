"""The pages of customers through the door the staff use."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from regulars.core.models import AuditEntry, Shop
from regulars.core.pages import PAGES
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.actions import Fact, record
from regulars.know.timeline.models import Event

pytestmark = pytest.mark.django_db


def url(shop: Shop, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return unescape(response.content.decode())


def crowd(shop: Shop, now: datetime, count: int) -> list[Customer]:
    """`count` customers Anna Aal-000 …, each with an address."""
    with scope(shop=shop):
        rows = Customer.objects.bulk_create(
            Customer(
                shop=shop,
                number=f"C{i:04}",
                first_name="Anna",
                last_name=f"Aal-{i:03}",
                created_at=now,
                updated_at=now,
            )
            for i in range(count)
        )
        Identity.objects.bulk_create(
            Identity(
                shop=shop,
                customer=row,
                kind="email",
                value=f"{row.number}@example.com",
                key=f"{row.number.lower()}@example.com",
                created_at=now,
            )
            for row in rows
        )
    return rows


# ------------------------------------------------------------------------------------------------------------- doors


@pytest.mark.parametrize(
    ("role", "sees", "edits"),
    [
        ("owner", 200, True),
        ("service", 200, True),
        ("marketer", 200, False),
        ("analyst", 200, False),
        ("till", 403, False),
        (None, 404, False),
    ],
)
def test_each_role_sees_and_does_what_it_may(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], role: str | None, sees: int, edits: bool
) -> None:
    client = signed_in(role)
    refused = 404 if role is None else 403

    for name, args in [("customers", ()), ("customer", (rosa.pk,)), ("customer-timeline", (rosa.pk,))]:
        assert client.get(url(shop, name, *args)).status_code == sees
    page = client.get(url(shop, "customer", rosa.pk)).content.decode()
    assert (url(shop, "customer-erase", rosa.pk) in page) is edits
    assert client.get(url(shop, "customer-merge", rosa.pk)).status_code == (200 if edits else refused)
    assert client.post(url(shop, "customer-export", rosa.pk)).status_code == (200 if edits else refused)
    erased = client.post(url(shop, "customer-erase", rosa.pk), {"number": "rosa"})
    assert erased.status_code == (302 if edits else refused)
    rosa.refresh_from_db()
    assert (rosa.erased_at is not None) is edits


def test_customers_of_another_shop_are_not_there(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    other = Shop.objects.create(slug="other", name="Other")
    with scope(shop=other):
        foreign = Customer.objects.create(
            shop=other, number="F1", first_name="Fremd", last_name="Rot", created_at=now, updated_at=now
        )
    client = signed_in()

    assert client.get(url(shop, "customer", foreign.pk)).status_code == 404
    assert client.get(url(shop, "customer-timeline", foreign.pk)).status_code == 404
    assert client.post(url(shop, "customer-erase", foreign.pk), {"number": "F1"}).status_code == 404
    page = text(client.get(url(shop, "customers"), {"q": "Rot"}))
    assert "Rosa Rot" in page
    assert "Fremd" not in page
    merged = client.post(url(shop, "customer-merge", rosa.pk), {"into": "F1"})
    assert merged.status_code == 422
    rosa.refresh_from_db()
    assert rosa.merged_into_id is None


@pytest.mark.parametrize("name", ["customer-export", "customer-erase"])
def test_acts_are_posts_with_a_token(shop: Shop, rosa: Customer, signed_in: Callable[..., Any], name: str) -> None:
    client = signed_in()
    client.handler.enforce_csrf_checks = True

    assert client.get(url(shop, name, rosa.pk)).status_code == 405
    assert client.post(url(shop, name, rosa.pk), {"number": "rosa"}).status_code == 403
    rosa.refresh_from_db()
    assert rosa.erased_at is None


# -------------------------------------------------------------------------------------------------------------- list


def test_without_customers_the_page_leads_to_the_import(shop: Shop, signed_in: Callable[..., Any]) -> None:
    page = text(signed_in().get(url(shop, "customers")))

    assert "No customer yet" in page
    if "imports" in PAGES:
        assert url(shop, "imports") in page


def test_who_comes_after_the_empty_page_is_there_at_once(
    shop: Shop, signed_in: Callable[..., Any], make_customer: Callable[..., Any]
) -> None:
    client = signed_in()
    client.get(url(shop, "customers"))
    make_customer("Nico", "Neu")

    assert "Nico Neu" in text(client.get(url(shop, "customers")))


def test_pages_turn_over_by_key_both_ways_and_miss_nobody(
    shop: Shop, signed_in: Callable[..., Any], now: datetime
) -> None:
    rows = crowd(shop, now, 120)
    client = signed_in()

    for sort, expected in [("name", rows), ("newest", rows[::-1])]:
        first = client.get(url(shop, "customers"), {"sort": sort}).context
        assert [row.pk for row in first["rows"]] == [row.pk for row in expected[:50]]
        assert first["before"] is None
        second = client.get(url(shop, "customers"), {"sort": sort, "after": first["after"]}).context
        assert [row.pk for row in second["rows"]] == [row.pk for row in expected[50:100]]
        third = client.get(url(shop, "customers"), {"sort": sort, "after": second["after"]}).context
        assert [row.pk for row in third["rows"]] == [row.pk for row in expected[100:]]
        assert third["after"] is None
        back = client.get(url(shop, "customers"), {"sort": sort, "before": third["before"]}).context
        assert [row.pk for row in back["rows"]] == [row.pk for row in expected[50:100]]
        start = client.get(url(shop, "customers"), {"sort": sort, "before": second["before"]}).context
        assert [row.pk for row in start["rows"]] == [row.pk for row in expected[:50]]
        assert start["before"] is None


@pytest.mark.parametrize("query", ["after=x", "before=999999999999999999999", "after=-1", "sort=%00", "q=%00", "q=%25"])
def test_senseless_addresses_break_nothing(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], query: str
) -> None:
    assert signed_in().get(f"{url(shop, 'customers')}?{query}").status_code == 200


@pytest.mark.parametrize("query", [{}, {"sort": "name"}, {"q": "Anna"}])
def test_the_list_asks_the_same_number_of_questions_for_one_and_a_hundred(
    shop: Shop,
    signed_in: Callable[..., Any],
    now: datetime,
    query: dict[str, str],
    django_assert_num_queries: Callable[..., Any],
) -> None:
    client = signed_in()
    crowd(shop, now, 1)
    client.get(url(shop, "customers"), query)
    with django_assert_num_queries(_questions(client, url(shop, "customers"), query)) as asked:
        client.get(url(shop, "customers"), query)
    with scope(shop=shop):
        Customer.objects.all().delete()
    crowd(shop, now, 100)

    with django_assert_num_queries(len(asked)):
        page = client.get(url(shop, "customers"), query)
    assert len(page.context["rows"]) == 50
    assert not [one for one in asked if "OFFSET" in one["sql"]]


def _questions(client: Any, address: str, query: dict[str, str]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        client.get(address, query)
    return len(asked)


# ------------------------------------------------------------------------------------------------------ one customer


def test_one_customer_in_both_languages(shop: Shop, lena: Customer, signed_in: Callable[..., Any]) -> None:
    german = text(signed_in("owner", language="de").get(url(shop, "customer", lena.pk)))
    english = text(signed_in("service", language="en").get(url(shop, "customer", lena.pk)))

    assert all(word in german for word in ("Lena Lange", "lena@example.com", "29. Februar", "Verlauf", "Deutsch"))
    assert all(word in english for word in ("Lena Lange", "lena@example.com", "29 February", "Timeline", "German"))


def test_a_name_is_text_and_never_markup(
    shop: Shop, make_customer: Callable[..., Any], signed_in: Callable[..., Any], now: datetime
) -> None:
    evil = make_customer("Eve", "x", number='"><img src=x onerror=alert(1)>')
    with scope(shop=shop):
        Customer.objects.filter(pk=evil.pk).update(
            first_name='<script>alert("1")</script>', last_name="\"'{{ 7|add:7 }}"
        )
        other = make_customer("Nico")
        record(shop, [Fact("<b>odd</b>", now, evil.pk, {"order": "<script>alert(2)</script>"})], now=now)
    client = signed_in()

    for address in (
        url(shop, "customers"),
        url(shop, "customers") + "?q=%3Cscript%3Ealert(3)%3C/script%3E",
        url(shop, "customer", evil.pk),
        url(shop, "customer", evil.pk) + "?kind=%22%3E%3Cscript%3Ealert(4)",
        url(shop, "customer-merge", evil.pk) + f"?into={other.number}",
        url(shop, "customer-merge", other.pk) + "?into=%22%3E%3Cscript%3Ealert(5)",
    ):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert "<b>odd" not in page, address
        assert "&quot;&#x27;14" not in page, address


def test_the_timeline_goes_on_where_it_stopped(
    shop: Shop, rosa: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    facts = [Fact("customer.changed", now - timedelta(hours=i // 2), rosa.pk, source_key=f"k{i}") for i in range(45)]
    with scope(shop=shop):
        record(shop, [*facts, Fact("customer.merged", now, rosa.pk)], now=now)
    client = signed_in()

    whole = client.get(url(shop, "customer", rosa.pk))
    seen = list(whole.context["timeline"].lines)
    part = whole
    while part.context["timeline"].before is not None:
        part = client.get(url(shop, "customer-timeline", rosa.pk), {"before": part.context["timeline"].before})
        assert "<html" not in part.content.decode()
        seen += part.context["timeline"].lines
    assert len(seen) == 46
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)

    only = client.get(url(shop, "customer-timeline", rosa.pk), {"kind": "customer.merged"})
    assert [line.title for line in only.context["timeline"].lines] == ["Merged with another customer"]


def test_events_of_others_are_not_reached_through_the_key(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    with scope(shop=shop):
        record(shop, [Fact("customer.changed", now, nico.pk)], now=now)
        event = Event._base_manager.get(customer=nico)
        record(shop, [Fact("customer.changed", now - timedelta(days=1), rosa.pk)], now=now)

    answer = signed_in().get(url(shop, "customer-timeline", rosa.pk), {"before": event.pk})

    assert answer.context["timeline"].lines == []


def test_one_customer_asks_the_same_number_of_questions_for_one_and_a_hundred_events(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any], now: datetime
) -> None:
    with scope(shop=shop):
        record(shop, [Fact("customer.changed", now, nico.pk)], now=now)
        record(shop, [Fact("customer.changed", now, rosa.pk, source_key=str(i)) for i in range(100)], now=now)
    client = signed_in()
    client.get(url(shop, "customer", nico.pk))

    few = _questions(client, url(shop, "customer", nico.pk), {})

    assert _questions(client, url(shop, "customer", rosa.pk), {}) == few


# -------------------------------------------------------------------------------------------------------------- acts


def test_export_is_a_file_of_this_person_alone_and_is_written_down(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any]
) -> None:
    answer = signed_in("service").post(url(shop, "customer-export", rosa.pk))

    assert answer["Content-Disposition"] == 'attachment; filename="plattenkiste-rosa.json"'
    assert "no-store" in answer["Cache-Control"]
    body = answer.content.decode()
    assert json.loads(body)["Customer"][0]["number"] == "rosa"
    assert "rosa@example.com" in body
    assert "nico" not in body.lower()
    entry = AuditEntry.objects.get(verb="customer.exported")
    assert (entry.shop_id, entry.target_id) == (shop.pk, str(rosa.pk))
    assert entry.staff is not None
    assert entry.staff.email == "service@example.com"


def test_merge_shows_both_first_and_the_old_one_leads_to_the_survivor(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any]
) -> None:
    client = signed_in()

    preview = text(client.get(url(shop, "customer-merge", nico.pk), {"into": "ROSA@example.com"}))
    assert "Rosa Rot" in preview
    assert "Nico Neu" in preview
    nico.refresh_from_db()
    assert nico.merged_into_id is None

    done = client.post(url(shop, "customer-merge", nico.pk), {"into": "rosa"})
    assert done["Location"] == url(shop, "customer", rosa.pk)
    nico.refresh_from_db()
    assert nico.merged_into_id == rosa.pk
    assert client.get(url(shop, "customer", nico.pk))["Location"] == url(shop, "customer", rosa.pk)
    page = text(client.get(url(shop, "customer", rosa.pk)))
    assert "nico@example.com" in page
    assert "also nico" in page
    assert AuditEntry.objects.get(verb="customer.merged").target_id == str(rosa.pk)


@pytest.mark.parametrize("into", ["", "nobody", "nico"])
def test_nobody_is_merged_into_nobody_or_into_themselves(
    shop: Shop, nico: Customer, signed_in: Callable[..., Any], into: str
) -> None:
    signed_in().post(url(shop, "customer-merge", nico.pk), {"into": into})

    nico.refresh_from_db()
    assert nico.merged_into_id is None
    assert not AuditEntry.objects.filter(verb="customer.merged").exists()


def test_erasure_wants_the_number_and_leaves_a_receipt_and_a_calm_page(
    shop: Shop, rosa: Customer, nico: Customer, signed_in: Callable[..., Any]
) -> None:
    client = signed_in("service")

    refused = client.post(url(shop, "customer-erase", rosa.pk), {"number": "Rosa"}, follow=True)
    assert "Nothing was erased" in text(refused)
    rosa.refresh_from_db()
    assert rosa.erased_at is None

    done = client.post(url(shop, "customer-erase", rosa.pk), {"number": "rosa"}, follow=True)
    page = text(done)
    assert "Receipt" in page
    assert "Addresses" in page
    assert "Erika" in page
    assert "Rosa" not in page
    assert "rosa@example.com" not in page
    assert AuditEntry.objects.get(verb="customer.erased").data["customers"] == [rosa.pk]
    with scope(shop=shop):
        assert Customer.objects.get(pk=nico.pk).erased_at is None
        assert list(Identity.objects.values_list("key", flat=True)) == ["nico@example.com"]
    stranger = text(signed_in("analyst").get(url(shop, "customer", rosa.pk)))
    assert "Erased customer" in stranger
    assert "Receipt" not in stranger
    listed = text(client.get(url(shop, "customers")))
    assert "Nico Neu" in listed
    assert url(shop, "customer", rosa.pk) not in listed
