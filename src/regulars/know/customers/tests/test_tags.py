"""Tags on customers: set and removed on the page by whoever may, merged and erased with the person."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.roles import ROLE_PERMISSIONS, Role
from regulars.know.customers import actions
from regulars.know.customers.models import Tag


@pytest.mark.postgres
def test_tags_of_both_survive_a_merge_and_none_an_erasure(shop: Shop, rosa: Any, nico: Any, now: datetime) -> None:
    actions.tag(shop, [rosa.pk, nico.pk], "vip", now)
    actions.tag(shop, [nico.pk], "press", now)
    assert actions.tag(shop, [rosa.pk], "vip", now) == 0
    actions.merge(shop, nico.pk, rosa.pk, now)
    assert sorted(Tag._base_manager.values_list("customer_id", "name")) == [(rosa.pk, "press"), (rosa.pk, "vip")]
    actions.erase(shop, [rosa.pk], now)
    assert not Tag._base_manager.exists()
    assert actions.tag(shop, [rosa.pk, nico.pk], "vip", now) == 0


@pytest.mark.parametrize("name", ["", "  ", "x" * 41])
def test_a_tag_is_a_word(shop: Shop, rosa: Any, now: datetime, name: str) -> None:
    with pytest.raises(Refused):
        actions.tag(shop, [rosa.pk], name, now)


@pytest.mark.parametrize("role", Role.values)
def test_each_role_on_the_page(shop: Shop, rosa: Any, now: datetime, client: Client, role: str) -> None:
    person = create_staff("p@example.com", now=now, shop=shop, role=role)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    may = "edit_customers" in ROLE_PERMISSIONS[role]
    answer = client.post(reverse("shop:customer-tag", args=[shop.slug, rosa.pk]), {"tag": "vip"})
    assert answer.status_code == (302 if may else 403)
    assert Tag._base_manager.filter(customer=rosa, name="vip").exists() == may
    if may:
        shown = client.get(reverse("shop:customer", args=[shop.slug, rosa.pk])).content.decode()
        assert "vip" in shown
        client.post(reverse("shop:customer-untag", args=[shop.slug, rosa.pk]), {"tag": "vip"})
        assert not Tag._base_manager.exists()
