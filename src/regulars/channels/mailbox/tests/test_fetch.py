"""Reading a real IMAP mailbox: each mail once, put away afterwards, whatever dies in between."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from regulars.channels.mailbox import actions, imap
from regulars.channels.mailbox.models import Mailbox
from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.decide.contact_policy.models import Suppression
from regulars.know.timeline.models import Event
from regulars.reach.messaging.models import Delivery, IncomingNews

from .conftest import PASSWORD, Dovecot, bounce

pytestmark = [pytest.mark.dovecot, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


def suppressed() -> list[tuple[str, str]]:
    return sorted(Suppression._base_manager.values_list("key", "reason"))


def test_a_mail_is_read_once_and_moved(
    shop: Any, now: datetime, rosa: Any, sent: Callable[..., Any], mailbox: Mailbox, dovecot: Dovecot
) -> None:
    message = sent(rosa)
    dovecot.put(bounce(message.message_id, message.address), b"From: x@y.example\nSubject: Werbung\n\nKauf!")
    assert actions.test(mailbox) == 2
    assert actions.fetch(shop, now) == 2
    assert (dovecot.inside(), dovecot.inside("Regulars")) == (0, 2)
    assert suppressed() == [("rosa@example.com", "bounced")]
    assert Suppression._base_manager.get().data == {
        "message": message.pk, "source": "mailbox", "bounce": "hard", "status": "5.1.1",
        "text": "smtp; 550 5.1.1 User unknown 5.1.1 failed",
    }  # fmt: skip
    assert actions.fetch(shop, now) == 0
    dovecot.put(bounce(message.message_id, message.address))  # the same once more
    assert actions.fetch(shop, now) == 1
    assert Delivery.objects.filter(kind="bounced").count() == 1
    mailbox.refresh_from_db()
    assert (mailbox.mails_read, mailbox.last_error) == (3, "")


def test_without_a_folder_mails_stay_and_are_flagged(
    shop: Any, now: datetime, rosa: Any, sent: Callable[..., Any], mailbox: Mailbox, dovecot: Dovecot
) -> None:
    actions.set_up(shop, now, done_folder="")
    message = sent(rosa)
    dovecot.put(bounce(message.message_id, message.address))
    assert actions.fetch(shop, now) == 1
    assert dovecot.inside() == 1
    Mailbox._base_manager.update(uid_validity=1, last_uid=0)  # as if the server had numbered anew
    assert actions.fetch(shop, now) == 0
    assert IncomingNews._base_manager.count() == 1


def test_the_mark_moves_and_an_unseen_mail_stays_unseen_until_it_is_read(
    shop: Any, now: datetime, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    actions.set_up(shop, now, done_folder="")
    dovecot.put(*[f"From: a@b.example\nSubject: {number}\n\nx".encode() for number in range(60)])
    assert actions.fetch(shop, now) == 50
    assert actions.fetch(shop, now) == 10
    assert actions.fetch(shop, now) == 0
    mailbox.refresh_from_db()
    assert mailbox.last_uid == 60
    assert not [file for file in (dovecot.maildir / "cur").iterdir() if "S" in file.name.rpartition(",")[2]]


def test_twenty_megabytes_are_not_carried_over(
    shop: Any, now: datetime, rosa: Any, sent: Callable[..., Any], mailbox: Mailbox, dovecot: Dovecot
) -> None:
    message = sent(rosa)
    dovecot.put(bounce(message.message_id, message.address) + b"A" * 20_000_000)
    with imap.visit(actions.access_to(mailbox)) as opened:
        (raw,) = opened.octets(opened.new_after(0)).values()
    assert len(raw) == imap.MOST_OCTETS
    assert actions.fetch(shop, now) == 1
    assert suppressed() == [("rosa@example.com", "bounced")]


KILLED = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from regulars.channels.mailbox import actions, imap
from regulars.core.models import Shop
from regulars.core.scoping import scope

def die(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "before":
    actions.take_in = die
elif sys.argv[2] == "between":
    imap.Visit.put_away = die
else:
    put_away = imap.Visit.put_away
    imap.Visit.put_away = lambda *arguments: (put_away(*arguments), die())
shop = Shop.objects.get()
with scope(shop=shop):
    actions.fetch(shop, datetime.fromisoformat(sys.argv[1]))
    print("not killed:", actions.Mailbox.objects.values_list("last_error", flat=True).first())
"""


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_killed_at_any_line_every_mail_counts_once(
    moment: str, shop: Any, now: datetime, rosa: Any, sent: Callable[..., Any], mailbox: Mailbox, dovecot: Dovecot,
    database_url: str, home: Path, settings: Any,
) -> None:  # fmt: skip
    message = sent(rosa)
    dovecot.put(bounce(message.message_id, message.address))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings", "REGULARS_HOME": str(home),
        "REGULARS_DATABASE": database_url, "REGULARS_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    call = [sys.executable, "-c", KILLED, now.isoformat(), moment]
    done = subprocess.run(call, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert actions.fetch(shop, now) == (0 if moment == "after" else 1)
    assert suppressed() == [("rosa@example.com", "bounced")]
    assert Delivery.objects.filter(kind="bounced").count() == 1
    assert Event._base_manager.filter(type="message.bounced").count() == 1
    assert (dovecot.inside(), dovecot.inside("Regulars")) == (0, 1)


def test_tls_is_checked_and_passwords_never_travel_in_clear(
    shop: Any, now: datetime, mailbox: Mailbox, dovecot: Dovecot, monkeypatch: Any
) -> None:
    for security, port in (("tls", dovecot.tls_port), ("starttls", dovecot.port)):
        box = actions.set_up(shop, now, security=security, port=port)
        with pytest.raises(Refused, match="certificate is not accepted"):
            actions.test(box)
        with monkeypatch.context() as patched:
            patched.setenv("SSL_CERT_FILE", str(dovecot.root / "cert.pem"))
            assert actions.test(box) == 0
    with pytest.raises(Refused, match="readable on the way"):
        actions.test(actions.set_up(shop, now, host="imap.example.com", security="none"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"port": 1}, "cannot be used"),
        ({"password": "falsch"}, "cannot be used"),
        ({"folder": "Nirgends"}, "no folder “Nirgends”"),
        ({"password": ""}, "no password"),
    ],
)
def test_what_is_wrong_stands_on_the_page_and_stops_nothing(
    changes: dict[str, Any], words: str, shop: Any, now: datetime, mailbox: Mailbox
) -> None:
    actions.set_up(shop, now, **changes)
    assert actions.fetch(shop, now) == 0
    mailbox.refresh_from_db()
    assert words in mailbox.last_error
    assert mailbox.checked_at == now


def test_the_password_is_sealed_or_in_the_environment(
    shop: Any, now: datetime, mailbox: Mailbox, settings: Any
) -> None:
    assert PASSWORD not in mailbox.password
    assert PASSWORD not in str(list(AuditEntry.objects.values_list("data", flat=True)))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another secret"
    assert actions.access_to(mailbox).password == PASSWORD
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Refused, match="Enter the password again"):
        actions.access_to(mailbox)
    settings.REGULARS_MAILBOX_PASSWORD = "von außen"
    assert actions.access_to(actions.set_up(shop, now, password="")).password == "von außen"


def test_a_mailbox_that_is_off_or_missing_is_left_alone(shop: Any, now: datetime, mailbox: Mailbox) -> None:
    actions.set_up(shop, now, is_active=False)
    assert actions.fetch(shop, now + timedelta(hours=1)) == 0
    mailbox.refresh_from_db()
    assert mailbox.checked_at is None
    Mailbox._base_manager.all().delete()
    assert actions.fetch(shop, now) == 0
