# ruff: noqa: E501 - a case a line
"""Mails to the staff go over the same server; the sink as a process keeps what it accepted through kill -9; the inbox shows it."""

import os
import signal
import subprocess
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path
from smtplib import SMTPException
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from regulars.channels.smtp.client import Client, Envelope
from regulars.channels.smtp.connection import Server
from regulars.channels.smtp.sink import Store, resolve

BACKEND = "regulars.channels.smtp.staff_mail.StaffMailBackend"


@pytest.fixture
def running(home: Path) -> Any:
    """The sink as a process, as `serve` starts it."""
    processes: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        (home / "mail" / "port").unlink(missing_ok=True)
        code = "import django; django.setup(); from regulars.channels.smtp import sink; sink.main()"
        environment = {**os.environ, "REGULARS_HOME": str(home), "DJANGO_SETTINGS_MODULE": "regulars.config.settings"}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        processes.append(subprocess.Popen([sys.executable, "-c", code], env=environment))
        for _attempt in range(1200):
            if (home / "mail" / "port").exists():
                return processes[-1]
            time.sleep(0.05)
        raise AssertionError("the sink did not start")

    yield start
    for process in processes:
        process.kill()
        process.wait()


def letter(*to: str) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives("Ihr Code: 4711", "Grüße\n.\nEnde", "Regulars <regulars@localhost>", list(to))
    mail.attach_alternative("<p>Grüße</p>", "text/html")
    return mail


def test_a_login_code_arrives_and_a_stop_signal_ends_the_sink(running: Any, home: Path) -> None:
    process = running()
    assert get_connection(BACKEND).send_messages([letter("rosa@example.com", "Nico <nico@example.com>")]) == 1
    store = Store()
    (first, second) = store.latest()
    assert {first.recipient, second.recipient} == {"rosa@example.com", "nico@example.com"}
    kept = store.get(first.id)
    assert kept is not None
    mail = message_from_bytes(kept.raw, policy=policy.default)
    assert mail["subject"] == "Ihr Code: 4711"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().splitlines() == ["Grüße", ".", "Ende"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert not (home / "mail" / "port").exists()
    with pytest.raises(SMTPException, match="did not take the mail"):
        get_connection(BACKEND).send_messages([letter("rosa@example.com")])
    assert get_connection(BACKEND, fail_silently=True).send_messages([letter("rosa@example.com")]) == 0


def test_what_the_sink_accepted_survives_kill_9(running: Any) -> None:
    process = running()
    accepted: set[int] = set()
    envelopes = (
        Envelope(n, "a@example.com", "rosa@example.com", b"Subject: %d\r\n\r\nx\r\n" % n) for n in range(100_000)
    )
    with Client(Server.from_url(resolve("sink://"))) as client:
        for handed in client.deliver(envelopes):
            if handed.taken:
                accepted.add(handed.key)
            if len(accepted) == 400:
                process.kill()
            if handed.reply is not None and handed.reply.code == 0:
                break
    process.wait()
    store = Store()
    subjects = [int(row[0]) for row in store.connection.execute("SELECT subject FROM mail")]
    assert len(subjects) == len(set(subjects))
    assert accepted <= set(subjects)


@pytest.mark.django_db
def test_the_inbox_shows_mails_under_a_policy_of_their_own(shop: Any, rf: Any, now: Any) -> None:
    from regulars.channels.smtp.pages import mail_html

    store = Store()
    raw = b"Subject: s\r\nTo: Rosa <rosa@example.com>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><script>x</script>\xc3\xa4</body></html>"
    store.add([("a@example.com", "rosa@example.com", raw)], now)
    answer = mail_html(rf.get("/"), shop, store.latest()[0].id)
    assert "ä" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "allow-scripts" not in answer["Content-Security-Policy"]
