"""Providers among the settings: chosen, set up, kept secret, and open to whoever may change settings alone."""

from datetime import datetime
from typing import Any

import pytest

from regulars.channels.providers import actions
from regulars.channels.providers.models import ProviderAccount
from regulars.channels.providers.providers import PROVIDERS
from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.core.sealing import unseal
from regulars.reach.messaging.actions import rules_of

from .conftest import KEY

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def owner(client: Any, shop: Any, now: datetime) -> Any:
    client.force_login(create_staff("o@example.com", now=now, shop=shop, role="owner", locale="en"), backend=BACKEND)
    client.cookies["django_language"] = "en"
    return client


def place(shop: Any, rest: str = "") -> str:
    return f"/s/{shop.slug}/settings/provider/{rest}"


@pytest.mark.parametrize("role", ["marketer", "service", "analyst", "till"])
def test_only_who_changes_settings_sees_it(role: str, client: Any, shop: Any, now: datetime) -> None:
    actions.set_up(shop, PROVIDERS["postmark"], now, api_key=KEY)
    before = ProviderAccount._base_manager.get().hook_secret
    client.force_login(create_staff(f"{role}@example.com", now=now, shop=shop, role=role), backend=BACKEND)
    for rest in ("", "postmark/"):
        assert client.get(place(shop, rest)).status_code == 403
    for rest in ("postmark/", "postmark/address/", "server/"):
        assert client.post(place(shop, rest), {"api_key": "x", "is_used": "on"}).status_code == 403
    account = ProviderAccount._base_manager.get()
    assert (account.hook_secret, unseal(account.api_key), rules_of(shop).way) == (before, KEY, "")


@pytest.mark.parametrize("key", sorted(PROVIDERS))
def test_each_provider_is_set_up_and_its_keys_are_shown_nowhere(key: str, owner: Any, shop: Any) -> None:
    provider = PROVIDERS[key]
    keys = {"api_key": KEY, "secret_key": "second-1234", "signing_key": "signing-1234"}
    said = {"is_used": "on", "domain": "mg.plattenkiste.example", "region": "", "stream": "broadcast", **keys}
    assert "Save the key first" in owner.get(place(shop, f"{key}/")).content.decode()
    answer = owner.post(place(shop, f"{key}/"), said, follow=True)
    assert answer.status_code == 200
    text = answer.content.decode()
    account = ProviderAccount._base_manager.get()
    assert f"/hooks/mail/{key}/{shop.slug}/{unseal(account.hook_secret)}/" in text
    assert answer["Cache-Control"] == "no-store"
    assert "Kept encrypted" in text
    assert rules_of(shop).way == key
    pages = text + owner.get(place(shop)).content.decode()
    for name, value in keys.items():
        assert value not in pages
        asked = (
            name == "api_key"
            or (name == "secret_key" and provider.secret_label)
            or (name == "signing_key" and provider.signing_option)
        )
        assert unseal(getattr(account, name)) == (value if asked else "")
        assert value not in getattr(account, name)
    for entry in AuditEntry.objects.all():
        assert not any(value in str(entry.data) for value in keys.values())


