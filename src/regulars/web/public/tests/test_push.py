"""Messages in the browser, as a customer meets them: the shop's button, our page, the browser's question, the notification.

A browser without a way to a real push service cannot subscribe: `PushManager.subscribe` gives the subscription of a receiver
of ours instead. All else is real, to the worker that is handed what the receiver decrypted.
"""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client

from regulars.channels.web_push import actions as web_push
from regulars.channels.web_push.models import PushSubscription
from regulars.channels.web_push.tests.conftest import Browser, measure, push_service, waiting  # noqa: F401 - fixtures
from regulars.channels.web_push.wording import VERSION, wording
from regulars.core import clock
from regulars.decide.contact_policy.models import Consent
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging import tokens
from regulars.reach.messaging.models import Message
from regulars.reach.storefront import actions as storefronts
from regulars.reach.storefront import signed


@pytest.fixture
def token(shop: Any, rosa: Any) -> str:
    """Rosa is signed in on the shop's page, where messages in the browser are set up."""
    web_push.set_up(shop, clock.now())
    row = storefronts.renew_key(shop, clock.now())
    return signed.sign(storefronts.key_of(row), rosa.number, clock.now() + timedelta(hours=1))


def post(shop: Any, **said: Any) -> tuple[int, Any]:
    answer = Client().post(f"/w/{shop.slug}/push", json.dumps(said), content_type="text/plain")
    return answer.status_code, answer.json()


@pytest.mark.django_db
def test_who_agrees_is_who_the_token_says(shop: Any, rosa: Any, token: str) -> None:
    browser = Browser("https://push.example/1")
    said = {"did": "subscribe", "subscription": browser.said(), "version": VERSION, "locale": "en"}
    for wrong, status in (
        ({}, 401), ({"customer": token[:-1]}, 401), ({"customer": 7}, 401), ({"preferences": "A" * 36}, 401),
        ({"customer": token, "version": 0}, 409), ({"customer": token, "version": "1"}, 409),
        ({"customer": token, "subscription": {}}, 409), ({"customer": token, "did": "drop"}, 422),
    ):  # fmt: skip
        assert post(shop, **(said | wrong))[0] == status, wrong
    assert not PushSubscription._base_manager.exists()
    assert post(shop, **said, customer=token) == (200, {"on": True})
    assert PushSubscription._base_manager.get().customer_id == rosa.pk
    given = Consent._base_manager.get(channel="push")
    assert given.wording == wording(shop, "en")
    assert given.evidence["locale"] == "en"
    assert post(shop, did="look", endpoint=browser.endpoint) == (200, {"on": True})
    assert post(shop, did="leave", endpoint="https://push.example/guess") == (200, {"on": False})
    assert PushSubscription._base_manager.exists()
    assert post(shop, did="leave", endpoint=browser.endpoint) == (200, {"on": False})
    assert not PushSubscription._base_manager.exists()


