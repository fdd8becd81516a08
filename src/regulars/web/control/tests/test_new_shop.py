"""The first shop: made in the browser by the person who set up the installation, and by nobody else."""

from typing import Any

import pytest
from django.test import Client

from regulars.core.models import AuditEntry, Shop, Staff
from regulars.core.roles import Role

pytestmark = pytest.mark.django_db
FORM = {"name": "Café Größe", "currency": "EUR", "timezone": "Europe/Vienna", "locale": "de"}


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(
        Staff.objects.create_superuser("olga@example.com", "a good long word"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_a_newcomer_gets_from_the_login_to_a_shop_that_says_what_comes_next(operator: Client) -> None:
    assert "/shops/new/" in operator.get("/").content.decode()
    assert operator.get("/shops/new/").status_code == 200

    answer = operator.post("/shops/new/", FORM, follow=True)

    shop = Shop.objects.get()
    assert (shop.slug, shop.name, shop.currency, shop.timezone) == (
        "cafe-groesse",
        "Café Größe",
        "EUR",
        "Europe/Vienna",
    )
    assert AuditEntry.objects.filter(verb="shop.created", shop=shop).count() == 1
    assert answer.redirect_chain[-1][0] == "/s/cafe-groesse/"
    body = answer.content.decode()
    assert 'href="/s/cafe-groesse/imports/"' in body
    assert 'href="/s/cafe-groesse/settings/sender/"' in body


def test_a_name_that_is_taken_is_told_and_nothing_is_changed(operator: Client) -> None:
    operator.post("/shops/new/", FORM)

    answer = operator.post("/shops/new/", {**FORM, "currency": "CHF"})

    assert answer.status_code == 200
    assert "Einen Shop mit diesem Namen gibt es schon." in answer.content.decode()
    assert Shop.objects.get().currency == "EUR"


@pytest.mark.parametrize("role", Role.values)
def test_no_role_of_a_shop_makes_another_shop(make_staff: Any, shop: Any, role: str) -> None:
    client = Client()
    client.force_login(make_staff(role), backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/shops/new/").status_code == 403
    assert client.post("/shops/new/", FORM).status_code == 403
    assert Shop.objects.count() == 1
    assert Client().get("/shops/new/").status_code == 302


def test_the_login_page_says_how_the_first_login_is_made_until_there_is_one() -> None:
    assert "createsuperuser" in Client().get("/accounts/login/").content.decode()
    Staff.objects.create_user("erika@example.com", "a good long word")
    assert "createsuperuser" not in Client().get("/accounts/login/").content.decode()
