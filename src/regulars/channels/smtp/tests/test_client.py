"""The client against real servers: aiosmtpd, Debian's smtp-sink, our own sink, and scripted ones that misbehave."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from tests.fixtures.certificates import certificate

from regulars.channels.smtp.client import Client, Envelope
from regulars.channels.smtp.connection import Server
from regulars.channels.smtp.sink import Sink, Store

CONTENT = b"Subject: x\r\n\r\n.leading dot\r\n..two\r\n.\r\nend\r\n"


class Keeping:
    """Keeps what aiosmtpd received; refuses some recipients."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("full"):
            return "452 4.2.2 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 looks like spam"
        self.got.append((envelope.rcpt_tos[0], envelope.original_content))
        return "250 kept"


def envelopes(*recipients: str, data: bytes = CONTENT) -> list[Envelope]:
    return [Envelope(number, "post@plattenkiste.example", one, data) for number, one in enumerate(recipients)]


def numbers(count: int) -> list[Envelope]:
    return [
        Envelope(n, "post@plattenkiste.example", f"c{n}@example.com", b"Subject: %d\r\n\r\nx\r\n" % n)
        for n in range(count)
    ]


@pytest.fixture
def aiosmtp() -> Iterator[Callable[..., tuple[Keeping, Controller]]]:
    running: list[Controller] = []

    def start(**options: Any) -> tuple[Keeping, Controller]:
        keeping = Keeping()
        controller = Controller(keeping, hostname="127.0.0.1", port=0, **options)
        controller.port = free_port()
        controller.start()
        running.append(controller)
        return keeping, controller

    yield start
    for controller in running:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_arrives_is_what_was_sent_and_each_refusal_is_told(aiosmtp: Any) -> None:
    keeping, controller = aiosmtp()
    with Client(Server("127.0.0.1", controller.port, security="none", connections=2)) as client:
        handed = {
            one.key: one
            for one in client.deliver(
                envelopes(
                    "rosa@example.com", "gone@example.com", "full@example.com", "spam@example.com", "nico@example.com"
                )
            )
        }
    assert [handed[key].taken for key in range(5)] == [True, False, False, False, True]
    assert [handed[key].reply.code for key in range(5)] == [250, 550, 452, 554, 250]
    assert [handed[key].at for key in range(5)] == ["done", "rcpt", "rcpt", "done", "done"]
    assert sorted(to for to, _content in keeping.got) == ["nico@example.com", "rosa@example.com"]
    assert {content for _to, content in keeping.got} == {CONTENT}


def test_starttls_login_and_a_checked_certificate(aiosmtp: Any, tmp_path: Path) -> None:
    key, cert = certificate(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"w\xc3\xb6rd", handled=False)

    keeping, controller = aiosmtp(tls_context=context, require_starttls=True, authenticator=check, auth_required=True)
    right = Server("127.0.0.1", controller.port, username="shop", password="wörd", ca_file=str(cert))
    with Client(right) as client:
        assert [one.taken for one in client.deliver(envelopes("rosa@example.com", "nico@example.com"))] == [True, True]
    assert len(keeping.got) == 2
    for wrong in (
        Server("127.0.0.1", controller.port, username="shop", password="wrong", ca_file=str(cert)),
        Server("127.0.0.1", controller.port, username="shop", password="wörd"),
    ):
        with Client(wrong) as client:
            (one,) = client.deliver(envelopes("rosa@example.com"))
        assert (one.taken, one.began, one.reply.code) == (False, False, 0)
    assert len(keeping.got) == 2


def test_a_server_without_starttls_gets_nothing_where_it_is_required(aiosmtp: Any) -> None:
    keeping, controller = aiosmtp()
    with Client(Server("127.0.0.1", controller.port, security="starttls")) as client:
        (one,) = client.deliver(envelopes("rosa@example.com"))
    assert (one.taken, one.reply.text) == (False, "the mail server cannot be used:  the server offers no STARTTLS")
    assert keeping.got == []


