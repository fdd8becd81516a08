"""The page of one message shows it as it was sent, to those who may see customers, and nothing of an erased customer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.roles import Role
from regulars.know.customers import actions as customers
from regulars.reach.messaging import actions
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


def address(message: Message, name: str = "message", customer: int | None = None) -> str:
    return reverse(f"shop:{name}", args=[message.shop.slug, customer or message.customer_id, message.pk])


@pytest.fixture
def staff(shop: Any, now: datetime) -> Callable[[str], Client]:
    def sign_in(role: str) -> Client:
        client = Client()
        person = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def message(rosa: Any, queue: Callable[..., dict[str, int]]) -> Message:
    return Message._base_manager.get(pk=next(iter(queue(rosa).values())))


def test_the_message_is_shown_as_it_was_sent_without_counting_as_read(
    message: Message, rosa: Any, staff: Callable[[str], Client], shop: Any, now: datetime
) -> None:
    # given a message, a template that was changed since, and a customer who is called otherwise now
    Message._base_manager.filter(pk=message.pk).update(status="done", sent_at=now, due_at=None)
    actions.save_template(shop, "win-back", "Wiedersehen", "de", "Anders", "", "<mj-section></mj-section>", now)
    type(rosa)._base_manager.filter(pk=rosa.pk).update(first_name="Umbenannt")
    service = staff("service")
    # when
    page = service.get(address(message))
    frame = service.get(address(message, "message-html"))
    # then
    assert "Hallo Rosa" in page.content.decode()
    mail = frame.content.decode()
    assert f"Hallo Rosa, hier ist CODE-{rosa.number}." in " ".join(mail.split())
    assert f'href="https://plattenkiste.example/neu?code=CODE-{rosa.number}"' in mail
    assert 'href="#"' in mail  # the way out is there and leads nowhere
    assert "/c/" not in mail
    assert "/u/" not in mail
    assert "/o/" not in mail
    assert not Delivery.objects.exists()
    message.refresh_from_db()
    assert (message.first_opened_at, message.first_clicked_at) == (None, None)


def test_the_frame_runs_nothing_loads_nothing_and_is_kept_nowhere(
    message: Message, staff: Callable[[str], Client]
) -> None:
    service = staff("service")
    frame = service.get(address(message, "message-html"))

    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in frame.headers["Cache-Control"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in service.get(address(message)).content.decode()


@pytest.mark.parametrize("role", Role.values)
def test_only_who_may_see_customers_sees_their_messages(
    message: Message, staff: Callable[[str], Client], role: str
) -> None:
    expected = 403 if role == Role.TILL else 200
    client = staff(role)

    assert client.get(address(message)).status_code == expected
    assert client.get(address(message, "message-html")).status_code == expected
    assert Client().get(address(message)).status_code == 302


def test_a_message_is_found_only_below_its_own_customer(
    message: Message, nico: Any, staff: Callable[[str], Client]
) -> None:
    client = staff("owner")

    assert client.get(address(message, customer=nico.pk)).status_code == 404
    assert client.get(address(message, "message-html", customer=nico.pk)).status_code == 404


def test_of_an_erased_customer_nothing_is_shown(
    message: Message, rosa: Any, staff: Callable[[str], Client], shop: Any, now: datetime
) -> None:
    customers.erase(shop, [rosa.pk], now, None)
    client = staff("owner")

    assert client.get(address(message)).status_code == 404
    assert client.get(address(message, "message-html")).status_code == 404


def test_a_message_whose_values_are_gone_says_so(message: Message, staff: Callable[[str], Client]) -> None:
    Message._base_manager.filter(pk=message.pk).update(values={})
    client = staff("owner")

    page = client.get(address(message))
    assert page.status_code == 200
    assert "<iframe" not in page.content.decode()
    assert client.get(address(message, "message-html")).status_code == 404
