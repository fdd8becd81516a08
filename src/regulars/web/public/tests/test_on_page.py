"""The box as the shop's page asks for it: over HTTP, only from the shop's own pages, and in a real browser under a strict CSP."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from regulars.channels.on_page.tests.conftest import measure, waiting  # noqa: F401 - fixtures
from regulars.core import clock
from regulars.decide.contact_policy.models import Consent, Contact
from regulars.reach.messaging.models import Message
from regulars.reach.storefront import actions as storefronts
from regulars.reach.storefront import signed
from regulars.web.public import on_page

SITE = "https://plattenkiste.example"


def call(slug: str, said: Any, origin: str = SITE, method: str = "POST") -> tuple[int, dict[str, str], Any]:
    """Status, headers and what is said, from the callable itself."""
    import io

    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    told: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        told.update(status=int(status[:3]), headers=dict(headers))

    environ = {
        "PATH_INFO": f"/w/{slug}/box", "REQUEST_METHOD": method, "HTTP_ORIGIN": origin, "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    answer = b"".join(on_page.box(slug, environ, start))
    return told["status"], told["headers"], json.loads(answer)


@pytest.fixture
def storefront(shop: Any, now: Any) -> Any:
    shop.website = SITE
    shop.save(update_fields=["website"])
    return storefronts.renew_key(shop, now)


def token_of(storefront: Any, number: str) -> str:
    return signed.sign(storefronts.key_of(storefront), number, clock.now() + timedelta(hours=1))


@pytest.mark.django_db
def test_only_the_shops_pages_get_an_answer(shop: Any, storefront: Any, rosa: Any) -> None:
    good = {"customer": token_of(storefront, "rosa"), "did": "open"}
    status, headers, said = call(shop.slug, good)
    assert (status, said) == (200, {"box": None})
    assert headers["Access-Control-Allow-Origin"] == SITE
    assert headers["Cache-Control"] == "no-store"
    assert not {"Access-Control-Allow-Credentials", "Set-Cookie"} & set(headers)
    for origin in ("https://evil.example", "null", "", "http://plattenkiste.example", SITE + ".evil.example"):
        status, headers, _said = call(shop.slug, good, origin)
        assert status == 403, origin
        assert "Access-Control-Allow-Origin" not in headers, origin
    assert call("nobody", good)[0] == 403


@pytest.mark.django_db
def test_bad_calls_are_refused_and_change_nothing(shop: Any, storefront: Any, rosa: Any) -> None:
    token = token_of(storefront, "rosa")
    for said, status in (
        (b"", 400), (b"[1]", 400), (b"\xff", 400), (b"[" * 5000, 400), (b"x" * 9000, 413),
        ({"did": "open"}, 401), ({"customer": token + "0", "did": "open"}, 401), ({"customer": 7, "did": "open"}, 401),
        ({"customer": token}, 422), ({"customer": token, "did": "seen"}, 422),
        ({"customer": token, "did": "seen", "message": "1"}, 422), ({"customer": token, "did": "drop", "message": 1}, 422),
    ):  # fmt: skip
        assert call(shop.slug, said)[0] == status, said
    assert call(shop.slug, {"customer": token, "did": "seen", "message": 1})[2] == {"done": False}
    assert call(shop.slug, {}, method="GET")[0] == 405


class ShopPage:
    """A page of a shop on another origin, with the strictest rules that still let our script in."""

    def __init__(self) -> None:
        self.line = ""
        self.policy = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = f"<!doctype html><html lang='de'><title>Shop</title>{outer.line}<h1>Platten</h1><a href='#'>Korb</a>"
                body = page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", outer.policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shop_page() -> Iterator[ShopPage]:
    made = ShopPage()
    yield made
    made.server.shutdown()


@pytest.fixture
def visited(shop_page: ShopPage, live_regulars: str, shop: Any) -> Any:
    """`visited(rosa)`: makes the shop's page one on which she is signed in; gives its address."""

    def sign_in(customer: Any) -> str:
        shop.website = shop_page.url
        shop.save(update_fields=["website"])
        row = storefronts.renew_key(shop, clock.now())
        token = token_of(row, customer.number)
        data = f'data-shop="{shop.slug}" data-customer="{token}"'
        shop_page.line = f'<script async src="{live_regulars}/w/page.js" {data}></script>'
        allowed = f"script-src {live_regulars}; connect-src {live_regulars}"
        shop_page.policy = f"default-src 'none'; {allowed}; require-trusted-types-for 'script'"
        return shop_page.url

    return sign_in


def until(said: Any, page: Any) -> None:
    """Waits until what the page told has arrived."""
    for _ in range(100):
        if said():
            return
        page.wait_for_timeout(50)
    pytest.fail("it never happened")


@pytest.mark.browser
def test_a_customer_sees_it_once_and_closes_it_by_keyboard(page: Any, visited: Any, rosa: Any, waiting: Any) -> None:  # noqa: F811
    waiting(rosa, at=clock.now())
    page.goto(visited(rosa))
    box = page.get_by_role("region", name="Nachricht von Plattenkiste")
    box.wait_for()
    assert box.get_by_role("heading").inner_text() == "New in"
    assert "Rosa, three records by Nina Simone came in." in box.inner_text()
    assert "https://" not in box.inner_text()
    assert page.evaluate("document.activeElement.tagName") == "BODY", "it takes no focus"
    until(Contact._base_manager.exists, page)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_role("region", name="Nachricht von Plattenkiste").wait_for()
    box.wait_for(state="detached")  # one box at a time: where the customer looks
    assert Contact._base_manager.count() == 1
    for _ in range(3):  # link of the shop, ×
        second.keyboard.press("Tab")
        if second.evaluate("document.activeElement.shadowRoot?.activeElement?.className") == "x":
            break
    second.keyboard.press("Escape")
    second.get_by_role("region").wait_for(state="detached")
    until(lambda: Message._base_manager.filter(deliveries__kind="put_away").exists(), second)
    second.reload()
    second.wait_for_timeout(600)
    assert second.get_by_role("region").count() == 0
    second.close()


@pytest.mark.browser
def test_no_more_and_the_link(page: Any, visited: Any, rosa: Any, nico: Any, waiting: Any) -> None:  # noqa: F811
    waiting(rosa, at=clock.now(), text="Hello.\nGo: http://localhost:9/new")
    page.goto(visited(rosa))
    box = page.get_by_role("region")
    box.wait_for()
    assert "/c/" in box.get_by_role("link", name="Go").get_attribute("href")
    until(Contact._base_manager.exists, page)
    box.get_by_role("button", name="Keine solchen Nachrichten mehr").click()
    box.wait_for(state="detached")
    until(lambda: Consent._base_manager.filter(channel="on_page", state="withdrawn").exists(), page)


@pytest.mark.browser
def test_without_our_server_the_page_is_as_it_was(page: Any, visited: Any, rosa: Any, shop: Any) -> None:
    address = visited(rosa)
    storefronts.renew_key(shop, clock.now())  # the page's token does not hold any more
    page.goto(address)
    page.wait_for_timeout(500)
    assert page.get_by_role("heading", name="Platten").is_visible()
    assert page.get_by_role("region").count() == 0
    page.faults[:] = [one for one in page.faults if "401" not in one]


def test_the_script_is_small() -> None:
    from regulars.web.public.site_scripts import FOLDER

    assert len((FOLDER / "page.js").read_bytes()) < 5000
