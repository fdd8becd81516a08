"""A browser that can decrypt, and a push service that checks who sends."""

import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.channels.web_push import actions
from regulars.channels.web_push.encryption import decoded, encoded, point_of
from regulars.channels.web_push.wording import VERSION
from regulars.decide.contact_policy.actions import grant_due
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.tests.conftest import measure

__all__ = ["browser_of", "measure", "push_service", "waiting"]

TEXT = "{{ customer.first_name }}, three records by Nina Simone came in.\nHave a look: https://plattenkiste.example/new"


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256 for up to one block, by hand: the receiver's side shares nothing with the sender's."""
    extracted = hmac.new(salt, secret, sha256).digest()
    return hmac.new(extracted, info + b"\x01", sha256).digest()[:length]


class Browser:
    """What a browser keeps for one subscription, and how it reads a message (RFC 8291, section 3.4; RFC 8188)."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = point_of(self.private.public_key())
        self.auth = b"0123456789abcdef"

    def said(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()` gives it."""
        keys = {"p256dh": encoded(self.public), "auth": encoded(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def read(self, body: bytes) -> dict[str, Any]:
        """The payload. Fails for what was not meant for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        point, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        assert length == 65
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = self.private.exchange(ec.ECDH(), sender)
        secret = hkdf(self.auth, shared, b"WebPush: info\0" + self.public + point, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain.endswith(b"\x02"), "the last record"
        return dict(json.loads(plain[:-1]))


class PushService:
    """A real HTTP server that checks the signature as RFC 8292 says, and answers as it is told, each path for itself."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.claims: list[dict[str, Any]] = []
        self.public = ""
        self.pause = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heads = {name.lower(): value for name, value in self.headers.items()}
                outer.got.append((self.path, heads, body))
                time.sleep(outer.pause)
                code, more = 201, {"Location": "/m/1"}
                if not outer.knows(heads.get("authorization", "")):
                    code, more = 403, {}
                elif outer.answers.get(self.path):
                    code, more = outer.answers[self.path].pop(0)
                self.send_response(code)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def knows(self, header: str) -> bool:
        """Whether the key that browsers agreed to signed this for us and for not too long."""
        try:
            assert header.startswith("vapid t=")
            token, _comma, public = header.removeprefix("vapid t=").partition(", k=")
            head, claims, signature = token.split(".")
            assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
            r, s = (int.from_bytes(part, "big") for part in (decoded(signature)[:32], decoded(signature)[32:]))
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(public))
            key.verify(utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
            said = json.loads(decoded(claims))
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is refused
            return False
        self.claims.append(said)
        return bool(
            public == self.public and said["aud"] == self.origin and said["sub"].startswith(("mailto:", "http"))
        )


@pytest.fixture
def push_service(shop: Any, now: Any, settings: Any) -> Iterator[PushService]:
    """Knows the shop's key."""
    settings.REGULARS_PRIVATE_WEBHOOKS = True
    made = PushService()
    made.public = actions.set_up(shop, now).public
    yield made
    made.server.shutdown()


@pytest.fixture
def browser_of(shop: Any, now: Any, push_service: PushService) -> Callable[..., Browser]:
    """`browser_of(rosa)`: one of her browsers that agreed, at a path of its own."""
    agent = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"

    def agree(customer: Any, path: str = "/p/1", at: Any = now) -> Browser:
        made = Browser(push_service.origin + path)
        address = actions.checked(made.said())
        actions.subscribe(shop, customer.pk, address, at, version=VERSION, locale="de", agent=agent)
        return made

    return agree


@pytest.fixture
def waiting(shop: Any, measure: Any, now: Any) -> Callable[..., None]:
    """`waiting(rosa, nico)`: a message for each, granted, welcome for three days."""

    def write(*customers: Any, key: str = "new", at: Any = now, text: str = TEXT, purpose: str = "marketing") -> None:
        for locale in ("de", "en"):
            messaging.save_template(shop, key, "New in", locale, "New in", "", "", at, text=text, channel="push")
        drafts = [
            messaging.MessageDraft(
                one.pk, key, measure.pk, purpose, 1, at, at + timedelta(hours=72), f"{key}:{one.number}"
            )
            for one in customers
        ]
        messaging.queue(shop, drafts, at)
        grant_due(shop, at)
        messaging.schedule(shop, at)

    return write
