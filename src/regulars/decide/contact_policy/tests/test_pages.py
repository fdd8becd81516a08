"""Panels on the customer's page, and their buttons."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.translation import override

from regulars.core.actions import create_staff
from regulars.core.event_types import EVENT_TYPES
from regulars.core.models import AuditEntry
from regulars.core.pages import panels_of
from regulars.core.roles import PERMISSIONS
from regulars.core.scoping import scope
from regulars.decide.contact_policy.actions import freeze, grant_due, object_to_advertising
from regulars.decide.contact_policy.models import Consent, Objection
from regulars.decide.contact_policy.words import REASONS, reason_words

pytestmark = [pytest.mark.django_db]
CUSTOMER = "/s/plattenkiste/customers/"


@pytest.fixture
def server(shop: Any, now: datetime, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("regulars.decide.contact_policy.pages._back", _stay)
    person = create_staff("sven@example.com", now=now, shop=shop, role="service")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _stay(*_arguments: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse("back")


def shown(shop: Any, customer: Any, language: str = "en") -> str:
    """The panels of a customer as text."""
    request: Any = RequestFactory().get("/")
    request.permissions, request.shop, request.user = (
        frozenset(PERMISSIONS),
        shop,
        SimpleNamespace(is_authenticated=True),
    )
    with scope(shop=shop), override(language):
        panels = panels_of("customer", request, shop, customer, request.permissions)
        mine = [panel for panel in panels if panel["key"] in {"decisions", "consents"}]
        assert len(mine) == 2
        words = {"shop": shop, "request": request, "permissions": request.permissions}
        return "".join(render_to_string(panel["template"], words | panel["context"], request) for panel in mine)


def test_why_and_why_not_in_words(shop: Any, rosa: Any, ask_for: Any, make_measure: Any, now: datetime) -> None:
    shop.contacts_per_week = 1
    ask_for(rosa, measure=make_measure("win-back"))
    ask_for(rosa, measure=make_measure("birthday", "data"))
    grant_due(shop, now)
    freeze(shop, rosa.pk, "complaint", "case:1", now)
    english = shown(shop, rosa)
    assert "nothing spoke against it" in english
    assert "the contact budget was used up" in english
    assert "Advertising is paused" in english
    assert "double opt-in" in english
    german = shown(shop, rosa, "de")
    assert "das Kontaktbudget war aufgebraucht".lower() in german.lower()


def test_every_reason_has_words_in_both_languages() -> None:
    for reason in REASONS:
        with override("en"):
            english = reason_words(reason)
        with override("de"):
            german = reason_words(reason)
        assert english not in {german, reason}
    assert {"consent.granted", "consent.withdrawn", "objection.made"} <= set(EVENT_TYPES)


def test_staff_withdraw_and_note_consents(server: Client, shop: Any, rosa: Any) -> None:
    consent = Consent._base_manager.get(customer=rosa, purpose="marketing")
    assert server.post(f"{CUSTOMER}{rosa.pk}/withdraw/", {"consent": consent.pk}).status_code == 200
    consent.refresh_from_db()
    assert consent.state == Consent.State.WITHDRAWN
    assert server.post(f"{CUSTOMER}{rosa.pk}/withdraw/", {"consent": 999_999}).status_code == 404
    fields = {
        "consent-channel": "phone", "consent-purpose": "marketing", "consent-wording": "Rufen Sie mich an.",
        "consent-proof": "Formular 17",
    }  # fmt: skip
    server.post(f"{CUSTOMER}{rosa.pk}/consent/", fields)
    made = Consent._base_manager.get(customer=rosa, channel="phone")
    assert (made.state, made.evidence) == ("granted", {"proof": "Formular 17"})
    server.post(f"{CUSTOMER}{rosa.pk}/consent/", fields | {"consent-proof": ""})
    assert Consent._base_manager.filter(customer=rosa, channel="phone").count() == 1
    assert AuditEntry.objects.filter(verb__startswith="consent.").count() == 2


def test_staff_note_an_objection_and_take_it_back(server: Client, shop: Any, rosa: Any) -> None:
    server.post(f"{CUSTOMER}{rosa.pk}/object/")
    assert Objection._base_manager.filter(customer=rosa).exists()
    assert "Objected to all advertising" in shown(shop, rosa)
    server.post(f"{CUSTOMER}{rosa.pk}/object/", {"lift": "1"})
    assert not Objection._base_manager.filter(customer=rosa).exists()


def test_who_may_not_edit_sees_but_changes_nothing(shop: Any, rosa: Any, now: datetime, client: Client) -> None:
    person = create_staff("anna@example.com", now=now, shop=shop, role="analyst")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for verb in ("withdraw", "object", "consent"):
        assert client.post(f"{CUSTOMER}{rosa.pk}/{verb}/").status_code == 403
    object_to_advertising(shop, [rosa.pk], now)


@pytest.mark.parametrize("role", ["owner", "marketer", "service", "analyst", "till"])
def test_dead_addresses_are_found_and_allowed_again(shop: Any, now: Any, role: str) -> None:
    from regulars.core.models import AuditEntry
    from regulars.decide.contact_policy.actions import suppress_all
    from regulars.decide.contact_policy.models import Suppression

    suppress_all(shop, "email", {f"gone{n:03}@example.com": "bounced" for n in range(120)}, now)
    client = Client(headers={"accept-language": "en"})
    staff = create_staff(f"{role}@example.com", now=now, shop=shop, role=role)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse("shop:suppressions", args=[shop.slug])
    may = role in ("owner", "service")
    assert client.get(path).status_code == (200 if may else 403)
    row = Suppression._base_manager.get(key="gone007@example.com")
    lifted = client.post(reverse("shop:suppression-lift", args=[shop.slug]), {"row": row.pk})
    assert lifted.status_code == (302 if may else 403)
    assert Suppression._base_manager.filter(pk=row.pk).exists() is not may
    if may:
        page = client.get(path, {"q": "GONE01"}).content.decode()
        assert page.count("gone01") >= 10
        assert "gone020" not in page
        assert "Older" in client.get(path).content.decode()
        assert AuditEntry.objects.filter(verb="suppression.lifted").count() == 1
