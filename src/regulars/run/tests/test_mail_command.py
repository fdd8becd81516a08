"""`./regulars mail read`: single mails, mbox, stdin, and what cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from regulars.core.errors import Refused
from regulars.reach.messaging.incoming import mails_in
from regulars.run.commands.mail import app

BOUNCE = b"""From: MAILER-DAEMON@mx.example
To: post@plattenkiste.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<rosa@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
"""
REPLY = b"""From: Nico <nico@example.com>
Subject: Re: Hallo
In-Reply-To: <a@plattenkiste.example>

Danke!
>From now on I buy here.
"""


def run(*arguments: str, stdin: bytes = b"") -> Any:
    return CliRunner().invoke(app, ["read", *arguments], input=stdin)


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    file = tmp_path / "all.mbox"
    line = b"From MAILER-DAEMON Wed Mar  4 10:00:00 2026\n"
    file.write_bytes(line + BOUNCE + b"\n" + line + REPLY + b"\n")
    return file


def test_each_mail_of_each_file_is_told(mbox: Path, tmp_path: Path) -> None:
    single = tmp_path / "one.eml"
    single.write_bytes(BOUNCE)
    answer = run(str(single), str(mbox), "-", "--json", stdin=b"\x00\x01nothing")
    assert answer.exit_code == 0
    assert json.loads(answer.stdout) == [
        {"file": str(single), "kind": "hard", "addresses": ["rosa@example.com"]},
        {"file": str(mbox), "kind": "hard", "addresses": ["rosa@example.com"], "number": 1},
        {"file": str(mbox), "kind": "reply", "addresses": ["nico@example.com"], "number": 2},
        {"file": "-", "kind": "none", "addresses": [], "reason": "there are no headers: this is no mail"},
    ]
    assert run(str(single)).stdout.splitlines()[1].split() == [str(single), "hard", "rosa@example.com"]
    missing = run(str(tmp_path / "nothing.eml"))
    assert isinstance(missing.exception, Refused)
    assert "nothing.eml cannot be read" in str(missing.exception)


def test_an_mbox_is_taken_apart_and_its_quoting_undone(mbox: Path) -> None:
    first, second = mails_in(mbox.read_bytes())
    assert first.startswith(b"From: MAILER-DAEMON")
    assert b"\nFrom now on I buy here." in second
    assert mails_in(BOUNCE) == [BOUNCE]
    assert mails_in(b"From rosa Wed Mar  4 10:00:00 2026\n" + BOUNCE) == [BOUNCE]
