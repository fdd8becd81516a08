"""The mailbox among the settings: saved, tried, kept secret, and open to the owner alone."""

from datetime import datetime
from typing import Any

import pytest

from regulars.channels.mailbox.models import Mailbox
from regulars.core.actions import create_staff

from .conftest import PASSWORD, Dovecot

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def owner(client: Any, shop: Any, now: datetime) -> Any:
    client.force_login(create_staff("o@example.com", now=now, shop=shop, role="owner", locale="en"), backend=BACKEND)
    client.cookies["django_language"] = "en"
    return client


def values(port: int, **changes: str) -> dict[str, str]:
    return {
        "host": "127.0.0.1", "security": "none", "port": str(port), "username": "post@plattenkiste.example",
        "password": PASSWORD, "folder": "INBOX", "done_folder": "Regulars", "is_active": "on", **changes,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["marketer", "service", "analyst", "till"])
def test_only_who_changes_settings_sees_it(role: str, client: Any, shop: Any, now: datetime) -> None:
    client.force_login(create_staff(f"{role}@example.com", now=now, shop=shop, role=role), backend=BACKEND)
    address = f"/s/{shop.slug}/settings/mailbox/"
    assert client.get(address).status_code == 403
    assert client.post(address, values(143)).status_code == 403
    assert not Mailbox._base_manager.exists()


@pytest.mark.dovecot
def test_it_is_saved_and_tried_and_never_shows_its_password(owner: Any, shop: Any, dovecot: Dovecot) -> None:
    address = f"/s/{shop.slug}/settings/mailbox/"
    assert "No mailbox is read yet" in owner.get(address).content.decode()
    answer = owner.post(address, values(dovecot.port, test="1"), follow=True)
    assert "It works: there are 0 mails in the folder." in answer.content.decode()
    assert PASSWORD not in owner.get(address).content.decode()
    kept = Mailbox._base_manager.get().password
    assert owner.post(address, values(dovecot.port, password="")).status_code == 302
    assert Mailbox._base_manager.get().password == kept
    wrong = owner.post(address, values(1, test="1"))
    assert wrong.status_code == 422
    assert "The mailbox at 127.0.0.1:1 cannot be used" in wrong.content.decode()


def test_what_does_not_fit_changes_nothing(owner: Any, shop: Any) -> None:
    answer = owner.post(f"/s/{shop.slug}/settings/mailbox/", values(99999))
    assert answer.status_code == 422
    assert not Mailbox._base_manager.exists()
