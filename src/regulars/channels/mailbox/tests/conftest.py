"""A real dovecot on a free port, with folders of its own, and mails that come back into it."""

import getpass
import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "geheim“ und lang"


@dataclass
class Dovecot:
    """The running server. `put` lays a mail into the inbox of post@plattenkiste.example."""

    port: int
    tls_port: int
    root: Path

    @property
    def maildir(self) -> Path:
        return self.root / "mail" / "post@plattenkiste.example"

    def put(self, *raws: bytes) -> None:
        new = self.maildir / "new"
        for folder in ("tmp", "new", "cur"):
            (self.maildir / folder).mkdir(parents=True, exist_ok=True)
        for number, raw in enumerate(raws):
            file = new / f"{time.time_ns()}.M{number}.test"
            file.write_bytes(raw)
        self.own()

    def own(self) -> None:
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "nobody:nogroup", str(self.root / "mail")], check=True)

    def inside(self, folder: str = "") -> int:
        """Mails in a folder; "" is the inbox."""
        place = self.maildir / f".{folder}" if folder else self.maildir
        return sum(len(list((place / part).glob("*"))) for part in ("new", "cur") if (place / part).is_dir())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    from tests.fixtures import presence
    from tests.fixtures.certificates import certificate as certificate_for

    presence.demand("dovecot")
    # Not below pytest's own folder, which is closed to dovecot's users.
    root = Path(tempfile.mkdtemp(prefix="regulars-dovecot-"))
    root.chmod(0o755)
    (root / "mail").mkdir()
    server = Dovecot(free_port(), free_port(), root)
    server.put()
    key, certificate = certificate_for(root, "127.0.0.1")
    as_root = os.getuid() == 0
    owner = "nobody" if as_root else getpass.getuser()
    users = root / "users"
    users.write_text(f"post@plattenkiste.example:{{PLAIN}}{PASSWORD}::::::\n", encoding="utf-8")
    users.chmod(0o644)
    inner = (
        ""
        if as_root
        else f"default_internal_user = {owner}\ndefault_login_user = {owner}\ndefault_internal_group = {owner}\n"
    )
    (root / "dovecot.conf").write_text(
        f"""
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{root}/mail/%u
mailbox_list_index = no
first_valid_uid = 1
{inner}
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = static
  args = uid={owner} gid={"nogroup" if as_root else owner} home={root}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.port}
  }}
  inet_listener imaps {{
    port = {server.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
""",
        encoding="utf-8",
    )
    program = presence.dovecot()
    assert program
    process = subprocess.Popen([program, "-F", "-c", str(root / "dovecot.conf")], stderr=subprocess.PIPE)
    try:
        for _attempt in range(200):
            if process.poll() is not None:
                pytest.fail(f"dovecot ended: {process.stderr.read().decode() if process.stderr else ''}")
            try:
                with imaplib.IMAP4("127.0.0.1", server.port, timeout=5) as line:
                    line.authenticate("PLAIN", lambda _asked: f"\0post@plattenkiste.example\0{PASSWORD}".encode())
                break
            except (OSError, imaplib.IMAP4.error):  # it listens before it can check a password
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def mailbox(shop: Any, now: datetime, dovecot: Dovecot) -> Any:
    """The shop's mailbox, in that server."""
    from regulars.channels.mailbox import actions

    return actions.set_up(
        shop, now, password=PASSWORD, host="127.0.0.1", port=dovecot.port, security="none",
        username="post@plattenkiste.example",
    )  # fmt: skip


def bounce(message_id: str, address: str, words: str = "550 5.1.1 User unknown", number: int = 0) -> bytes:
    status = words.split()[1] if words.split()[1][:1] in "45" else "5.0.0"
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example
To: post@plattenkiste.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce.{number}.{message_id[:20]}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: {words}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {words}

--b
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>
To: {address}

--b--
""".encode()


@pytest.fixture
def sent(shop: Any, now: datetime) -> Callable[..., Any]:
    """`sent(rosa)`: a message that went out to her, with everything that belongs to it."""
    from datetime import timedelta

    from regulars.know.customers.models import Identity
    from regulars.reach.messaging import actions
    from regulars.reach.messaging.models import Message

    def send(customer: Any, key: str = "a", **changes: Any) -> Any:
        actions.save_template(shop, "news", "Neuheiten", "de", "Hallo", "", "<mj-text>Hallo</mj-text>", now)
        draft = actions.MessageDraft(
            customer.pk, "news", None, "marketing", 1, now, now + timedelta(days=1), f"{key}:{customer.pk}"
        )
        ids = actions.queue(shop, [draft], now)
        rows = Message._base_manager.filter(pk__in=ids.values())
        rows.update(status="done", sent_at=now, **changes)
        assert Identity._base_manager.filter(customer=customer).exists()
        return rows.get()

    return send
