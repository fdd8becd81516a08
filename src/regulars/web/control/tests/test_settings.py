"""Settings, through the door a person uses."""

from datetime import datetime, time
from typing import Any

import pytest
from django.test import Client

from regulars.core.actions import create_staff, find_api_key
from regulars.core.models import AuditEntry, Membership, Staff

pytestmark = [pytest.mark.django_db]
HOME = "/s/plattenkiste/settings/"


@pytest.fixture
def owner(shop: Any, now: datetime, client: Client) -> Client:
    person = create_staff("olga@example.com", now=now, shop=shop, role="owner")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_part_shows_and_saves_what_it_showed(owner: Client, shop: Any) -> None:
    for part in ("", "sender/", "policy/", "costs/", "hours/"):
        page = owner.get(HOME + part)
        assert page.status_code == 200
        form = page.context["form"]
        values = {field.html_name: "" if field.value() is None else field.value() for field in form}
        assert owner.post(HOME + part, values).status_code == 302, part
    assert not AuditEntry.objects.filter(verb="shop.changed").exists()


def test_the_contact_policy_is_changed_with_an_audit_entry(owner: Client, shop: Any) -> None:
    fields = {
        "quiet_from": "19:30", "quiet_until": "09:00", "contacts_per_week": "1", "contacts_per_month": "3",
        "global_holdout_share": "2.5",
    }  # fmt: skip
    assert owner.post(f"{HOME}policy/", fields).status_code == 302
    shop.refresh_from_db()
    assert (shop.quiet_from, shop.contacts_per_week, str(shop.global_holdout_share)) == (time(19, 30), 1, "0.025")
    assert AuditEntry.objects.get(verb="shop.changed").data["fields"] == [
        "contacts_per_month", "contacts_per_week", "global_holdout_share", "quiet_from", "quiet_until",
    ]  # fmt: skip
    assert owner.post(f"{HOME}policy/", fields | {"global_holdout_share": "51"}).status_code == 422
    assert owner.post(f"{HOME}policy/", fields | {"contacts_per_week": "51"}).status_code == 422


def test_the_currency_is_free_until_there_are_orders(owner: Client, shop: Any, now: datetime) -> None:
    from regulars.know.orders.models import Order

    fields = {
        "name": "P",
        "website": "",
        "locale": "de",
        "country": "DE",
        "timezone": "Europe/Berlin",
        "currency": "CHF",
        "checkout_left_minutes": "90",
    }
    assert owner.post(HOME, fields).status_code == 302
    shop.refresh_from_db()
    assert shop.currency == "CHF"
    Order._base_manager.create(shop=shop, number="1", placed_at=now, currency="CHF")
    owner.post(HOME, fields | {"currency": "EUR", "name": "Q"})
    shop.refresh_from_db()
    assert (shop.currency, shop.name) == ("CHF", "Q")


def test_opening_hours_need_both_times(owner: Client, shop: Any) -> None:
    assert owner.post(f"{HOME}hours/", {"mon_from": "09:00"}).status_code == 422
    assert owner.post(f"{HOME}hours/", {"mon_from": "09:00", "mon_until": "17:00"}).status_code == 302
    shop.refresh_from_db()
    assert shop.opening_hours == {"mon": [["09:00", "17:00"]]}


def test_staff_come_change_and_go_but_an_owner_stays(owner: Client, shop: Any) -> None:
    assert (
        owner.post(f"{HOME}staff/", {"email": "Sven@example.com", "name": "Sven", "role": "service"}).status_code == 302
    )
    assert owner.post(f"{HOME}staff/", {"email": "sven@example.com", "role": "service"}).status_code == 422
    sven, olga = Staff.objects.get(email="sven@example.com"), Staff.objects.get(email="olga@example.com")
    owner.post(f"{HOME}staff/{sven.pk}/", {"role": "analyst"})
    owner.post(f"{HOME}staff/{olga.pk}/", {"role": "analyst"})
    owner.post(f"{HOME}staff/{olga.pk}/", {"remove": "1"})
    roles = dict(Membership.objects.filter(shop=shop).values_list("staff__email", "role"))
    assert roles == {"olga@example.com": "owner", "sven@example.com": "analyst"}
    owner.post(f"{HOME}staff/{sven.pk}/", {"remove": "1"})
    assert Membership.objects.filter(shop=shop).count() == 1


def test_a_key_is_shown_once_and_revoked_at_once(owner: Client, shop: Any) -> None:
    made = owner.post(f"{HOME}keys/", {"name": "Kasse", "scopes": ["vouchers:read"]})
    text = made.context["text"]
    assert text in made.content.decode()
    assert made["Cache-Control"] == "no-store"
    assert text not in owner.get(f"{HOME}keys/").content.decode()
    key = find_api_key(text)
    assert key is not None
    assert owner.post(f"{HOME}keys/{key.pk}/revoke/").status_code == 302
    assert find_api_key(text) is None


def test_only_who_may_manage_settings_gets_in(shop: Any, now: datetime, client: Client) -> None:
    person = create_staff("mia@example.com", now=now, shop=shop, role="marketer")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for part in ("", "policy/", "staff/", "keys/"):
        assert client.get(HOME + part).status_code == 403
