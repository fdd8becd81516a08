"""Links are asked of a real server: what answers, what does not, and where nobody may be sent."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from regulars.core.actions import create_staff
from regulars.core.outbound import is_public
from regulars.reach.messaging import actions, checks
from regulars.reach.messaging.link_asking import AT_ONCE, ask_links, asking
from regulars.reach.messaging.starting_points import block

HOST = "shop.example"


class Server:
    """Answers by the path: /200, /404/HEAD-405 …; notes what was asked, and how many were at it at once."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, dict[str, str]]] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                outer.answer(self, "HEAD")

            def do_GET(self) -> None:
                outer.answer(self, "GET")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        with self.lock:
            self.got.append((method, handler.path, {name.lower(): one for name, one in handler.headers.items()}))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        what = handler.path.strip("/").split("?")[0].split("/")
        try:
            if what[0] == "slow":
                self.released.wait(10)
            if what[0] == "nap":
                time.sleep(0.1)
        finally:
            with self.lock:  # before the answer goes out: whoever has it asks for the next one at once
                self.at_once -= 1
        if what[0] == "hangs-up" and method == "HEAD":
            handler.close_connection = True
            return
        status = int(what[0]) if what[0].isdecimal() else 200
        if what[0] == "only-get":
            status = 405 if method == "HEAD" else 200
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", "/" + "/".join(what[1:]) if what[1] != "to" else self.leads_to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    leads_to = ""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.released.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the shop means this machine, as it may where the shop stands in the same network."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: look_up("127.0.0.1" if host == HOST else host, *more, **named),
    )


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with override("en"):
        yield


def asked(*addresses: str, **more: Any) -> list[str | None]:
    return list(ask_links(addresses, may_be_private=True, **more).values())


@pytest.mark.parametrize(
    ("path", "words", "methods"),
    [
        ("/200", "", ["HEAD"]),
        ("/only-get", "", ["HEAD", "GET"]),
        ("/hangs-up", "", ["HEAD", "GET"]),
        ("/301/302/200", "", ["HEAD", "HEAD", "HEAD"]),
        ("/404", "There is no such page (404).", ["HEAD", "GET"]),
        ("/410", "There is no such page (410).", ["HEAD", "GET"]),
        ("/301/404", "There is no such page (404).", ["HEAD", "HEAD", "GET"]),
        ("/403", "The server turns programs away (403); people may well see the page.", ["HEAD", "GET"]),
        ("/500", "The server reports a fault of its own (500).", ["HEAD", "GET"]),
        ("/451", "The server refuses the page (451).", ["HEAD", "GET"]),
    ],
)
def test_an_answer_is_told_in_words(server: Server, path: str, words: str, methods: list[str]) -> None:
    assert asked(server.url(path)) == [words]
    assert [method for method, _path, _headers in server.got] == methods


def test_what_leads_on_without_end_is_left(server: Server) -> None:
    server.leads_to = "/302/to"
    assert asked(server.url("/302/to")) == ["It leads on and on, without end."]
    assert len(server.got) == 6


def test_nobody_there_and_no_such_name(server: Server) -> None:
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
    found = asked(closed, "http://nobody.invalid/", "http://user:word@127.0.0.1/")
    assert found == [
        "The server takes no connection at this address.",
        "There is no such server: look whether the address is spelt right.",
        "It leads to something that is no web address.",
    ]


def test_nothing_is_sent_but_the_address(server: Server) -> None:
    assert asked(server.url("/200/größe?a=1&b=ü")) == [""]
    [(_method, path, headers)] = server.got
    assert path == "/200/gr%C3%B6%C3%9Fe?a=1&b=%C3%BC"
    assert set(headers) == {"host", "accept-encoding", "user-agent", "accept", "connection"}
    assert headers["user-agent"] == "Regulars (link check)"


def test_each_address_is_asked_once_and_few_at_a_time(server: Server) -> None:
    addresses = [server.url(f"/nap/{number}") for number in range(12)]
    assert set(asked(*addresses, *addresses)) == {""}
    assert len(server.got) == 12
    assert 2 <= server.most_at_once <= AT_ONCE


def test_a_slow_server_is_given_up(server: Server) -> None:
    began = time.monotonic()
    found = asked(server.url("/slow"), server.url("/200"), timeout=0.4)
    assert time.monotonic() - began < 3
    assert found == ["The server did not answer in time.", ""]
    assert ("GET", "/slow") not in [(method, path) for method, path, _headers in server.got]


def test_all_together_have_their_time(server: Server) -> None:
    slow = [server.url(f"/slow/{number}") for number in range(AT_ONCE + 3)]
    began = time.monotonic()
    assert asked(*slow, timeout=8, altogether=0.5) == [None] * len(slow)
    assert time.monotonic() - began < 3
    # those that waited for their turn are not asked afterwards
    server.released.set()
    time.sleep(0.3)
    assert len({path for _method, path, _headers in server.got}) == AT_ONCE