def test_an_address_beyond_ascii_needs_smtputf8(aiosmtp: Any) -> None:
    keeping, controller = aiosmtp(enable_SMTPUTF8=False)
    with Client(Server("127.0.0.1", controller.port, security="none")) as client:
        handed = {
            one.key: one
            for one in client.deliver(
                [
                    Envelope(0, "a@example.com", "rösa@example.com", CONTENT, utf8=True),
                    *[Envelope(1, "a@example.com", "nico@example.com", CONTENT)],
                ]
            )
        }
    assert (handed[0].taken, handed[0].reply.code, handed[1].taken) == (False, 553, True)
    keeping, controller = aiosmtp(enable_SMTPUTF8=True)
    with Client(Server("127.0.0.1", controller.port, security="none")) as client:
        assert [
            one.taken for one in client.deliver([Envelope(0, "a@example.com", "rösa@example.com", CONTENT, utf8=True)])
        ] == [True]
    assert keeping.got[0][0] == "rösa@example.com"


def test_no_server_means_deferred_not_lost() -> None:
    with Client(Server("127.0.0.1", free_port(), security="none")) as client:
        handed = list(client.deliver(numbers(5)))
    assert [(one.taken, one.began, one.reply.code) for one in handed] == [(False, False, 0)] * 5


class Scripted:
    """A server that answers as the test says, one function a connection, and keeps what it got."""

    def __init__(self, *scripts: Callable[["Scripted", socket.socket], None]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got: list[bytes] = []
        self.thread = threading.Thread(target=self._run, args=(scripts,), daemon=True)
        self.thread.start()

    def _run(self, scripts: tuple[Callable[["Scripted", socket.socket], None], ...]) -> None:
        for script in scripts:
            line, _address = self.listener.accept()
            with line:
                script(self, line)
        self.listener.close()


def serve(line: socket.socket, scripted: Scripted, take: int, then: str, pipelining: bool = True) -> None:
    """Takes `take` messages; at the next one does `then`: drop before content, drop after it, say 421, or stay silent."""
    file = line.makefile("rb")
    line.sendall(b"220 hello\r\n")
    taken = 0
    while command := file.readline():
        word = command[:4].upper()
        if word == b"EHLO":
            line.sendall(b"250-me\r\n250 PIPELINING\r\n" if pipelining else b"250 me\r\n")
        elif word == b"DATA":
            if taken == take and then == "drop before content":
                return
            line.sendall(b"354 go\r\n")
            content = b""
            while not content.endswith(b"\r\n.\r\n"):
                content += file.readline()
            if taken == take and then == "drop after content":
                scripted.got.append(content)
                return
            if taken == take and then == "silence":
                scripted.got.append(content)
                time.sleep(1.5)
                return
            scripted.got.append(content)
            taken += 1
            line.sendall(b"250 kept\r\n")
        elif word == b"MAIL" and taken == take and then == "421":
            line.sendall(b"421 enough for today\r\n")
            return
        elif word == b"QUIT":
            line.sendall(b"221 bye\r\n")
            return
        else:
            line.sendall(b"250 ok\r\n")


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("then", "uncertain"),
    [("drop before content", set()), ("421", set()), ("drop after content", {3}), ("silence", {3})],
)
def test_when_the_line_drops_nothing_is_sent_twice_and_what_was_not_begun_goes_on(
    then: str, uncertain: set[int], pipelining: bool
) -> None:
    server = Scripted(
        lambda scripted, line: serve(line, scripted, 3, then, pipelining),
        lambda scripted, line: serve(line, scripted, 1000, "", pipelining),
    )
    with Client(Server("127.0.0.1", server.port, security="none", connections=1, timeout=1.0)) as client:
        handed = {one.key: one for one in client.deliver(numbers(8))}
    assert len(handed) == 8
    assert {key for key, one in handed.items() if not one.taken} == uncertain
    assert all(handed[key].began and handed[key].reply is None for key in uncertain)
    subjects = [content.split(b"\r\n")[0] for content in server.got]
    assert len(subjects) == len(set(subjects)) == 8


