"""Customers: in from a source, merged, exported, erased for good."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from regulars.core.errors import Refused
from regulars.core.models import AuditEntry, Shop
from regulars.core.personal_data import undeclared
from regulars.core.scoping import scope
from regulars.core.tallies import counted
from regulars.know.customers.actions import (
    CustomerDraft,
    erase,
    export,
    find_or_create_by_number,
    merge,
    upsert_customers,
)
from regulars.know.customers.models import Customer, ErasedIdentity, Identity
from regulars.know.customers.tallies import LIVING
from regulars.know.orders.actions import LineDraft, OrderDraft, upsert_orders
from regulars.know.orders.models import Order
from regulars.know.timeline.models import Event

NICO = CustomerDraft("17", "Nico", "Neu", ("Nico@Example.com",), ("030 901820",), birthday=(29, 2, None))


def put(shop: Shop, now: datetime, *drafts: CustomerDraft) -> tuple[int, int, int]:
    done = upsert_customers(shop, drafts, now=now, source="test", is_history=False)
    return done.created, done.changed, done.unchanged


def identities(shop: Shop) -> set[tuple[str, str, str]]:
    with scope(shop=shop):
        return set(Identity.objects.values_list("customer__number", "kind", "key"))


def test_a_customer_is_made_changed_and_left_alone(shop: Shop, now: datetime) -> None:
    assert put(shop, now, NICO) == (1, 0, 0)
    assert put(shop, now, NICO) == (0, 0, 1)
    assert put(shop, now, CustomerDraft("17", last_name="Alt")) == (0, 1, 0)

    with scope(shop=shop):
        row = Customer.objects.get()
        assert (row.name, row.birthday_day, row.birthday_month, row.birthday_year) == ("Nico Alt", 29, 2, None)
        assert list(Event.objects.order_by("pk").values_list("type", flat=True)) == [
            "customer.created", "customer.changed",
        ]  # fmt: skip
    assert identities(shop) == {("17", "email", "nico@example.com"), ("17", "phone", "+4930901820")}


def test_an_address_leads_to_its_customer_under_whatever_number(shop: Shop, now: datetime) -> None:
    guest = CustomerDraft("", emails=("nico@example.com",))
    assert put(shop, now, guest, NICO, CustomerDraft("18", emails=("NICO@example.com",))) == (1, 0, 0)
    assert put(shop, now, guest, NICO, CustomerDraft("18", emails=("NICO@example.com",))) == (0, 0, 1)

    with scope(shop=shop):
        one = Customer.objects.get()
    assert one.number.startswith("e-")
    assert find_or_create_by_number(shop, ["17", "18", "19"], now)["18"] == one.pk
    with scope(shop=shop):
        assert Customer.objects.count() == 2


def test_a_new_address_becomes_the_primary_one(shop: Shop, now: datetime) -> None:
    put(shop, now, NICO)
    put(shop, now, CustomerDraft("17", emails=("neu@example.com",)))

    with scope(shop=shop):
        assert list(Identity.objects.filter(kind="email", is_primary=True).values_list("key", flat=True)) == [
            "neu@example.com"
        ]


def test_merge_moves_everything_and_the_old_number_leads_on(
    shop: Shop, rosa: Customer, nico: Customer, now: datetime
) -> None:
    draft = OrderDraft("1", now, (LineDraft("A", "A", 1, 100, 100),), customer_number="nico")
    upsert_orders(shop, [draft], now=now, source="test", is_history=True)

    merge(shop, nico.pk, rosa.pk, now)

    assert find_or_create_by_number(shop, ["nico", "rosa"], now) == {"nico": rosa.pk, "rosa": rosa.pk}
    with scope(shop=shop):
        assert Order.objects.get().customer_id == rosa.pk
        mails = dict(Identity.objects.filter(customer=rosa).values_list("key", "is_primary"))
        assert mails == {"rosa@example.com": True, "nico@example.com": False}
        assert [row.number for row in Customer.objects.all().living()] == ["rosa"]
    assert AuditEntry.objects.filter(verb="customer.merged", target_id=str(rosa.pk)).count() == 1
    with translation.override("en"), pytest.raises(Refused, match="two different customers"):
        merge(shop, rosa.pk, rosa.pk, now)


@pytest.mark.postgres
def test_the_kept_number_of_customers_leaves_out_the_merged_and_the_erased(
    shop: Shop, rosa: Customer, nico: Customer, lena: Customer, now: datetime
) -> None:
    def kept() -> int:
        return sum(counted(LIVING, [shop.pk])[shop.pk].values())

    assert kept() == 3
    merge(shop, nico.pk, rosa.pk, now)
    assert kept() == 2
    erase(shop, [lena.pk], now)
    assert kept() == 1
    with scope(shop=shop):
        assert Customer.objects.all().living().count() == 1


def test_export_tells_all_that_is_kept(shop: Shop, rosa: Customer, now: datetime) -> None:
    draft = OrderDraft("1", now, (LineDraft("A", "Blue Train", 1, 100, 100),), customer_number="rosa")
    upsert_orders(shop, [draft], now=now, source="test", is_history=False)

    from django.utils import translation

    with translation.override("en"):
        told = export(shop, rosa.pk)

    assert told["Customer"][0]["first_name"] == "Rosa"
    assert told["Addresses"][0]["value"] == "rosa@example.com"
    assert told["Orders"][0]["lines"] == [{"sku": "A", "title": "Blue Train", "quantity": 1, "value": 100}]
    assert told["Timeline"][0]["type"] == "order.placed"


def texts_everywhere() -> str:
    """All texts of all tables of the house."""
    found = []
    for model in apps.get_models():
        if model._meta.label.startswith(("core.AuditEntry", "core.TimetableEntry")) or model._meta.label in NEVER:
            continue
        fields = [
            f.attname
            for f in model._meta.concrete_fields
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
        ]
        found += [str(row) for row in model._base_manager.values_list(*fields)] if fields else []
    return "\n".join(found)


NEVER = {"contenttypes.ContentType", "auth.Permission"}


def test_an_erased_person_is_nowhere_and_never_comes_back(shop: Shop, now: datetime) -> None:
    put(shop, now, NICO)
    draft = OrderDraft("1", now, (LineDraft("A", "A", 1, 100, 100),), customer_number="17")
    upsert_orders(shop, [draft], now=now, source="test", is_history=False)
    with scope(shop=shop):
        nico = Customer.objects.get()
    assert "nico@example.com" in texts_everywhere().lower()

    receipt = erase(shop, [nico.pk], now)

    assert receipt.customers == 1
    assert receipt.tables == {"customers.Identity": 2, "orders.Order": 1, "timeline.Event": 2}
    everywhere = texts_everywhere()
    for trace in ("Nico", "Neu", "nico@example.com", "Nico@Example.com", "901820"):
        assert trace not in everywhere
    again = upsert_customers(
        shop,
        [NICO, CustomerDraft("99", emails=("nico@EXAMPLE.com",)), CustomerDraft("17"), CustomerDraft("20")],
        now=now,
        source="test",
        is_history=True,
    )
    assert (again.created, again.refused) == (1, ["17", "99", "17"])
    assert find_or_create_by_number(shop, ["17"], now) == {}
    with scope(shop=shop):
        assert ErasedIdentity.objects.count() == 3
        assert set(Customer.objects.values_list("number", flat=True)) == {f"erased-{nico.pk}", "20"}
        assert Order.objects.get().customer_id == nico.pk
    assert erase(shop, [nico.pk], now).customers == 0


def test_a_retired_secret_still_knows_who_was_erased(shop: Shop, rosa: Customer, now: datetime, settings: Any) -> None:
    erase(shop, [rosa.pk], now)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert find_or_create_by_number(shop, ["rosa"], now) == {}


def test_another_shop_is_not_touched(shop: Shop, rosa: Customer, now: datetime) -> None:
    other = Shop.objects.create(slug="other", name="Other")
    assert find_or_create_by_number(other, ["rosa"], now) != {"rosa": rosa.pk}
    erase(other, [rosa.pk], now)

    rosa.refresh_from_db()
    assert rosa.erased_at is None


def queries(shop: Shop, prefix: str, count: int) -> int:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    drafts = [CustomerDraft(f"{prefix}{n}", "A", emails=(f"{prefix}{n}@example.com",)) for n in range(count)]
    with CaptureQueriesContext(connection) as seen:
        put(shop, now, *drafts)
        put(shop, now, *(CustomerDraft(draft.number, "B") for draft in drafts))
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_the_batch(shop: Shop) -> None:
    queries(shop, "warm", 1)
    assert queries(shop, "a", 3) == queries(shop, "b", 300)


def test_every_table_that_points_to_a_customer_is_declared() -> None:
    assert undeclared(Customer) == []