# ------------------------------------------------------------------------------------------- nobody into private networks
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433", "0177.0.0.1", "127.1"]
)
def test_this_machine_is_never_asked(server: Server, host: str) -> None:
    found = ask_links([server.url("/200", host)])
    assert list(found.values()) == ["It leads into a private network, where readers cannot go."]
    assert server.got == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("10.0.0.1", False), ("172.16.3.4", False), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("fe80::1", False),
        ("fd00::1", False), ("::", False), ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False), ("ff02::1", False), ("8.8.8.8", True), ("2001:4860:4860::8888", True),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.usefixtures("named")
def test_a_name_that_means_a_private_address_is_not_asked_unless_it_is_the_shops(server: Server, shop: Any) -> None:
    address = server.url("/200", HOST)
    assert asking(shop)([address]) == {address: "It leads into a private network, where readers cannot go."}
    assert server.got == []
    shop.website = server.url("/", HOST)
    assert asking(shop)([address]) == {address: ""}
    # another port of the same host is not the shop
    shop.website = f"http://{HOST}:1/"
    assert asking(shop)([address]) == {address: "It leads into a private network, where readers cannot go."}


@pytest.mark.usefixtures("named")
def test_the_shop_leads_nobody_into_the_network(server: Server, shop: Any) -> None:
    shop.website = server.url("/", HOST)
    server.leads_to = server.url("/200/secret")
    address = server.url("/302/to", HOST)
    assert asking(shop)([address]) == {address: "It leads into a private network, where readers cannot go."}
    server.leads_to = "file:///etc/passwd"
    assert asking(shop)([address]) == {address: "It leads to something that is no web address."}
    assert {path for _method, path, _headers in server.got} == {"/302/to"}


# ------------------------------------------------------------------------------------------------------- in the checks
def written(shop: Any, now: Any, **addresses: str) -> Any:
    """A template with a button in each language."""
    said = {
        locale: ("Neues", "", [block("button", label="Los", address=address)]) for locale, address in addresses.items()
    }
    return actions.begin_template(shop, "Neues", said, now)


def test_the_checks_ask_only_when_it_is_wanted(shop: Any, rosa: Any, now: Any) -> None:
    template = written(shop, now, de="https://gone.example/a", en="https://gone.example/a")
    found = {}
    for locale in ("de", "en"):
        result = actions.compiled(shop, template, actions.written(template, locale))
        found[locale] = checks.Checked(result.source, result.content)
    assert not [one for one in checks.check(shop, found, now) if one.code == "link_dead"]
    seen: list[str] = []

    def ask(addresses: Any) -> dict[str, str]:
        seen.extend(addresses)
        return dict.fromkeys(addresses, "There is no such page (404).")

    dead = [one for one in checks.check(shop, found, now, ask=ask) if one.code == "link_dead"]
    assert [(one.severity, one.message) for one in dead] == [
        ("warning", "“https://gone.example/a” does not answer as it should: There is no such page (404).")
    ]
    assert seen == ["https://gone.example/a"]


@pytest.fixture
def sign_in(shop: Any, now: Any, client: Client) -> Callable[[str], Client]:
    def come(role: str) -> Client:
        client.force_login(
            create_staff(f"{role}@example.com", now=now, shop=shop, role=role, locale="en"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        client.cookies["django_language"] = "en"
        return client

    return come


@pytest.mark.usefixtures("named")
def test_the_button_of_the_editor_asks(server: Server, shop: Any, rosa: Any, now: Any, sign_in: Any) -> None:
    shop.website = server.url("/", HOST)
    shop.save(update_fields=["website"])
    template = written(shop, now, de=server.url("/200", HOST), en=server.url("/404", HOST))
    address = f"/s/{shop.slug}/templates/{template.pk}/links/"
    client = sign_in("marketer")
    page = client.post(address).content.decode()
    assert "There is no such page (404)." in page
    assert 'data-severity="warning"' in page
    assert "EN" in page
    assert {path for _method, path, _headers in server.got} == {"/200", "/404"}
    # nothing leads a browser to ask by following a link
    server.got.clear()
    assert client.get(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address).status_code in (302, 403)
    assert server.got == []


@pytest.mark.usefixtures("named")
def test_when_all_answer_it_says_so(server: Server, shop: Any, rosa: Any, now: Any, sign_in: Any) -> None:
    shop.website = server.url("/", HOST)
    shop.save(update_fields=["website"])
    template = written(shop, now, de=server.url("/200", HOST), en=server.url("/200/2", HOST))
    page = sign_in("marketer").post(f"/s/{shop.slug}/templates/{template.pk}/links/").content.decode()
    assert "All 2 links answer." in page
    assert 'data-severity="warning"' not in page


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("marketer", 200), ("analyst", 403), ("service", 403), ("till", 403)]
)
def test_who_may_ask(shop: Any, rosa: Any, now: Any, sign_in: Any, role: str, status: int) -> None:
    template = written(shop, now, de="mailto:post@plattenkiste.example")
    answer = sign_in(role).post(f"/s/{shop.slug}/templates/{template.pk}/links/")
    assert answer.status_code == status
    assert ("There is no link that could be asked." in answer.content.decode()) is (status == 200)
