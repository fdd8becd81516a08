"""From a queued message to news about it: through the real gate and a real SMTP server."""

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.claim import claim
from regulars.decide.contact_policy.actions import grant_due, object_to_advertising
from regulars.decide.contact_policy.models import Contact, Decision, Suppression
from regulars.know.timeline.models import Event
from regulars.reach.messaging.actions import give_up_lost, schedule, send_due
from regulars.reach.messaging.actions import queue as queue_messages
from regulars.reach.messaging.models import Delivery, Message

pytestmark = pytest.mark.django_db


def rows() -> dict[str, tuple[str, str]]:
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def events(kind: str) -> int:
    return Event._base_manager.filter(type=kind).count()


def mail_of(store: Any, address: str) -> Any:
    (kept,) = store.latest(search=address)
    return message_from_bytes(store.get(kept.id).raw, policy=policy.default)


def through(shop: Any, now: Any) -> None:
    grant_due(shop, now)
    schedule(shop, now)
    while send_due(shop, now):
        pass


def test_rosa_gets_her_mail_once_and_otto_none(
    shop: Any, now: Any, rosa: Any, otto: Any, queue: Any, mail_server: Any
) -> None:
    assert set(queue(rosa, otto)) == {"marketing:rosa", "marketing:otto"}
    through(shop, now)
    assert rows() == {"marketing:rosa": ("done", ""), "marketing:otto": ("cancelled", "objection")}
    queue(rosa, otto)
    through(shop, now + timedelta(hours=1))
    assert mail_server.count() == 1
    mail = mail_of(mail_server, "rosa@")
    assert mail["subject"] == "Hallo Rosa"
    assert mail["to"] == "Rosa Rot <rosa@example.com>"
    assert mail["from"] == "Plattenkiste <post@plattenkiste.example>"
    text = mail.get_body(("plain",)).get_content()
    assert "CODE-rosa" in text
    assert "https://mail.plattenkiste.example/c/" in text
    assert "plattenkiste.example/neu" not in text
    assert mail["list-unsubscribe"].startswith("<https://mail.plattenkiste.example/u/")
    assert Contact._base_manager.filter(customer=rosa).count() == 1
    assert Contact._base_manager.filter(customer=otto).count() == 0
    assert Decision._base_manager.filter(customer=otto, reason="objection").count() == 1
    assert list(Delivery.objects.values_list("kind", flat=True)) == ["accepted"]
    assert (events("message.sent"), events("message.bounced")) == (1, 0)


def test_without_consent_to_tracking_links_are_plain_and_no_pixel_is_there(
    shop: Any, now: Any, make_customer: Any, queue: Any, mail_server: Any
) -> None:
    queue(make_customer("Nico", consents=("marketing",)))
    through(shop, now)
    mail = mail_of(mail_server, "nico@")
    html = mail.get_body(("html",)).get_content()
    assert "https://plattenkiste.example/neu?code=CODE-nico" in html
    assert "/c/" not in html
    assert "/o/" not in html
    assert "<img" not in html


def test_the_gate_is_asked_again_right_before_sending(
    shop: Any, now: Any, rosa: Any, queue: Any, mail_server: Any
) -> None:
    queue(rosa)
    grant_due(shop, now)
    schedule(shop, now)
    object_to_advertising(shop, [rosa.pk], now, source="reply")
    send_due(shop, now)
    assert rows() == {"marketing:rosa": ("cancelled", "objection")}
    assert mail_server.count() == 0


def test_a_dead_address_is_suppressed_and_a_server_away_puts_off(
    shop: Any, now: Any, rosa: Any, nico: Any, queue: Any, mail_server: Any, settings: Any
) -> None:
    from regulars.know.customers.models import Identity

    Identity._base_manager.filter(customer=nico).update(value="nico@gone.invalid", key="nico@gone.invalid")
    queue(rosa, nico)
    there = settings.REGULARS_SMTP_URL
    settings.REGULARS_SMTP_URL = "smtp://127.0.0.1:1"
    grant_due(shop, now)
    schedule(shop, now)
    assert send_due(shop, now) == 2
    assert {status for status, _reason in rows().values()} == {"due"}
    assert Contact._base_manager.count() == 0
    assert send_due(shop, now) == 0
    settings.REGULARS_SMTP_URL = there
    assert send_due(shop, now + timedelta(minutes=5)) == 2
    assert rows()["marketing:rosa"] == ("done", "")
    assert rows()["marketing:nico"] == ("failed", "5.1.2 no such address")
    assert list(Suppression._base_manager.values_list("key", "reason")) == [("nico@gone.invalid", "bounced")]
    assert (events("message.sent"), events("message.bounced"), events("address.suppressed")) == (1, 1, 1)


def test_what_a_lost_worker_had_is_uncertain_for_advertising_and_sent_again_for_service(
    shop: Any, now: Any, rosa: Any, nico: Any, queue: Any, mail_server: Any
) -> None:
    queue(rosa)
    queue(nico, purpose="service")
    grant_due(shop, now)
    schedule(shop, now)
    claim(Message._base_manager.all(), now=now, lease=timedelta(minutes=10), limit=10)  # … and the worker is killed
    assert send_due(shop, now + timedelta(minutes=5)) == 0
    later = now + timedelta(minutes=11)
    assert give_up_lost(shop, later) == 2
    assert give_up_lost(shop, later) == 0
    assert rows()["marketing:rosa"][0] == "uncertain"
    through(shop, later)
    through(shop, later + timedelta(days=1))
    assert rows() == {"marketing:rosa": ("uncertain", ""), "service:nico": ("done", "")}
    assert mail_server.count() == 1
    mail = mail_of(mail_server, "nico@")
    assert mail["message-id"] == f"<{Message._base_manager.get(key='service:nico').message_id}>"
    assert mail["list-unsubscribe"] is None
    assert Contact._base_manager.filter(customer=rosa).count() == 1
    assert (events("message.uncertain"), events("message.sent")) == (1, 1)


def test_queries_do_not_grow_with_the_batch(
    shop: Any, now: Any, make_customer: Any, queue: Any, mail_server: Any
) -> None:
    counts = []
    for size in (5, 60):
        customers = [make_customer(f"C{size}x{number}") for number in range(size)]
        queue(make_customer(f"Warm{size}"))
        with CaptureQueriesContext(
            connection,
        ) as queued:
            queue(*customers)
        grant_due(shop, now)
        with CaptureQueriesContext(connection) as scheduled:
            schedule(shop, now)
        with CaptureQueriesContext(connection) as sent:
            assert send_due(shop, now) == size + 1
        counts.append((len(queued), len(scheduled), len(sent)))
    assert counts[0] == counts[1]
    assert mail_server.count() == 67


def test_who_has_no_address_is_not_queued_and_has_a_decision(shop: Any, now: Any, rosa: Any, queue: Any) -> None:
    from regulars.know.customers.models import Identity

    Identity._base_manager.filter(customer=rosa).delete()
    assert queue(rosa) == {}
    assert list(Decision._base_manager.values_list("customer_id", "reason")) == [(rosa.pk, "no_address")]
    assert queue_messages(shop, [], now) == {}
