"""The pages of imports: upload, trial, import, rejects; who may."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from regulars.connectors.files.models import ImportRun
from regulars.connectors.files.sweeps import import_uploaded
from regulars.core.models import Membership, Shop, Staff
from regulars.core.scoping import scope
from regulars.know.orders.models import Order

HEAD = "order,customer,date,sku,title,quantity,price\n"
GOOD = "1001,rosa,2026-05-04 12:30,LP-1,Blue Train,2,19.90\n"


@pytest.fixture
def signed_in(shop: Shop) -> Callable[[str], Client]:
    def make(role: str) -> Client:
        person = Staff.objects.create_user(f"{role}@example.com", "a good long word", name="Erika", locale="en")
        Membership.objects.create(shop=shop, staff=person, role=role)
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return make


def upload(client: Client, shop: Shop, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("may.csv", text.encode())
    data = {"file": file, "preset": "generic", "mapping": "", **fields}
    return client.post(reverse("shop:imports", args=[shop.slug]), data, follow=True)


def test_a_file_is_tried_then_imported_and_its_rejects_fetched(
    shop: Shop, now: datetime, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("owner")
    empty = client.get(reverse("shop:imports", args=[shop.slug])).content.decode()
    assert "Nothing imported yet" in empty

    page = upload(client, shop, HEAD + GOOD + GOOD.replace("1001", "1002").replace("19.90", "x")).content.decode()
    assert "Blue Train" in page  # the first rows
    assert "Waiting for a worker" in page
    with scope(shop=shop):
        tried = ImportRun.objects.get()
        assert import_uploaded(shop, tried.created_at) == 1
        assert not Order.objects.exists()
    page = client.get(reverse("shop:import", args=[shop.slug, tried.pk])).content.decode()
    assert "nothing was written" in page
    rejected = client.get(reverse("shop:import-rejects", args=[shop.slug, tried.pk]))
    assert b"x\xe2\x80\x9d is not a number" in b"".join(rejected.streaming_content)

    client.post(reverse("shop:import-start", args=[shop.slug, tried.pk]))
    with scope(shop=shop):
        run = ImportRun.objects.exclude(pk=tried.pk).get()
        assert import_uploaded(shop, run.created_at) == 1
        assert [order.number for order in Order.objects.all()] == ["1001"]
    over = client.get(reverse("shop:import-progress", args=[shop.slug, run.pk]))
    assert over["HX-Refresh"] == "true"
    assert "imported" in client.get(reverse("shop:imports", args=[shop.slug])).content.decode()


def test_a_broken_file_is_refused_at_once_with_its_reason(shop: Shop, signed_in: Callable[[str], Client]) -> None:
    page = upload(signed_in("owner"), shop, "").content.decode()
    assert "empty" in page
    with scope(shop=shop):
        assert not ImportRun.objects.exists()


def test_who_may_not_import_sees_nothing(shop: Shop, signed_in: Callable[[str], Client]) -> None:
    assert signed_in("service").get(reverse("shop:imports", args=[shop.slug])).status_code == 403