def test_a_refused_recipient_gets_no_content_even_where_the_server_asks_for_it() -> None:
    got: list[bytes] = []

    def odd(scripted: Scripted, line: socket.socket) -> None:
        file = line.makefile("rb")
        line.sendall(b"220 hello\r\n")
        while command := file.readline():
            word = command[:4].upper()
            if word == b"EHLO":
                line.sendall(b"250-me\r\n250 PIPELINING\r\n")
            elif word == b"RCPT":
                line.sendall(b"550 5.1.1 nobody\r\n")
            elif word == b"DATA":
                line.sendall(b"354 go\r\n")
                got.append(file.readline())
                line.sendall(b"554 no recipients\r\n")
            elif word == b"QUIT":
                return
            else:
                line.sendall(b"250 ok\r\n")

    server = Scripted(odd)
    with Client(Server("127.0.0.1", server.port, security="none", connections=1)) as client:
        handed = list(client.deliver(numbers(3)))
    assert [(one.taken, one.began, one.reply.code, one.at) for one in handed] == [(False, False, 550, "rcpt")] * 3
    assert got == [b".\r\n"] * 3


@pytest.mark.parametrize("noise", [b"HTTP/1.1 200 OK\r\n", b"\xff" * 300_000, b"2" * 200_000])
def test_what_does_not_speak_smtp_is_left(noise: bytes) -> None:
    def babble(scripted: Scripted, line: socket.socket) -> None:
        with __import__("contextlib").suppress(OSError):
            line.sendall(noise)
            line.recv(10)

    server = Scripted(babble, babble, babble)
    with Client(Server("127.0.0.1", server.port, security="none", timeout=2.0)) as client:
        (one,) = client.deliver(envelopes("rosa@example.com"))
    assert (one.taken, one.began) == (False, False)


def smtp_sink(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("ABSENT postfix: smtp-sink is not installed")
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
    folder.chmod(0o777)
    process = subprocess.Popen([program, *as_nobody, "-D", f"{folder}/%M.", f"127.0.0.1:{port}", "100"], cwd=folder)
    for _attempt in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process, port
        except OSError:
            time.sleep(0.05)
    raise AssertionError("smtp-sink did not start")


def test_a_thousand_mails_to_postfix_smtp_sink() -> None:
    # Not below pytest's own folder: smtp-sink gives up root, and may then not pass through it.
    folder = Path(tempfile.mkdtemp(prefix="smtp-sink-"))
    process, port = smtp_sink(folder)
    try:
        with Client(Server("127.0.0.1", port, security="none", connections=4)) as client:
            handed = list(client.deliver(numbers(1000)))
            again = list(client.deliver(numbers(10)))
        assert sum(one.taken for one in handed) == 1000
        assert {one.key for one in handed} == set(range(1000))
        assert all(one.taken for one in again)
    finally:
        process.terminate()
        process.wait(5)
    arrived = b"".join(file.read_bytes() for file in sorted(folder.glob("*")))
    shutil.rmtree(folder)
    assert arrived.count(b"Subject: ") == 1010


@pytest.fixture
def own_sink(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    store = Store(tmp_path / "sink.sqlite3")
    sink = Sink(store)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(sink.start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield store, server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    server.close()
    store.close()


def test_our_own_sink_keeps_what_came(own_sink: tuple[Store, int]) -> None:
    store, port = own_sink
    with Client(Server("127.0.0.1", port, security="none", connections=4)) as client:
        handed = list(
            client.deliver(
                [
                    *numbers(200),
                    *[
                        Envelope(999, "a@example.com", "x@gone.invalid", CONTENT),
                        Envelope(1000, "a@example.com", "rosa@example.com", CONTENT),
                    ],
                ]
            )
        )
    assert sum(one.taken for one in handed) == 201
    assert [(one.key, one.reply.code) for one in handed if not one.taken] == [(999, 550)]
    assert store.count() == 201
    (dotted,) = store.latest(search="rosa@")
    kept = store.get(dotted.id)
    assert kept is not None
    assert kept.raw == CONTENT


def test_our_own_sink_speaks_with_pythons_smtplib(own_sink: tuple[Store, int]) -> None:
    import smtplib
    from email.message import EmailMessage

    store, port = own_sink
    message = EmailMessage()
    message["Subject"], message["To"], message["From"] = "Grüße", "Rosa Müller <rosa@example.com>", "a@example.com"
    message.set_content(".dot\nÄ\n")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message)
    (kept,) = store.latest()
    assert (kept.subject, kept.name, kept.recipient) == ("Grüße", "Rosa Müller", "rosa@example.com")
