# ruff: noqa: E501 - a case a line
"""Clicks, opens, unsubscribing: through the doors that mails point to."""

from datetime import timedelta
from typing import Any

import pytest

from regulars.decide.contact_policy.models import Consent
from regulars.know.timeline.models import Event
from regulars.reach.messaging import machines, tokens
from regulars.reach.messaging.actions import judge
from regulars.reach.messaging.models import Delivery, Message, Template, TemplateVersion

pytestmark = pytest.mark.django_db

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MJML = '<mj-section><mj-column><mj-text><a href="https://plattenkiste.example/neu?c={{ code }}">N</a></mj-text></mj-column></mj-section>'


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's transaction lives on one connection, which must not be closed between requests."""
    monkeypatch.setattr("regulars.web.public.mail_links.close_old_connections", lambda: None)


@pytest.fixture
def message(shop: Any, rosa: Any, now: Any, time_machine: Any) -> Message:
    from regulars.decide.contact_policy.models import ContactRequest

    time_machine.move_to(now, tick=False)
    template = Template._base_manager.create(shop=shop, key="t", name="T")
    version = TemplateVersion.objects.create(
        template=template, locale="de", version=1, subject="s", source=MJML, created_at=now
    )
    request = ContactRequest._base_manager.create(
        shop=shop,
        customer=rosa,
        channel="email",
        purpose="marketing",
        earliest=now,
        latest=now,
        key="k",
        created_at=now,
    )
    return Message._base_manager.create(
        shop=shop, customer=rosa, request=request, version=version, purpose="marketing", address="rosa@example.com",
        message_id="m@x", values={"code": "A B&//evil"}, may_track=True, key="k", created_at=now, status="done",
        sent_at=now - timedelta(hours=1),
    )  # fmt: skip


def get(path: str, method: str = "GET", **environ: str) -> tuple[str, dict[str, str], bytes]:
    from regulars.web.public.mail_links import hot_paths

    got: list[Any] = []
    application = hot_paths(lambda environ, start_response: [b"django"])
    body = application(
        {"PATH_INFO": path, "REQUEST_METHOD": method, "HTTP_USER_AGENT": AGENT, **environ},
        lambda status, headers: got.extend((status, dict(headers))),
    )
    return (got[0] if got else "", got[1] if got else {}, b"".join(body))


def token(purpose: bytes, message: Message, now: Any, link: int = 0) -> str:
    return tokens.make(purpose, message.pk, link, tokens.expiry_hour(purpose, now))


def test_a_click_leads_to_the_templates_address_and_is_noted(message: Message, now: Any) -> None:
    status, headers, _body = get(f"/c/{token(tokens.CLICK, message, now)}")
    assert (status, headers["Location"]) == ("302 Found", "https://plattenkiste.example/neu?c=A%20B%26%2F%2Fevil")
    assert judge(message.shop, now + machines.SETTLE) == 1
    message.refresh_from_db()
    assert message.first_clicked_at == now
    assert list(Delivery.objects.values_list("kind", "by_machine")) == [("clicked", False)]
    assert Event._base_manager.filter(type="message.clicked", customer=message.customer).count() == 1


@pytest.mark.parametrize(
    ("method", "environ"), [("HEAD", {}), ("GET", {"HTTP_SEC_PURPOSE": "prefetch;prerender"}), ("POST", {})]
)
def test_a_look_leads_on_but_is_no_click(message: Message, now: Any, method: str, environ: dict[str, str]) -> None:
    assert get(f"/c/{token(tokens.CLICK, message, now)}", method, **environ)[0] == "302 Found"
    assert Delivery.objects.count() == 0


def test_a_machines_click_is_noted_as_such_and_tells_nobody(message: Message, now: Any) -> None:
    get(f"/c/{token(tokens.CLICK, message, now)}", HTTP_USER_AGENT="SuperScanner-Bot/1")
    judge(message.shop, now + machines.SETTLE)
    assert list(Delivery.objects.values_list("kind", "by_machine")) == [("clicked", True)]
    assert Event._base_manager.filter(type="message.clicked").count() == 0


def test_no_token_leads_elsewhere(message: Message, now: Any, time_machine: Any) -> None:
    good = token(tokens.CLICK, message, now)
    bad = [good[:-1] + ("A" if good[-1] != "A" else "B"), good[:-2], good + "AA", "x", "", "../" * 12, "ä" * 36,
           token(tokens.UNSUBSCRIBE, message, now), token(tokens.CLICK, message, now, link=7), "https://evil.example"]  # fmt: skip
    for one in bad:
        status, headers, body = get(f"/c/{one}")
        assert status == "404 Not Found"
        assert "Location" not in headers
        assert b"<h1>" in body
    time_machine.move_to(now + timedelta(days=401))
    assert get(f"/c/{good}")[0] == "404 Not Found"
    assert Delivery.objects.count() == 0


def test_an_open_is_noted_once_as_event_and_only_where_tracking_is_allowed(message: Message, now: Any) -> None:
    path = f"/o/{token(tokens.OPEN, message, now)}"
    assert get(path)[1]["Content-Type"] == "image/gif"
    get(path)
    assert Delivery.objects.filter(kind="opened").count() == 2
    judge(message.shop, now + machines.SETTLE)
    assert Event._base_manager.filter(type="message.opened").count() == 1
    Message._base_manager.update(may_track=False)
    get(path)
    assert Delivery.objects.filter(kind="opened").count() == 2
    assert get("/o/nonsense")[0] == "200 OK"


def test_other_paths_reach_django() -> None:
    assert get("/customers")[2] == b"django"


def test_get_and_head_never_unsubscribe_and_one_post_does(message: Message, now: Any, client: Any) -> None:
    path = f"/u/{token(tokens.UNSUBSCRIBE, message, now)}"
    page = client.get(path)
    assert page.status_code == 200
    assert b'name="List-Unsubscribe" value="One-Click"' in page.content
    assert client.head(path).status_code == 200
    assert Consent._base_manager.filter(purpose="marketing", state="granted").count() == 1
    strict = type(client)(enforce_csrf_checks=True)
    for _time in range(2):
        answer = strict.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 200
    assert Consent._base_manager.filter(purpose="marketing", state="granted").count() == 0
    assert Consent._base_manager.filter(purpose="research", state="granted").count() == 1
    assert Event._base_manager.filter(type="message.unsubscribed").count() == 1
    assert Event._base_manager.filter(type="consent.withdrawn").count() == 1
    assert Delivery.objects.filter(kind="unsubscribed").count() == 1


def test_a_forged_unsubscribe_token_does_nothing(message: Message, now: Any, client: Any) -> None:
    for one in (token(tokens.CLICK, message, now), "x" * 36):
        assert client.post(f"/u/{one}").status_code == 404
    assert Consent._base_manager.filter(purpose="marketing", state="granted").count() == 1
