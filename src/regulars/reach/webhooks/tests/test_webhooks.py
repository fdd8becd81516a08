"""Calls to other programs: signed as the specification says, at least once with the same id, never where they must not go."""

import base64
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from regulars.core.actions import create_staff
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry, Shop
from regulars.core.outbound import words_for
from regulars.core.personal_data import DECLARED
from regulars.core.roles import Role
from regulars.core.scoping import scope
from regulars.core.sealing import unseal
from regulars.reach.webhooks import actions, wire
from regulars.reach.webhooks.models import Webhook, WebhookEndpoint


def secret_of(endpoint: WebhookEndpoint) -> str:
    assert wire.PREFIX not in endpoint.sealed_secret
    return unseal(endpoint.sealed_secret)


class Receiver:
    """A real HTTP server that answers as it is told and keeps what came in."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.pause = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(outer.pause)
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?a=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture
def endpoint(shop: Shop, receiver: Receiver, now: datetime, settings: Any) -> WebhookEndpoint:
    settings.REGULARS_PRIVATE_WEBHOOKS = True
    return actions.create_endpoint(shop, "Tills", receiver.url, now)[0]


def queued(shop: Shop, endpoint: WebhookEndpoint, now: datetime, key: str = "k", customer: Any = None) -> int:
    draft = actions.Draft(endpoint.pk, "test", {"n": "ü"}, key, customer.pk if customer else None)
    return actions.queue(shop, [draft], now)


def send(shop: Shop, now: datetime) -> int:
    with scope(shop=shop):
        return actions.send_due(shop, now)


def test_the_signature_is_that_of_the_specification() -> None:
    # the example of Standard Webhooks' own libraries
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = '{"test": 2432232314}'
    signed = wire.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.postgres
def test_a_call_is_signed_and_sent_once(
    shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime
) -> None:
    assert queued(shop, endpoint, now) == 1
    assert queued(shop, endpoint, now) == 0
    assert send(shop, now) == 1
    assert send(shop, now) == 0
    [(headers, body)] = receiver.got
    row = Webhook._base_manager.get()
    assert (row.status, row.status_code, row.sent_at) == ("done", 204, now)
    key = base64.b64decode(secret_of(endpoint).removeprefix("whsec_"))
    assert len(key) == 32
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    assert headers["webhook-id"] == row.message_id
    assert int(headers["webhook-timestamp"]) == int(now.timestamp())


def test_a_secret_that_cannot_be_opened_waits_and_says_why(
    shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime, settings: Any
) -> None:
    queued(shop, endpoint, now)
    key, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with override("en"):
        assert send(shop, now) == 1
    row = Webhook._base_manager.get()
    assert receiver.got == []
    assert row.status == "due"
    assert "REGULARS_SECRET_KEY" in row.last_error
    settings.SECRET_KEY = key
    assert row.due_at is not None
    assert send(shop, row.due_at) == 1
    assert len(receiver.got) == 1


def test_a_refused_call_is_repeated_with_the_same_id_ever_later_and_then_given_up(
    shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime
) -> None:
    receiver.answers = [500] * 20
    queued(shop, endpoint, now)
    at, attempts = now, 0
    while send(shop, at):
        attempts += 1
        row = Webhook._base_manager.get()
        if row.status != "due":
            break
        assert row.due_at is not None
        assert send(shop, row.due_at - timedelta(seconds=1)) == 0
        at = row.due_at
    assert attempts == 10
    assert at - now == sum(actions.PAUSES, timedelta())
    row = Webhook._base_manager.get()
    assert (row.status, row.status_code, row.last_error) == (
        "failed",
        500,
        "Der Empfänger hat ihn nicht angenommen: HTTP 500.",
    )
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert len({body for _headers, body in receiver.got}) == 1


def test_a_redirect_is_not_followed(shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime) -> None:
    receiver.answers = [302]
    queued(shop, endpoint, now)
    send(shop, now)
    assert len(receiver.got) == 1
    assert (Webhook._base_manager.get().status, Webhook._base_manager.get().status_code) == ("due", 302)


def test_gone_switches_the_endpoint_off_and_its_calls_wait(
    shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime
) -> None:
    receiver.answers = [410]
    queued(shop, endpoint, now)
    send(shop, now)
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    queued(shop, endpoint, now, "later")
    assert send(shop, now + timedelta(days=1)) == 0
    actions.switch_endpoint(endpoint, True, now)
    assert send(shop, now + timedelta(days=1)) == 2


def test_a_slow_receiver_is_left(receiver: Receiver) -> None:
    receiver.pause = 5
    begun = time.monotonic()
    answer = wire.call(
        receiver.url, "whsec_QUJD", "msg_1", "{}", datetime.now().astimezone(), may_be_private=True, timeout=0.3
    )
    assert time.monotonic() - begun < 4
    assert (answer.status, bool(answer.error)) == (None, True)


def test_a_worker_killed_while_sending_sends_again(
    shop: Shop, endpoint: WebhookEndpoint, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(shop, endpoint, now)

    def killed(*args: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(actions, "_settle", killed)
        with pytest.raises(SystemExit):
            send(shop, now)
    assert send(shop, now + timedelta(minutes=1)) == 0
    assert send(shop, now + timedelta(minutes=3)) == 1
    assert [headers["webhook-id"] for headers, _body in receiver.got] == [Webhook._base_manager.get().message_id] * 2


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://",
        "example.com",
        "http://example.com/hooks",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:192.168.0.1]/",
        "https://224.0.0.1/",
        "https://user:word@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
    ],
)
def test_addresses_that_no_call_may_go_to(shop: Shop, now: datetime, url: str) -> None:
    with pytest.raises(Refused):
        actions.create_endpoint(shop, "x", url, now)
    assert not WebhookEndpoint._base_manager.exists()


def test_a_name_that_means_a_private_address_is_refused_when_it_is_called(receiver: Receiver, now: datetime) -> None:
    port = receiver.server.server_port
    answer = wire.call(f"https://localhost:{port}/", "whsec_QUJD", "msg_1", "{}", now, may_be_private=False)
    assert answer.status is None
    with override("en"):
        assert receiver.got == []


def test_erasure_empties_what_was_told(shop: Shop, endpoint: WebhookEndpoint, rosa: Any, now: datetime) -> None:
    queued(shop, endpoint, now, customer=rosa)
    DECLARED[Webhook].erase(shop, [rosa.pk], now)
    row = Webhook._base_manager.get()
    assert (row.status, row.body, row.due_at) == ("cancelled", "{}", None)
    assert send(shop, now + timedelta(days=1)) == 0


@pytest.mark.parametrize("role", Role.values)
def test_only_who_manages_settings_sees_the_page(shop: Shop, now: datetime, client: Client, role: str) -> None:
    person = create_staff("p@example.com", now=now, shop=shop, role=role)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("shop:webhooks", args=[shop.slug])
    answer = client.get(address)
    assert answer.status_code == (200 if role == "owner" else 403)
    if role != "owner":
        assert client.post(address, {"name": "x", "url": "https://example.com"}).status_code == 403
        return
    wrong = client.post(address, {"name": "x", "url": "http://10.0.0.1"})
    assert wrong.status_code == 422
    made = client.post(address, {"name": "Tills", "url": "https://example.com/hooks"})
    endpoint = WebhookEndpoint._base_manager.get()
    assert secret_of(endpoint) in made.content.decode()
    assert secret_of(endpoint) not in client.get(address).content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    assert not AuditEntry.objects.filter(data__icontains=secret_of(endpoint)).exists()
    client.post(reverse("shop:webhook-switch", args=[shop.slug, endpoint.pk]))
    endpoint.refresh_from_db()
    assert not endpoint.is_active


def test_queries_do_not_grow_with_the_calls(shop: Shop, endpoint: WebhookEndpoint, now: datetime) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number, size in enumerate((2, 12)):
        drafts = [actions.Draft(endpoint.pk, "t", {}, f"{number}:{n}") for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            assert actions.queue(shop, drafts, now) == size
            assert send(shop, now) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_went_wrong_on_the_way_is_said_in_words() -> None:
    with override("en"):
        said = {
            words_for(error)
            for error in (
                socket.gaierror(-2, "Name or service not known"), TimeoutError(), ConnectionRefusedError(111, "x"),
                ConnectionResetError(104, "x"), ValueError("raw"),
            )
        }  # fmt: skip
    assert said == {
        "There is no such server: look whether the address is spelt right.",
        "The server did not answer in time.",
        "The server takes no connection at this address.",
        "The connection broke off.",
        "The call failed on its way (ValueError).",
    }
