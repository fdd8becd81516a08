"""What providers report, and what customers answer: each counts once, and who says stop gets no more."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha1, sha256
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from regulars.channels.sms import actions
from regulars.channels.sms.actions import e164, is_stop
from regulars.channels.sms.models import SmsHandover
from regulars.channels.sms.providers import PROVIDERS
from regulars.core.sealing import unseal
from regulars.decide.contact_policy.models import Consent, Suppression
from regulars.know.timeline.models import Event
from regulars.reach.messaging.actions import send_due
from regulars.reach.messaging.models import Message

from .conftest import KEY, number, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def soon(now: Any) -> Iterator[None]:
    """Reports come an hour after the messages."""
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def sent(shop: Any, now: Any, rosa: Any, queue: Any, account: Any) -> Any:
    queue(rosa)
    send_due(shop, now)
    return Message._base_manager.get()


def where(account: Any) -> str:
    return reverse("hook-sms", args=[account.provider, account.shop.slug, unseal(account.hook_secret)])


def report(client: Any, account: Any, *said: dict[str, Any], **headers: str) -> int:
    body = json.dumps(said[0] if len(said) == 1 else list(said))
    answer = client.post(where(account), body, content_type="application/json", headers=headers)
    return int(answer.status_code)


def test_a_delivery_is_noted_once(client: Any, account: Any, sent: Any) -> None:
    said = {"id": "m-1", "status": "delivered"}
    assert report(client, account, said) == 204
    assert report(client, account, said) == 204
    assert report(client, account, {"reference": sent.message_id, "status": "delivered"}) == 204
    assert told() == ["accepted", "delivered", "delivered"]


def test_a_number_that_nobody_has_is_suppressed(client: Any, account: Any, sent: Any, rosa: Any) -> None:
    report(client, account, {"id": "m-1", "status": "unknown_subscriber"})
    assert Suppression._base_manager.get(kind="phone").key == number(rosa)
    sent.refresh_from_db()
    assert sent.bounced_at is not None


def test_a_failed_delivery_suppresses_nobody(client: Any, account: Any, sent: Any) -> None:
    report(client, account, {"id": "m-1", "status": "failed"})
    assert not Suppression._base_manager.exists()
    assert told() == ["accepted", "bounced"]


@pytest.mark.parametrize("text", ["STOP", "stopp", " Stopp! ", "STOP bitte", "Abmelden"])
def test_who_answers_stop_gets_no_more(client: Any, account: Any, sent: Any, rosa: Any, text: str) -> None:
    reply = {"id": "in-1", "from": number(rosa).lstrip("+"), "text": text}
    assert report(client, account, reply) == 204
    assert report(client, account, reply) == 204
    states = set(Consent._base_manager.filter(customer=rosa, channel="sms").values_list("state", flat=True))
    assert states == {"withdrawn"}
    kept = Consent._base_manager.filter(customer=rosa, channel="email", purpose="marketing").get()
    assert kept.state == "granted", "mail was not meant"
    assert Suppression._base_manager.get(kind="phone").reason == "stop"
    assert Event._base_manager.filter(type="message.unsubscribed").count() == 1
    sent.refresh_from_db()
    assert sent.unsubscribed_at is not None


def test_any_other_answer_is_a_reply(client: Any, account: Any, sent: Any, rosa: Any) -> None:
    report(client, account, {"id": "in-1", "from": number(rosa), "text": "Stop, ich komme nachher noch vorbei, danke!"})
    assert not Suppression._base_manager.exists()
    assert Event._base_manager.get(type="message.replied").data["excerpt"].startswith("Stop, ich komme")


def test_a_stranger_who_answers_stop_is_suppressed_too(client: Any, account: Any) -> None:
    report(client, account, {"id": "in-1", "from": "+491700000001", "text": "STOP"})
    assert Suppression._base_manager.get().key == "+491700000001"


def test_who_does_not_know_the_address_learns_nothing(client: Any, account: Any) -> None:
    wrong = reverse("hook-sms", args=["http", account.shop.slug, "guessed"])
    assert client.post(wrong, "{}", content_type="application/json").status_code == 404
    assert client.get(where(account)).status_code == 200
    assert client.delete(where(account)).status_code == 405


@pytest.mark.parametrize("body", ["", "no json", "7", "[1]", '"x"', "[" * 5000])
def test_what_is_no_report_is_refused(client: Any, account: Any, body: str) -> None:
    answer = client.post(where(account), body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "said",
    [{}, {"status": "delivered"}, {"id": "m-9", "status": "delivered"}, {"from": "x", "text": "STOP"}, {"data": 7}],
)
def test_what_is_about_nothing_of_ours_changes_nothing(client: Any, account: Any, sent: Any, said: Any) -> None:
    assert report(client, account, said) == 204
    assert told() == ["accepted"]
    assert not Suppression._base_manager.exists()


def test_a_signature_that_is_there_must_be_right(client: Any, account: Any, sent: Any) -> None:
    said = {"id": "m-1", "status": "delivered"}
    right = hmac.digest(KEY.encode(), json.dumps(said).encode(), sha256).hex()
    assert report(client, account, said, **{"X-Signature": "0" * 64}) == 400
    assert report(client, account, said, **{"X-Signature": right}) == 204
    assert told() == ["accepted", "delivered"]


@pytest.fixture
def twilio(shop: Any, now: Any, settings: Any) -> Any:
    settings.REGULARS_BASE_URL = "https://mail.plattenkiste.example"
    return actions.set_up(shop, PROVIDERS["twilio"], now, secret="token-2", user="AC1", sender="+491711111111")


def signed(account: Any, said: dict[str, str], token: str = "token-2") -> dict[str, str]:
    text = actions.address_of(account) + "".join(f"{name}{said[name]}" for name in sorted(said))
    return {"X-Twilio-Signature": b64encode(hmac.digest(token.encode(), text.encode(), sha1)).decode()}


def test_twilio_signs_each_call(client: Any, shop: Any, now: Any, rosa: Any, queue: Any, twilio: Any) -> None:
    queue(rosa)
    message = Message._base_manager.get()
    SmsHandover._base_manager.create(shop=shop, account=twilio, reference="SM1", message=message, at=now)
    said = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30005", "To": number(rosa)}
    assert client.post(where(twilio), said).status_code == 400
    assert client.post(where(twilio), said, headers=signed(twilio, said, "other")).status_code == 400
    assert client.post(where(twilio), said, headers=signed(twilio, said)).status_code == 204
    assert Suppression._base_manager.get(kind="phone").key == number(rosa)
    reply = {"MessageSid": "SM2", "From": number(rosa), "Body": "STOP"}
    assert client.post(where(twilio), reply, headers=signed(twilio, reply)).status_code == 204
    assert set(Consent._base_manager.filter(customer=rosa, channel="sms").values_list("state", flat=True)) == {
        "withdrawn"
    }


def test_seven_reports_deliveries_and_answers(client: Any, shop: Any, now: Any, rosa: Any, queue: Any) -> None:
    seven = actions.set_up(shop, PROVIDERS["seven"], now, secret="key-7")
    queue(rosa)
    message = Message._base_manager.get()
    SmsHandover._base_manager.create(shop=shop, account=seven, reference="7712", message=message, at=now)
    dlr = {
        "webhook_event": "dlr",
        "data": {"msg_id": "7712", "status": "DELIVERED", "timestamp": "2026-01-05 10:00:00"},
    }
    assert report(client, seven, dlr) == 204
    answer = {"webhook_event": "sms_mo", "data": {"id": "1", "sender": number(rosa)[1:], "text": "Stop", "time": "1"}}
    assert report(client, seven, answer) == 204
    assert told() == [
        "delivered",
    ]
    assert Suppression._base_manager.get().key == number(rosa)


def test_names_of_messages_are_forgotten(shop: Any, now: Any, sent: Any) -> None:
    assert actions.forget_handovers(shop, now + timedelta(days=29)) == 0
    assert actions.forget_handovers(shop, now + timedelta(days=31)) == 1
    assert not SmsHandover._base_manager.exists()


@pytest.mark.parametrize(
    ("text", "stops"),
    [("STOP", True), ("Stopp.", True), ("stop stop", True), ("Please stop", False), ("", False), ("STOPPUHR", False),
     ("Ende gut, alles gut, oder was meinen Sie", False), ("👍", False)],
)  # fmt: skip
def test_only_a_short_word_stops(text: str, stops: bool) -> None:
    assert is_stop(text) is stops


@pytest.mark.parametrize(
    ("said", "country", "number"),
    [("4917112345678", "DE", "+4917112345678"), ("+4917112345678", "", "+4917112345678"),
     ("0171 12345678", "DE", "+4917112345678"), ("Plattenkiste", "DE", ""), ("", "DE", ""), ("12", "DE", "")],
)  # fmt: skip
def test_numbers_are_read_as_providers_write_them(said: str, country: str, number: str) -> None:
    assert e164(said, country) == number
