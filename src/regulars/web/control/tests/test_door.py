"""The door before every staff page: login, shop, permission, scope, zone."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

pytestmark = pytest.mark.django_db


def test_a_page_runs_with_the_shop_in_scope_and_in_its_zone(enter: Any, make_staff: Any, shop: Any, seen: Any) -> None:
    answer = enter(make_staff("analyst"), "plattenkiste")

    assert answer.content == b"here"
    assert seen == {"scope": shop, "zone": "Europe/Berlin", "kwargs": {"pk": 7}}


def test_a_role_without_the_permission_is_turned_away(enter: Any, make_staff: Any, seen: Any) -> None:
    with pytest.raises(PermissionDenied):
        enter(make_staff("till"), "plattenkiste")
    assert seen == {}


def test_a_stranger_does_not_learn_whether_the_shop_exists(enter: Any, make_staff: Any, seen: Any) -> None:
    stranger = make_staff(None, "stranger@example.com")

    with pytest.raises(Http404):
        enter(stranger, "plattenkiste")
    with pytest.raises(Http404):
        enter(stranger, "no-such-shop")
    assert seen == {}


def test_someone_switched_off_is_a_stranger(enter: Any, make_staff: Any, seen: Any) -> None:
    with pytest.raises(Http404):
        enter(make_staff("owner", is_active=False), "plattenkiste")
    assert seen == {}


def test_who_is_not_signed_in_is_sent_to_the_login(enter: Any, shop: Any, seen: Any) -> None:
    answer = enter(AnonymousUser(), "plattenkiste")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/s/plattenkiste/sample/7/")
    assert seen == {}


def test_the_door_costs_one_query_however_many_shops(
    enter: Any, make_staff: Any, django_assert_num_queries: Any
) -> None:
    from regulars.core.models import Membership, Shop

    owner = make_staff("owner")
    for number in range(5):
        other = Shop.objects.create(slug=f"shop-{number}", name=f"Shop {number}")
        Membership.objects.create(shop=other, staff=owner, role="owner")

    with django_assert_num_queries(1):
        enter(owner, "plattenkiste")
