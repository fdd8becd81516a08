"""A provider on this machine: a real HTTP server that keeps what it is sent and behaves as the test says."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.tests.conftest import measure, voucher_variables

__all__ = ["measure", "voucher_variables"]

KEY = "key-1234567890-secret"
TEXT = "Hallo {{ customer.first_name }}, neu: https://plattenkiste.example/neu. Keine SMS mehr: {{ unsubscribe.url }}"


def rows() -> dict[str, tuple[str, str]]:
    """Key of each message → its status and reason."""
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def told() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("kind", flat=True))


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class FakeProvider:
    """calls: what it was sent. answers: what it does next, in turn: `(status, JSON, headers)`, "hang up" after it has read
    the message, or seconds to be slow before `usual`.
    """

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    usual: Any = (200, {"id": "m-{n}"}, {})


def _serve() -> tuple[FakeProvider, ThreadingHTTPServer]:
    fake = FakeProvider()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {k.lower(): v for k, v in self.headers.items()}
            with lock:
                fake.calls.append(Call(self.path, headers, body, time.monotonic()))
                number = len(fake.calls)
                answer = fake.answers.pop(0) if fake.answers else fake.usual
            if answer == "hang up":
                self.connection.close()
                return
            if isinstance(answer, float):
                time.sleep(answer)
                answer = fake.usual
            status, said, more = answer
            data = json.dumps(said).replace("{n}", str(number)).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return fake, server


@pytest.fixture
def provider(settings: Any) -> Iterator[FakeProvider]:
    settings.REGULARS_PRIVATE_WEBHOOKS = True
    settings.REGULARS_BASE_URL = "https://mail.plattenkiste.example"
    fake, server = _serve()
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def second(settings: Any) -> Iterator[FakeProvider]:
    fake, server = _serve()
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(shop: Any, now: datetime, provider: FakeProvider) -> Any:
    """The shop's SMS go out over the server on this machine."""
    from regulars.channels.sms import actions
    from regulars.channels.sms.providers import PROVIDERS

    return actions.set_up(
        shop, PROVIDERS["http"], now, secret=KEY, url=provider.url, sender="Plattenkist", per_second=500, is_used=True,
    )  # fmt: skip


@pytest.fixture
def queue(shop: Any, measure: Any, now: datetime) -> Callable[..., None]:
    """`queue(rosa, nico)`: a granted SMS to each."""
    from regulars.decide.contact_policy.actions import ConsentDraft, grant_consents, grant_due
    from regulars.know.customers.models import Identity
    from regulars.reach.messaging import actions

    def write(*customers: Any, text: str = TEXT, key: str = "sms") -> None:
        for one in customers:
            Identity._base_manager.get_or_create(
                shop=shop, customer=one, kind="phone",
                defaults={"value": f"0171 {2345670 + one.pk}", "key": number(one), "created_at": now},
            )  # fmt: skip
            proof = ConsentDraft(one.pk, "sms", "marketing", now - timedelta(days=9), {"form": "7"})
            grant_consents(shop, [proof], now=now)
        actions.save_template(shop, "hint", "Hint", "de", "", "", "", now, text=text, channel="sms")
        drafts = [
            actions.MessageDraft(
                one.pk, "hint", measure.pk, "marketing", 1, now, now + timedelta(days=2), f"{key}:{one.number}"
            )
            for one in customers
        ]
        actions.queue(shop, drafts, now)
        grant_due(shop, now)
        actions.schedule(shop, now)

    return write


def number(customer: Any) -> str:
    return f"+49171{2345670 + customer.pk}"