def test_an_empty_key_keeps_the_one_that_is_there_and_ending_its_use_keeps_the_account(
    owner: Any, shop: Any, now: datetime
) -> None:
    actions.set_up(shop, PROVIDERS["postmark"], now, api_key=KEY, is_used=True)
    assert owner.post(place(shop, "postmark/"), {"api_key": "", "stream": "news", "is_used": "on"}).status_code == 302
    account = ProviderAccount._base_manager.get()
    assert (unseal(account.api_key), account.stream, rules_of(shop).way) == (KEY, "news", "postmark")
    assert owner.post(place(shop, "postmark/"), {"stream": "news"}).status_code == 302
    assert rules_of(shop).way == ""
    actions.set_up(shop, PROVIDERS["postmark"], now, is_used=True)
    assert owner.post(place(shop, "server/")).status_code == 302
    assert rules_of(shop).way == ""
    assert unseal(ProviderAccount._base_manager.get().api_key) == KEY


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("postmark", {"api_key": "abc\r\nX-Evil: 1"}),
        ("postmark", {"api_key": "abc def"}),
        ("postmark", {"api_key": "schlüssel"}),
        ("postmark", {"api_key": KEY, "stream": "a\r\nb"}),
        ("postmark", {"api_key": KEY, "stream": "../x"}),
        ("mailgun", {"api_key": KEY, "domain": "mg.example/../../x"}),
        ("mailgun", {"api_key": KEY, "domain": "mg.example?x="}),
        ("mailgun", {"api_key": KEY, "domain": "mg.example", "region": "https://evil.example"}),
        ("mailgun", {"api_key": KEY}),
        ("postmark", {}),
        ("mailjet", {"api_key": KEY}),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    key: str, said: dict[str, str], owner: Any, shop: Any, now: datetime
) -> None:
    assert owner.post(place(shop, f"{key}/"), {**said, "is_used": "on"}).status_code == 422
    with pytest.raises(Refused):
        actions.set_up(shop, PROVIDERS[key], now, is_used=True, **said)
    assert not ProviderAccount._base_manager.exists()
    assert rules_of(shop).way == ""


def test_a_new_address_replaces_the_former_one(owner: Any, shop: Any, now: datetime) -> None:
    account = actions.set_up(shop, PROVIDERS["brevo"], now, api_key=KEY)
    former = unseal(account.hook_secret)
    assert len(former) >= 43
    answer = owner.post(place(shop, "brevo/address/"), follow=True).content.decode()
    account.refresh_from_db()
    assert unseal(account.hook_secret) != former
    assert (former in answer, unseal(account.hook_secret) in answer) == (False, True)
    assert AuditEntry.objects.filter(verb="provider.address_renewed").count() == 1


def test_trouble_stands_on_both_pages(owner: Any, shop: Any, now: datetime) -> None:
    account = actions.set_up(shop, PROVIDERS["brevo"], now, api_key=KEY, is_used=True)
    actions.note_trouble(account, "401 Key not found", now)
    for rest in ("", "brevo/"):
        assert "401 Key not found" in owner.get(place(shop, rest)).content.decode()
    assert "in use, with trouble" in owner.get(place(shop)).content.decode()


def test_the_page_of_sending_says_over_what_mails_go_out(owner: Any, shop: Any, now: datetime) -> None:
    sending = f"/s/{shop.slug}/settings/sending/"
    assert "Mail server of the installation" in owner.get(sending).content.decode()
    actions.set_up(shop, PROVIDERS["brevo"], now, api_key=KEY, is_used=True)
    text = owner.get(sending).content.decode()
    assert ("Brevo" in text, "Mail server of the installation" in text, KEY in text) == (True, False, False)
    assert place(shop) in text


def test_a_provider_that_is_none_has_no_page(owner: Any, shop: Any) -> None:
    for key in ("nobody", "base", "amazon_ses"):
        assert owner.get(place(shop, f"{key}/")).status_code == 404
        assert owner.post(place(shop, f"{key}/"), {"api_key": KEY}).status_code == 404


def test_another_shops_account_is_not_seen(owner: Any, shop: Any, now: datetime) -> None:
    from regulars.core.actions import create_shop

    other = create_shop("other", now=now)
    actions.set_up(other, PROVIDERS["brevo"], now, api_key=KEY, is_used=True)
    assert owner.get("/s/other/settings/provider/brevo/").status_code in (403, 404)
    assert "Save the key first" in owner.get(place(shop, "brevo/")).content.decode()
    assert rules_of(shop).way == ""


def test_a_key_of_another_installation_breaks_no_page(owner: Any, shop: Any, now: datetime) -> None:
    actions.set_up(shop, PROVIDERS["brevo"], now, api_key=KEY)
    ProviderAccount._base_manager.update(hook_secret="gAAAA-of-another-installation")
    assert owner.get(place(shop, "brevo/")).status_code == 200
