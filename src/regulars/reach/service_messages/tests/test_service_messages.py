"""Service messages by the door that facts take: reported, told once, over the real mail server."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.scoping import scope
from regulars.core.sweeps import SWEEPS
from regulars.decide.contact_policy.actions import object_to_advertising
from regulars.decide.contact_policy.models import ContactRequest, Decision
from regulars.know.orders.actions import (
    LineDraft,
    OrderDraft,
    RefundDraft,
    ShipmentDraft,
    upsert_orders,
    upsert_refunds,
    upsert_shipments,
)
from regulars.know.timeline.models import Event, EventDue
from regulars.reach.messaging.models import Message, Template
from regulars.reach.messaging.tests.conftest import mail_server  # noqa: F401 - a fixture
from regulars.reach.service_messages import actions
from regulars.reach.service_messages.kinds import KINDS
from regulars.reach.service_messages.models import ServiceMessage

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
LINES = (LineDraft("BRUSH", "Plattenbürste <fein>", 2, 2980, 2680), LineDraft("POST", "Versand", 1, 490, 490, False))


@pytest.fixture
def world(shop: Any, make_customer: Callable[..., Any], now: datetime, time_machine: Any) -> Any:
    time_machine.move_to(now, tick=False)
    with scope(shop=shop):
        yield {"rosa": make_customer("Rosa"), "otto": make_customer("Otto", consents=())}


def order(
    shop: Any, now: datetime, number: str = "1001", *, customer: str = "rosa", is_history: bool = False, **fields: Any
) -> None:
    draft = OrderDraft(number, fields.pop("placed_at", now), LINES, customer, shipping=490, **fields)
    upsert_orders(shop, [draft], now=now, source="api", is_history=is_history)


def parcel(shop: Any, now: datetime, number: str = "P1", **fields: Any) -> None:
    draft = ShipmentDraft(number, "1001", carrier="DHL", tracking_code="00340434161094", **fields)
    upsert_shipments(shop, [draft], now=now, source="api", is_history=False)


def work(shop: Any, now: datetime) -> None:
    """Whatever the worker does now, in its order, until nothing is left."""
    for _round in range(3):
        for one in sorted(SWEEPS.values(), key=lambda one: one.order):
            if one.key.split(".")[0] in ("timeline", "contact_policy", "messaging"):
                while one.run(shop, now):
                    pass


def keys() -> list[str]:
    return sorted(Message._base_manager.values_list("key", flat=True))


def test_an_order_is_told_from_its_coming_to_the_money_back(world: Any, shop: Any, now: Any, mail_server: Any) -> None:  # noqa: F811
    # given: all kinds on; Rosa orders, and Otto, who wants no advertising, does, too
    for kind in KINDS:
        actions.switch(shop, kind, True, now)
    object_to_advertising(shop, [world["otto"].pk], now, source="mail")
    order(shop, now)
    order(shop, now, "1002", customer="otto")
    work(shop, now)
    # when: the parcel leaves, arrives, and part of the money goes back
    parcel(shop, now, shipped_at=now, promised_on=(now + timedelta(days=2)).date())
    work(shop, now + timedelta(minutes=1))
    parcel(shop, now, shipped_at=now, delivered_at=now + timedelta(hours=30))
    work(shop, now + timedelta(hours=31))
    upsert_refunds(
        shop,
        [RefundDraft("R1", now + timedelta(hours=40), 1340, 1340, "rosa", order_number="1001")],
        now=now + timedelta(hours=40), source="api", is_history=False,
    )  # fmt: skip
    work(shop, now + timedelta(hours=41))
    # then: each state once, in German, with what was ordered and no way that would lead out of advertising
    assert keys() == [
        "service:delivered:P1", "service:ordered:1001", "service:ordered:1002", "service:refunded:R1", "service:shipped:P1",
    ]  # fmt: skip
    assert set(Message._base_manager.values_list("status", flat=True)) == {Message.Status.DONE}
    mails = {mail.subject: mail_server.get(mail.id).raw for mail in mail_server.latest()}
    raw = mails["Ihre Bestellung 1001 ist da"]
    confirmation = text_of(raw)
    assert "2 × Plattenbürste <fein>" in confirmation
    assert [price in confirmation for price in ("29,80", "3,00", "4,90", "31,70")] == [True] * 4
    assert b"List-Unsubscribe" not in raw
    assert "1001" in text_of(mails["Ihr Paket ist unterwegs"])
    assert "00340434161094" in text_of(mails["Ihr Paket ist unterwegs"])
    assert {subject for subject in mails if "13,40" in subject}


def text_of(raw: bytes) -> str:
    """The plain text of a mail."""
    part = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\u00a0", " ")


def test_a_replay_tells_nothing_again(world: Any, shop: Any, now: Any) -> None:
    actions.switch(shop, "ordered", True, now)
    for _time in range(3):
        order(shop, now)
        work_off(shop, now)
    assert keys() == ["service:ordered:1001"]
    assert ContactRequest._base_manager.count() == 1


def work_off(shop: Any, now: datetime) -> None:
    """The listener's sweep alone."""
    for one in SWEEPS.values():
        if one.key.startswith("timeline."):
            while one.run(shop, now):
                pass