@pytest.mark.django_db
def test_bad_calls(shop: Any) -> None:
    client = Client()
    assert client.get(f"/w/{shop.slug}/push").status_code == 404, "not set up"
    web_push.set_up(shop, clock.now())
    for body, status in ((b"", 400), (b"[]", 400), (b"\xff", 400), (b"{}", 422), (b"x" * 9000, 413)):
        assert client.post(f"/w/{shop.slug}/push", body, content_type="text/plain").status_code == status
    assert client.get("/w/nobody/push").status_code == 404
    page = client.get(f"/w/{shop.slug}/push", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert wording(shop, "en") in page.content.decode()
    assert "Set-Cookie" not in page.headers
    for name in ("page.js", "push.js", "worker.js"):
        script = client.get(f"/w/{name}")
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        again = client.get(f"/w/{name}", headers={"If-None-Match": script.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


SUBSCRIBES = """
PushManager.prototype.subscribe = function (options) {
  const key = new Uint8Array(options.applicationServerKey);
  const fake = { endpoint: SAID.endpoint, options, toJSON: () => SAID, unsubscribe: async () => { kept = null; return true; } };
  if (key.length !== 65 || key[0] !== 4 || !options.userVisibleOnly) throw new Error("no key");
  kept = fake;
  return Promise.resolve(fake);
};
let kept = null;
PushManager.prototype.getSubscription = async () => kept;
"""


def wait_for(said: Any, page: Any) -> None:
    for _ in range(100):
        if said():
            return
        page.wait_for_timeout(50)
    pytest.fail("it never happened")


@pytest.mark.browser
def test_from_the_click_to_the_notification(
    page: Any, live_regulars: str, shop: Any, rosa: Any, token: str, push_service: Any, waiting: Any  # noqa: F811
) -> None:  # fmt: skip
    browser = Browser(push_service.origin + "/p/1")
    page.context.grant_permissions(["notifications"], origin=live_regulars)
    page.add_init_script(f"const SAID = {json.dumps(browser.said())};{SUBSCRIBES}")
    page.goto(f"{live_regulars}/w/{shop.slug}/push#{token}")
    page.get_by_role("button", name="Nachrichten einschalten").click()
    page.get_by_text("Dieser Browser bekommt Nachrichten.").wait_for()
    assert PushSubscription._base_manager.get().customer_id == rosa.pk

    waiting(rosa, at=clock.now())
    messaging.send_due(shop, Message._base_manager.get().due_at)  # at the next welcome hour
    said = browser.read(push_service.got[0][2])

    worker = page.context.service_workers[0]
    assert worker.url.endswith(f"/w/worker.js?shop={shop.slug}")
    cdp = page.context.new_cdp_session(page)
    registrations: list[Any] = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    cdp.send("ServiceWorker.enable")
    wait_for(lambda: registrations, page)
    deliver = {"origin": live_regulars, "registrationId": registrations[-1]["registrationId"]}
    for _ in range(2):  # the same message twice
        cdp.send("ServiceWorker.deliverPushMessage", {**deliver, "data": json.dumps(said)})
    shown = "self.registration.getNotifications().then(all => all.map(({title, body, tag, data}) => ({title, body, tag, data})))"
    wait_for(lambda: worker.evaluate(shown), page)
    page.wait_for_timeout(200)
    (notification,) = worker.evaluate(shown)
    assert notification["title"] == "New in"
    assert notification["body"] == "Rosa, three records by Nina Simone came in."
    assert notification["data"] == {"to": said["to"], "settings": said["settings"]}

    worker.evaluate("self.clients.openWindow = async (address) => { self.opened = address; }")
    click = """action => self.registration.getNotifications().then(([one]) => self.dispatchEvent(
        new NotificationEvent("notificationclick", { notification: one, action })))"""
    worker.evaluate(click, "settings")
    wait_for(lambda: worker.evaluate("self.opened") == said["settings"], page)
    cdp.send("ServiceWorker.deliverPushMessage", {**deliver, "data": "not from us"})
    cdp.send("ServiceWorker.deliverPushMessage", {**deliver, "data": json.dumps(said | {"to": "javascript:alert(1)"})})
    wait_for(lambda: len(worker.evaluate(shown)) == 1, page)
    assert worker.evaluate(shown)[0]["data"]["to"] == ""

    page.get_by_role("button", name="Nachrichten ausschalten").click()
    page.get_by_text("Dieser Browser bekommt keine Nachrichten mehr.").wait_for()
    assert not PushSubscription._base_manager.exists()
    assert Consent._base_manager.get(channel="push").state == "withdrawn"


@pytest.mark.browser
def test_the_shops_button_opens_the_page_and_nothing_asks_by_itself(
    page: Any, live_regulars: str, shop: Any, rosa: Any, token: str
) -> None:
    body = f"""<!doctype html><title>Shop</title><script async src="{live_regulars}/w/push.js" data-shop="{shop.slug}"
        data-customer="{token}"></script><button data-regulars-push hidden><b>Nachrichten</b></button>""".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {live_regulars}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page.context.add_init_script("Notification.requestPermission = () => { throw new Error('asked by itself'); }")
    page.goto(f"http://localhost:{server.server_port}")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Nachrichten").click()
    ours = opened.value
    ours.wait_for_load_state()
    assert ours.url.startswith(f"{live_regulars}/w/{shop.slug}/push#rosa")
    ours.locator("[aria-busy]").wait_for(state="detached")
    assert ours.locator("h1").inner_text() == "Nachrichten von Plattenkiste in Ihrem Browser"
    assert not PushSubscription._base_manager.exists()
    server.shutdown()


@pytest.mark.django_db
def test_the_preference_centre_leads_there(shop: Any, rosa: Any, now: Any, push_service: Any, waiting: Any) -> None:  # noqa: F811
    address = web_push.checked(Browser(push_service.origin + "/p/1").said())
    web_push.subscribe(shop, rosa.pk, address, now, version=VERSION, locale="de")
    waiting(rosa)
    message = Message._base_manager.get()
    token = tokens.make(tokens.PREFERENCES, message.pk, 0, tokens.expiry_hour(tokens.PREFERENCES, clock.now()))
    page = Client().get(f"/p/{token}").content.decode()
    assert f'href="/w/{shop.slug}/push#p.{token}"' in page
    said = {"did": "subscribe", "subscription": Browser(push_service.origin + "/p/2").said(), "version": VERSION}
    assert post(shop, **said, preferences=token)[0] == 200
    assert set(PushSubscription._base_manager.values_list("customer_id", flat=True)) == {rosa.pk}
    Client().post(f"/p/{token}", {"often": "0"})
    assert Consent._base_manager.filter(channel="push", state="granted").count() == 0, "unticked there"
