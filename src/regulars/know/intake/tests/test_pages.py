"""The pages of what came in: for owners alone, with the reason of each rejected row, and trying again."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_api_key, create_shop
from regulars.core.models import Membership, Shop, Staff
from regulars.core.roles import Role
from regulars.know.intake.actions import Caller, accept_events
from regulars.know.intake.models import InboundCall

HOME = "/s/plattenkiste/settings/calls/"


def client_of(shop: Shop, role: str | None) -> Client:
    person = Staff.objects.create_user(f"{role}@example.com", "a good long word", locale="en")
    if role is not None:
        Membership.objects.create(shop=shop, staff=person, role=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def accept(shop: Shop, now: datetime, *rows: Any) -> InboundCall:
    key = create_api_key(shop, "web shop", ["events:write"], now=now)[0]
    accept_events(Caller(key.pk, shop.pk), json.dumps(rows).encode(), None, now)
    return InboundCall._base_manager.latest("pk")


@pytest.mark.parametrize("role", [*Role.values, None])
def test_only_who_manages_settings_sees_what_came_in(shop: Shop, now: datetime, role: str | None) -> None:
    call = accept(shop, now, {"type": "page.viewed"})
    client = client_of(shop, role)
    assert (client.get(HOME).status_code == 200) is (role == Role.OWNER)
    assert (client.get(f"{HOME}{call.pk}/").status_code == 200) is (role == Role.OWNER)
    assert (client.post(f"{HOME}{call.pk}/retry/").status_code == 302) is (role == Role.OWNER)


def test_a_call_shows_its_body_and_why_a_row_was_not_taken(shop: Shop, now: datetime) -> None:
    call = accept(shop, now, {"type": "page.viewed", "data": {"a": "<b>"}}, {"type": "order.placed"})
    owner = client_of(shop, Role.OWNER)
    page = owner.get(f"{HOME}{call.pk}/").content.decode()
    assert "order.placed is written by Regulars itself" in page
    assert "&lt;b&gt;" in page
    assert f"{HOME}{call.pk}/" in owner.get(f"{HOME}?show=rejected").content.decode()
    assert f"{HOME}{call.pk}/" not in owner.get(f"{HOME}?show=failed").content.decode()
    assert owner.get(f"{HOME}?show=nonsense&page=x").status_code == 200


def test_a_failed_call_is_tried_again_at_a_word(shop: Shop, now: datetime) -> None:
    call = accept(shop, now, {"type": "page.viewed"})
    InboundCall._base_manager.update(status="failed", due_at=None, last_error="DatabaseError()")
    owner = client_of(shop, Role.OWNER)
    assert "Try again" in owner.get(f"{HOME}{call.pk}/").content.decode()
    assert owner.get(f"{HOME}{call.pk}/retry/").status_code == 405
    owner.post(f"{HOME}{call.pk}/retry/")
    call.refresh_from_db()
    assert (call.status, call.last_error) == ("due", "")


def test_calls_of_another_shop_are_not_found(shop: Shop, now: datetime) -> None:
    call = accept(create_shop("vinyl", now=now), now, {"type": "page.viewed"})
    owner = client_of(shop, Role.OWNER)
    assert owner.get(f"{HOME}{call.pk}/").status_code == 404
    assert owner.post(f"{HOME}{call.pk}/retry/").status_code == 404
    assert f"{HOME}{call.pk}/" not in owner.get(HOME).content.decode()
