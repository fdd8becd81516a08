"""A provider on this machine: a real HTTP server that keeps what it is sent and answers as the test says."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from regulars.reach.messaging.models import Delivery, Message
from regulars.reach.messaging.tests.conftest import measure, queue, voucher_variables

__all__ = ["measure", "queue", "voucher_variables"]

KEY = "key-1234567890-secret"
TAKEN: dict[str, Any] = {
    "postmark": {"To": "rosa@example.com", "SubmittedAt": "2026-01-05T10:00:00Z", "MessageID": "pm-1", "ErrorCode": 0,
                 "Message": "OK"},
    "mailgun": {"id": "<20260105100000.1.AB@mg.plattenkiste.example>", "message": "Queued. Thank you."},
    "sendgrid": None,
    "brevo": {"messageId": "<202601051000.1@smtp-relay.mailin.fr>"},
    "mailjet": {"Messages": [{"Status": "success", "To": [{"Email": "rosa@example.com", "MessageID": 70650219}]}]},
    "sparkpost": {"results": {"total_rejected_recipients": 0, "total_accepted_recipients": 1, "id": "11668787484950529"}},
    "resend": {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"},
}  # fmt: skip
"""What the providers answer when they take a mail, as their documentation shows it."""


def rows() -> dict[str, tuple[str, str]]:
    """Key of each message → its status and reason."""
    return {one.key: (one.status, one.reason) for one in Message._base_manager.all()}


def told() -> list[tuple[str, dict[str, Any]]]:
    """Kind and data of all news, in order."""
    return list(Delivery.objects.order_by("pk").values_list("kind", "data"))


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def fields(self) -> dict[str, str]:
        """Of a form, whichever of its two shapes."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        mail = BytesParser(policy=default).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            .decode()
            .rstrip("\n")
            for part in mail.iter_parts()
        }


@dataclass
class FakeProvider:
    """calls: what it was sent. answers: what it says next, `(status, JSON)`; "hang up" breaks the line. Else `usual`."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    usual: Any = (200, {})


@pytest.fixture
def provider_server() -> Iterator[FakeProvider]:
    fake = FakeProvider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            fake.calls.append(Call(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            answer = fake.answers.pop(0) if fake.answers else fake.usual
            if answer == "hang up":
                self.close_connection = True
                return
            status, said = answer
            data = b"" if said is None else said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if 300 <= status < 400:
                self.send_header("Location", fake.url + "elsewhere")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def set_up(
    shop: Any, now: datetime, provider_server: FakeProvider, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Callable[..., Any]:
    """`set_up("postmark")`: the shop's mails go out over it, and it is the server on this machine."""
    from regulars.channels.providers import actions
    from regulars.channels.providers.channel import ProviderChannel
    from regulars.channels.providers.providers import PROVIDERS
    from regulars.reach.messaging.channel import WAYS

    settings.REGULARS_BASE_URL = "https://mail.plattenkiste.example"

    def make(key: str, **fields: Any) -> Any:
        here = replace(PROVIDERS[key], regions={"": provider_server.url})
        monkeypatch.setitem(WAYS["email"], key, lambda one: ProviderChannel(one, here))
        provider_server.usual = (202 if key == "sendgrid" else 200, TAKEN[key])
        given: dict[str, Any] = {"api_key": KEY}
        if here.secret_label:
            given["secret_key"] = "second-secret"
        if "domain" in here.asks:
            given["domain"] = "mg.plattenkiste.example"
        return actions.set_up(shop, PROVIDERS[key], now, is_used=True, **{**given, **fields})

    return make


@pytest.fixture
def through(shop: Any, now: datetime) -> Callable[..., None]:
    """The messages that are queued go out, as the sweeps do it."""
    from regulars.decide.contact_policy.actions import grant_due
    from regulars.reach.messaging.actions import schedule, send_due

    def go(at: datetime = now) -> None:
        grant_due(shop, at)
        schedule(shop, at)
        while send_due(shop, at):
            pass

    return go