def test_off_tells_nothing_and_on_tells_nothing_of_before(world: Any, shop: Any, now: Any) -> None:
    order(shop, now)
    assert not EventDue._base_manager.filter(listener="service_messages").exists()
    actions.switch(shop, "ordered", True, now)
    work_off(shop, now)
    order(shop, now, "1002", is_history=True)
    work_off(shop, now)
    assert keys() == []
    order(shop, now, "1003")
    actions.switch(shop, "ordered", False, now)  # off before the worker came to it
    work_off(shop, now)
    assert keys() == []


def test_what_is_over_or_late_is_not_told(world: Any, shop: Any, now: Any) -> None:
    for kind in ("ordered", "shipped", "delivered"):
        actions.switch(shop, kind, True, now)
    order(shop, now)
    order(shop, now, cancelled_at=now)
    order(shop, now, "1002", placed_at=now - timedelta(days=2))
    parcel(shop, now, shipped_at=now, delivered_at=now)
    work_off(shop, now)
    assert keys() == ["service:delivered:P1"]
    assert list(Decision._base_manager.values_list("customer_id", "reason")) == [(world["rosa"].pk, "too_late")]


def test_the_number_of_queries_does_not_grow(world: Any, shop: Any, now: Any) -> None:
    actions.switch(shop, "ordered", True, now)
    for number in range(12):
        order(shop, now, f"A{number}")
    events = list(Event._base_manager.filter(type="order.placed").order_by("pk"))
    counts = []
    for some in (events[:2], events[2:]):
        with CaptureQueriesContext(connection) as seen:
            actions.tell(shop, some, now)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert len(keys()) == 12


def test_the_shops_own_words_are_sent_and_come_back(world: Any, shop: Any, now: Any) -> None:
    row = actions.switch(shop, "ordered", True, now)
    again = actions.switch(shop, "ordered", True, now + timedelta(days=1))
    assert (again.pk, again.changed_at) == (row.pk, now)
    off = actions.switch(shop, "ordered", False, now)
    assert off.template_id == row.template_id
    assert Template._base_manager.count() == 1
    with pytest.raises(Refused, match="sold"):
        actions.switch(shop, "sold", True, now)


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("marketer", True), ("service", False), ("analyst", False), ("till", False)]
)
def test_who_may_switch(world: Any, shop: Any, now: Any, client: Client, role: str, may: bool) -> None:
    client.force_login(create_staff("mia@example.com", now=now, shop=shop, role=role), backend=BACKEND)
    page = reverse("shop:service-messages", args=[shop.slug])
    assert client.get(page).status_code == (200 if may else 403)
    answer = client.post(reverse("shop:service-message-switch", args=[shop.slug, "shipped"]), {"is_on": "1"})
    assert answer.status_code == (302 if may else 403)
    assert ServiceMessage._base_manager.filter(kind="shipped", is_on=True).exists() is may
    assert client.get(reverse("shop:service-message-switch", args=[shop.slug, "shipped"])).status_code in (403, 405)
    if may:
        template = reverse("shop:template", args=[shop.slug, ServiceMessage._base_manager.get().template_id])
        assert template in client.get(page).content.decode()
        assert page in client.get(template).content.decode()  # the editor leads back to what sends it
