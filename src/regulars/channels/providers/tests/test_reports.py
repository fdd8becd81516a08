"""What providers report: the policy of returned mails, each report once, and nothing from whoever does not know the secret."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from regulars.channels.providers import actions
from regulars.channels.providers.mail import NAMED
from regulars.channels.providers.models import ProviderAccount
from regulars.channels.providers.providers import PROVIDERS
from regulars.core import clock
from regulars.core.sealing import unseal
from regulars.decide.contact_policy.models import Consent, Suppression
from regulars.know.timeline.models import Event
from regulars.reach.messaging import return_path
from regulars.reach.messaging.models import Delivery, IncomingNews, Message

from .reports import REPORTS

pytestmark = pytest.mark.django_db
KINDS = ("delivered", "hard", "soft", "spam", "late", "complained", "unsubscribed", "opened", "clicked")


@pytest.fixture(autouse=True)
def at_now(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def sent(rosa: Any, queue: Any, now: datetime) -> Callable[..., Message]:
    """`sent()`: a message that went out to Rosa some days ago."""
    numbers = iter(range(1000))

    def send(days: float = 0, customer: Any = rosa) -> Message:
        (pk,) = queue(customer).values()
        rows = Message._base_manager.filter(pk=pk)
        rows.update(status="done", sent_at=now - timedelta(days=days), key=f"old:{next(numbers)}:{pk}")
        row = rows.get()
        row.request.__class__._base_manager.filter(pk=row.request_id).update(key=row.key, status="used")
        return row

    return send


@pytest.fixture
def address(shop: Any, now: datetime) -> Callable[..., str]:
    """`address("postmark", signing_key=…)`: where that provider reports."""

    def of(key: str, **fields: Any) -> str:
        account = actions.set_up(shop, PROVIDERS[key], now, api_key="key", **fields)
        return reverse("hook-mail", args=[key, shop.slug, unseal(account.hook_secret)])

    return of


@pytest.fixture
def report(client: Any) -> Callable[..., int]:
    def post(address: str, said: Any, **headers: str) -> int:
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        return int(client.post(address, data, content_type="application/json", headers=headers).status_code)

    return post


def named(message: Message) -> dict[str, str]:
    return {NAMED: return_path.maker("regulars@message.invalid")(message.pk)}


def suppressed() -> list[tuple[str, str]]:
    return sorted(Suppression._base_manager.values_list("key", "reason"))


def consents(customer: Any) -> set[str]:
    rows = Consent._base_manager.filter(customer=customer, channel="email", purpose__in=("marketing", "research"))
    return set(rows.values_list("state", flat=True))


EXPECTED = {
    # kind of the Delivery, suppression, state of the consents
    "delivered": (["delivered"], [], {"granted"}),
    "hard": (["bounced"], [("rosa@example.com", "bounced")], {"granted"}),
    "soft": (["bounced"], [], {"granted"}),
    "spam": (["bounced"], [], {"granted"}),
    "late": (["late"], [], {"granted"}),
    "complained": (["complained"], [("rosa@example.com", "complained")], {"withdrawn"}),
    "unsubscribed": ([], [], {"withdrawn"}),
    "opened": ([], [], {"granted"}),
    "clicked": ([], [], {"granted"}),
}


@pytest.mark.parametrize("key", sorted(REPORTS))
@pytest.mark.parametrize("kind", KINDS)
def test_a_report_has_the_effect_of_the_policy_and_a_replay_none(
    key: str, kind: str, rosa: Any, sent: Any, address: Any, report: Any
) -> None:
    message = sent()
    said = REPORTS[key](named(message))[kind]
    if said is None:
        pytest.skip("this provider knows no such report")
    there = address(key)
    for _time in range(3):
        if key == "mailgun":
            said["signature"]["token"] += "x"  # it signs each attempt anew
        assert report(there, said) == 200
        deliveries, suppressions, states = EXPECTED[kind]
        assert list(Delivery.objects.values_list("kind", flat=True)) == deliveries
        assert suppressed() == suppressions
        assert consents(rosa) == states
        assert IncomingNews._base_manager.filter(message=message).count() == (0 if kind in ("opened", "clicked") else 1)
    message.refresh_from_db()
    assert (message.bounced_at is not None) == (kind in ("hard", "soft", "spam"))
    assert (message.first_opened_at, message.first_clicked_at) == (None, None)
    events = Event._base_manager.filter(customer=rosa, type__startswith="message.")
    assert events.count() == (0 if kind in ("delivered", "late", "opened", "clicked") else 1)


@pytest.mark.parametrize("key", sorted(REPORTS))
@pytest.mark.parametrize(("kind", "is_suppressed"), [("soft", True), ("spam", False)])
def test_five_soft_ones_in_a_row_suppress_unless_they_are_about_the_mail(
    key: str, kind: str, is_suppressed: bool, sent: Any, address: Any, report: Any
) -> None:
    there = address(key)
    for number in range(5):
        assert suppressed() == []
        assert report(there, REPORTS[key](named(sent(8 - number)))[kind]) == 200
    assert Delivery.objects.filter(kind="bounced").count() == 5
    assert suppressed() == ([("rosa@example.com", "bounced")] if is_suppressed else [])


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_a_mail_that_is_not_ours_is_noted_and_touches_nobody(
    key: str, rosa: Any, sent: Any, address: Any, report: Any
) -> None:
    sent()
    there = address(key)
    forged = {NAMED: "regulars+aaaaaaaaaaaaaaaaaaaaaaaaaa@message.invalid"}
    for metadata in ({}, forged):
        for kind in ("hard", "complained", "delivered"):
            assert report(there, REPORTS[key](metadata)[kind]) == 200
    assert (suppressed(), consents(rosa)) == ([], {"granted"})
    assert Delivery.objects.count() == 0
    assert set(IncomingNews._base_manager.values_list("message", flat=True)) == {None}


def test_another_shops_message_is_not_touched(
    shop: Any, now: datetime, rosa: Any, sent: Any, report: Any, settings: Any
) -> None:
    from regulars.core.actions import create_shop

    other = create_shop("other", now=now)
    account = actions.set_up(other, PROVIDERS["postmark"], now, api_key="key")
    there = reverse("hook-mail", args=["postmark", "other", unseal(account.hook_secret)])
    assert report(there, REPORTS["postmark"](named(sent()))["hard"]) == 200
    assert suppressed() == []


def test_who_does_not_know_the_secret_gets_nowhere(
    shop: Any, now: datetime, sent: Any, address: Any, report: Any, client: Any, caplog: Any
) -> None:
    said = REPORTS["postmark"](named(sent()))["hard"]
    right = address("postmark")
    secret = right.split("/")[-2]
    mailgun = address("mailgun").split("/")[-2]
    for wrong in (
        right.replace(secret, "x" * 43),
        right.replace(secret, mailgun),
        right.replace("/postmark/", "/nobody/"),
        right.replace(shop.slug, "other"),
        right.replace(secret, "ü"),
    ):
        assert report(wrong, said) == 404
    assert suppressed() == []
    assert client.get(right).status_code == 200  # some ask before they use an address
    assert client.put(right).status_code == 405
    for unreadable in (b"", b"[]", b"{", b'{"RecordType": "Inbound"}', b"\xff\xfe", b'"text"', b"[[1]]", b"null"):
        assert report(right, unreadable) in (200, 400)
    assert report(right, b"x" * 6_000_000) == 413
    assert secret not in caplog.text
    account = actions.renew_address(shop, PROVIDERS["postmark"], now)
    assert report(right, said) == 404
    assert report(right.replace(secret, unseal(account.hook_secret)), said) == 200
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_an_error_of_ours_answers_500_so_that_the_provider_comes_again_and_logs_no_secret(
    sent: Any, address: Any, report: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    there = address("postmark")

    def broken(*_arguments: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(actions, "hear", broken)
    assert report(there, REPORTS["postmark"](named(sent()))["hard"]) == 500
    assert "the disk is full" in caplog.text
    assert there.split("/")[-2] not in caplog.text


def test_mailguns_signature_is_checked_where_its_key_is_known(sent: Any, address: Any, report: Any) -> None:
    there = address("mailgun", signing_key="signing-key")
    said = REPORTS["mailgun"](named(sent()))["hard"]
    assert report(there, said) == 400
    block = said["signature"]
    text = f"{block['timestamp']}{block['token']}".encode()
    block["signature"] = hmac.new(b"signing-key", text, hashlib.sha256).hexdigest()
    assert report(there, said) == 200
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_resends_signature_is_checked_where_its_key_is_known(
    now: datetime, sent: Any, address: Any, report: Any
) -> None:
    key = base64.b64encode(b"a secret of theirs").decode()
    there = address("resend", signing_key=f"whsec_{key}")
    data = json.dumps(REPORTS["resend"](named(sent()))["hard"]).encode()

    def signed(at: int, body: bytes) -> dict[str, str]:
        digest = hmac.new(b"a secret of theirs", f"msg_1.{at}.".encode() + body, hashlib.sha256).digest()
        return {
            "svix-id": "msg_1", "svix-timestamp": str(at), "svix-signature": f"v1,{base64.b64encode(digest).decode()} v1,other",
        }  # fmt: skip

    at = int(now.timestamp())
    assert report(there, data) == 400
    assert report(there, data, **signed(at, data + b" ")) == 400
    assert report(there, data, **signed(at - 3600, data)) == 400
    assert suppressed() == []
    assert report(there, data, **signed(at, data)) == 200
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_sendgrids_signature_is_checked_where_its_key_is_known(sent: Any, address: Any, report: Any) -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    there = address("sendgrid", signing_key=base64.b64encode(public).decode())
    data = json.dumps(REPORTS["sendgrid"](named(sent()))["hard"]).encode()
    signature = base64.b64encode(private.sign(b"1767607200" + data, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": "1767607200",
    }
    assert report(there, data) == 400
    assert report(there, data + b" ", **headers) == 400
    assert report(there, data, **headers) == 200
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_the_page_can_say_when_a_provider_last_reported(now: datetime, sent: Any, address: Any, report: Any) -> None:
    there = address("brevo")
    assert ProviderAccount._base_manager.get().heard_at is None
    report(there, REPORTS["brevo"](named(sent()))["opened"])
    assert ProviderAccount._base_manager.get().heard_at == now


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_report_in_many_calls_at_once_counts_once(sent: Any, address: Any) -> None:
    import threading

    from django.db import connection
    from django.test import Client

    there = address("postmark")
    data = json.dumps(REPORTS["postmark"](named(sent()))["hard"])
    together = threading.Barrier(6)
    answers: list[int] = []

    def call() -> None:
        together.wait()
        answers.append(Client().post(there, data, content_type="application/json").status_code)
        connection.close()

    threads = [threading.Thread(target=call) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert list(Delivery.objects.values_list("kind", flat=True)) == ["bounced"]
    assert Event._base_manager.filter(type="message.bounced").count() == 1
    assert suppressed() == [("rosa@example.com", "bounced")]
