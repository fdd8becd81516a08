"""Browsers that agree, move and leave; the consent that comes of it, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from regulars.channels.web_push import actions
from regulars.channels.web_push.models import PushKey, PushSubscription
from regulars.channels.web_push.wording import VERSION, wording
from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.core.roles import Role
from regulars.decide.contact_policy.actions import object_to_advertising, withdraw_consent
from regulars.decide.contact_policy.models import Consent
from regulars.know.customers import actions as customers
from regulars.know.timeline.sweeps import react

from .conftest import Browser

pytestmark = pytest.mark.django_db


def consents(customer: Any) -> list[str]:
    return list(
        Consent._base_manager.filter(customer=customer, channel="push").order_by("pk").values_list("state", flat=True)
    )


def test_button_and_browser_are_the_proof(shop: Any, now: Any, rosa: Any, browser_of: Any) -> None:
    browser_of(rosa)
    browser_of(rosa)
    given = Consent._base_manager.get(customer=rosa, channel="push")
    assert (given.purpose, given.state, given.confirmed_at) == ("marketing", "granted", now)
    assert given.wording == wording(shop, "de")
    assert "Plattenkiste" in given.wording
    assert given.evidence["version"] == VERSION
    assert given.evidence["browser"] == "permission granted"
    assert PushSubscription._base_manager.get().device == "Firefox, Android"


def test_the_last_browser_that_leaves_takes_the_consent_along(shop: Any, now: Any, rosa: Any, browser_of: Any) -> None:
    phone, desk = browser_of(rosa, "/p/1"), browser_of(rosa, "/p/2")
    assert actions.leave(shop, phone.endpoint, now)
    assert not actions.leave(shop, phone.endpoint, now)
    assert consents(rosa) == ["granted"]
    actions.leave(shop, desk.endpoint, now)
    assert consents(rosa) == ["withdrawn"]
    browser_of(rosa, "/p/3", at=now + timedelta(hours=1))
    assert consents(rosa) == ["withdrawn", "granted"], "a new yes with a new proof"


def test_a_withdrawal_elsewhere_forgets_the_browsers(
    shop: Any, now: Any, rosa: Any, nico: Any, browser_of: Any
) -> None:
    browser_of(rosa, "/p/1")
    browser_of(nico, "/p/2")
    withdraw_consent(shop, [rosa.pk], "push", "marketing", now, source="preferences")
    withdraw_consent(shop, [nico.pk], "email", "marketing", now, source="preferences")
    react(shop, now)
    assert list(PushSubscription._base_manager.values_list("customer_id", flat=True)) == [nico.pk]
    object_to_advertising(shop, [nico.pk], now)
    react(shop, now)
    assert not PushSubscription._base_manager.exists()
    with pytest.raises(Refused) as refused:
        browser_of(nico, "/p/4")
    assert refused.value.code == "objection"


def test_a_browser_belongs_to_who_used_it_last(shop: Any, now: Any, rosa: Any, nico: Any, browser_of: Any) -> None:
    one = browser_of(rosa)
    address = actions.checked(one.said())
    actions.subscribe(shop, nico.pk, address, now, version=VERSION, locale="de")
    assert PushSubscription._base_manager.get().customer_id == nico.pk


def test_it_moves_only_for_who_knows_the_former_address(
    shop: Any, now: Any, rosa: Any, browser_of: Any, push_service: Any
) -> None:
    former = browser_of(rosa)
    fresh = Browser(push_service.origin + "/p/fresh")
    assert not actions.move(shop, push_service.origin + "/p/guess", actions.checked(fresh.said()), now)
    assert actions.move(shop, former.endpoint, actions.checked(fresh.said()), now)
    row = PushSubscription._base_manager.get()
    assert (row.endpoint, row.customer_id) == (fresh.endpoint, rosa.pk)


def test_what_is_no_subscription_is_refused(settings: Any) -> None:
    good = Browser("https://push.example/1").said()
    assert actions.checked(good).endpoint == "https://push.example/1"
    keys = good["keys"]
    for said in (
        None, [], {}, {"endpoint": "https://push.example/1"}, {**good, "keys": {"p256dh": keys["p256dh"]}},
        {**good, "keys": {**keys, "auth": "AAAA"}}, {**good, "keys": {**keys, "p256dh": "A" * 87}},
        {**good, "keys": {**keys, "auth": 7}}, {**good, "endpoint": "http://push.example/1"},
        {**good, "endpoint": "https://127.0.0.1/1"}, {**good, "endpoint": "https://10.0.0.7/1"},
        {**good, "endpoint": "https://[::1]/1"}, {**good, "endpoint": "https://localhost/1"},
        {**good, "endpoint": "https://a:b@push.example/1"}, {**good, "endpoint": "https://push.example/" + "x" * 3000},
        {**good, "endpoint": "file:///etc/passwd"}, {**good, "endpoint": "https://pusch.exämple/1"},
    ):  # fmt: skip
        with pytest.raises(Refused):
            actions.checked(said)


def test_old_words_and_too_many_browsers(shop: Any, now: Any, rosa: Any, browser_of: Any) -> None:
    address = actions.checked(Browser("http://127.0.0.1:9/x").said())
    with pytest.raises(Refused) as refused:
        actions.subscribe(shop, rosa.pk, address, now, version=VERSION - 1, locale="de")
    assert refused.value.code == "version"
    for number in range(actions.MOST_BROWSERS + 2):
        browser_of(rosa, f"/p/{number}", at=now + timedelta(minutes=number))
    rows = PushSubscription._base_manager.order_by("made_at")
    assert rows.count() == actions.MOST_BROWSERS
    assert rows[0].endpoint.endswith("/p/2")


def test_merge_export_and_erasure(shop: Any, now: Any, rosa: Any, nico: Any, browser_of: Any) -> None:
    browser_of(nico, "/p/1")
    customers.merge(shop, nico.pk, rosa.pk, now)
    assert PushSubscription._base_manager.get().customer_id == rosa.pk
    told = [rows for title, rows in customers.export(shop, rosa.pk).items() if any("endpoint" in row for row in rows)]
    assert told[0][0]["endpoint"].endswith("/p/1")
    customers.erase(shop, [rosa.pk], now)
    assert not PushSubscription._base_manager.exists()


def test_the_shops_key_is_made_once_sealed_and_by_the_owner(shop: Any, now: Any) -> None:
    assert actions.key_of(shop) is None
    first = actions.set_up(shop, now)
    assert actions.set_up(shop, now + timedelta(days=1)) == first == actions.key_of(shop)
    assert AuditEntry._base_manager.filter(verb="push.set_up").count() == 1
    assert len(first.private) > 100
    PushKey._base_manager.all().delete()
    for role in Role.values:
        client = Client()
        client.force_login(create_staff(f"{role}@example.com", shop=shop, role=role, now=now))
        made = client.post(reverse("shop:settings-push", args=[shop.slug]))
        assert made.status_code == (302 if role == Role.OWNER else 403)
    assert PushKey._base_manager.count() == 1


CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} Safari/537.36 Edg/140.0", "Edge, Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1", "Safari, iPhone"),
        ("", ""),
        ("curl/8", ""),
    ],
)
def test_a_browser_in_two_words(agent: str, device: str) -> None:
    assert actions.device_of(agent) == device
