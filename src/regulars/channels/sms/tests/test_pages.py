"""SMS among the settings: set up, kept secret, refused where it does not fit, for those who may."""

from typing import Any

import pytest
from django.urls import reverse

from regulars.channels.sms.models import SmsAccount

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(shop: Any, client: Any, django_user_model: Any) -> Any:
    from regulars.core.models import Membership

    staff = django_user_model.objects.create(email="ole@example.com", name="Ole")
    Membership.objects.create(shop=shop, staff=staff, role="owner")
    client.force_login(staff)
    client.cookies["django_language"] = "en"
    return client


def url(shop: Any, name: str, *args: Any) -> str:
    return reverse(f"shop:{name}", args=[shop.slug, *args])


def fields(**more: Any) -> dict[str, Any]:
    return {"secret": "key-1", "sender": "Plattenkist", "per_second": 5, "order": 1, "is_used": "on", **more}


def test_an_account_is_set_up_and_its_key_never_shown(shop: Any, owner: Any) -> None:
    assert "No provider is in use" in owner.get(url(shop, "settings-sms")).content.decode()
    answer = owner.post(url(shop, "settings-sms-account", "seven"), fields())
    assert answer.status_code == 302
    account = SmsAccount._base_manager.get()
    assert account.is_used
    assert "key-1" not in account.secret
    page = owner.get(url(shop, "settings-sms-account", "seven")).content.decode()
    assert "key-1" not in page
    assert "/hooks/sms/seven/plattenkiste/" in page
    owner.post(url(shop, "settings-sms-account", "seven"), fields(secret="", per_second=9))
    account.refresh_from_db()
    assert account.per_second == 9
    before = account.hook_secret
    owner.post(url(shop, "settings-sms-address", "seven"))
    account.refresh_from_db()
    assert account.hook_secret != before
    assert "1 · in use" in owner.get(url(shop, "settings-sms")).content.decode()


@pytest.mark.parametrize(
    ("key", "more", "words"),
    [
        ("seven", {"secret": ""}, "Without its key no SMS can go out over seven.io"),
        ("twilio", {}, "Twilio needs Account SID"),
        ("seven", {"sender": "Plattenkiste GmbH & Co"}, "Ensure this value has at most 20 characters"),
        ("seven", {"sender": "Plattenkisten"}, "The sender is a number, or a name of up to 11"),
        ("seven", {"secret": "two words"}, "A key holds neither blanks nor line breaks"),
        ("http", {"url": "", "field_to": "to", "field_text": "text"}, "Enter the address to which messages are posted"),
        ("http", {"url": "http://x.example/", "field_to": "to", "field_text": "text"}, "Use an address with https://"),
        ("http", {"url": "ftp://x", "field_to": "to", "field_text": "text"}, "is no web address"),
        ("http", {"url": "https://x.example/", "field_to": "t o", "field_text": "text"}, "The name of a field holds"),
        ("seven", {"per_second": 0}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(
    shop: Any, owner: Any, key: str, more: dict[str, Any], words: str
) -> None:
    answer = owner.post(url(shop, "settings-sms-account", key), fields(**more))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SmsAccount._base_manager.exists()


def test_a_provider_that_is_none_is_not_found(shop: Any, owner: Any) -> None:
    assert owner.get(url(shop, "settings-sms-account", "pigeon")).status_code == 404


@pytest.mark.parametrize("role", ["marketer", "service", "analyst", "till"])
def test_only_owners_may(shop: Any, client: Any, django_user_model: Any, role: str) -> None:
    from regulars.core.models import Membership

    staff = django_user_model.objects.create(email="kai@example.com")
    Membership.objects.create(shop=shop, staff=staff, role=role)
    client.force_login(staff)
    assert client.get(url(shop, "settings-sms")).status_code == 403
    assert client.post(url(shop, "settings-sms-account", "seven"), fields()).status_code == 403
    assert client.post(url(shop, "settings-sms-address", "seven")).status_code == 403
