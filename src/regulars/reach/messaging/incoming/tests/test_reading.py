"""What a mail is: reports, complaints, answers of machines and people; and what nobody can read."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.reach.messaging.incoming import Kind, read

DSN = b"""From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: post@plattenkiste.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
Message-ID: <bounce.1@mx.example>

--b
Content-Type: text/plain; charset=utf-8

<rosa@example.com>: %(words)s

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Original-Recipient: rfc822;rosa@example.com
Final-Recipient: rfc822; rosa@inner.example.com
Action: %(action)s
Status: %(status)s
Diagnostic-Code: smtp; %(words)s

--b
Content-Type: text/rfc822-headers

From: Plattenkiste <post@plattenkiste.example>
To: rosa@example.com
Message-ID: <0123456789abcdef@plattenkiste.example>
Subject: Hallo Rosa

--b--
"""
ARF = b"""From: <abuse@provider.example>
Subject: FW: Neuheiten
To: <fbl@plattenkiste.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: %(type)s
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <rosa@example.com>

--b
Content-Type: message/rfc822

From: <post@plattenkiste.example>
To: <redacted@example.com>
Message-ID: <0123456789abcdef@plattenkiste.example>
Subject: Neuheiten

Hallo
--b--
"""


def mail(headers: str, body: str = "Hallo") -> bytes:
    return (headers.strip() + "\nMessage-ID: <x@y.example>\n\n" + body).encode()


def test_a_report_says_whose_address_is_dead_and_which_message_came_back() -> None:
    reading = read(DSN % {b"words": b"550 5.1.1 User unknown", b"action": b"failed", b"status": b"5.1.1"})
    assert (reading.kind, reading.addresses) == (Kind.HARD, ["rosa@example.com"])
    assert reading.message_ids[0] == "0123456789abcdef@plattenkiste.example"
    assert (reading.about[0].status, reading.message_id) == ("5.1.1", "bounce.1@mx.example")


@pytest.mark.parametrize(
    ("action", "status", "words", "kind"),
    [
        (b"failed", b"5.2.2", b"552 5.2.2 mailbox full", Kind.SOFT),
        (b"failed", b"5.7.1", b"550 5.7.1 blocked, looks like spam", Kind.SOFT),
        (b"delayed", b"4.1.1", b"450 4.1.1 User unknown", Kind.SOFT),
        (b"delayed", b"5.1.1", b"550 5.1.1 User unknown", Kind.SOFT),
        (b"failed", b"5.0.0", b"550 Unknown user", Kind.HARD),
        (b"failed", b"5.0.0", b"550 no", Kind.SOFT),
        (b"delivered", b"2.0.0", b"250 ok", Kind.NONE),
        (b"relayed", b"2.1.9", b"250 ok", Kind.NONE),
    ],
)
def test_kind_follows_the_machine_part(action: bytes, status: bytes, words: bytes, kind: Kind) -> None:
    assert read(DSN % {b"words": words, b"action": action, b"status": status}).kind is kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [(b"abuse", Kind.COMPLAINT), (b"fraud", Kind.COMPLAINT), (b"opt-out", Kind.COMPLAINT), (b"not-spam", Kind.NONE),
     (b"auth-failure", Kind.NONE)],
)  # fmt: skip
def test_feedback_is_a_complaint_unless_it_says_otherwise(said: bytes, kind: Kind) -> None:
    reading = read(ARF % {b"type": said})
    assert reading.kind is kind
    assert reading.addresses == (["rosa@example.com"] if kind is Kind.COMPLAINT else [])
    assert reading.message_ids == ("0123456789abcdef@plattenkiste.example",)


def test_outlooks_programme_complains_without_a_report() -> None:
    raw = (
        b"From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        b"X-HmXmrOriginalRecipient: rosa@example.com\nTo: x@example.com\nSubject: Neu\n\nHallo\n--b--\n"
    )
    assert (read(raw).kind, read(raw).addresses) == (Kind.COMPLAINT, ["rosa@example.com"])


@pytest.mark.parametrize(
    "headers",
    [
        "From: Rosa <rosa@example.com>\nSubject: Re: Hallo\nAuto-Submitted: auto-replied",
        "From: Rosa <rosa@example.com>\nSubject: Automatische Antwort: Hallo\nIn-Reply-To: <a@b>",
        "From: Rosa <rosa@example.com>\nSubject: =?utf-8?B?QWJ3ZXNlbmhlaXRzbm90aXo6IEhhbGxv?=",
        "From: Rosa <rosa@example.com>\nSubject: Out of Office: Hallo",
        "From: Rosa <rosa@example.com>\nSubject: Hallo\nX-Autoreply: yes\nIn-Reply-To: <a@b>",
        "From: Rosa <rosa@example.com>\nSubject: Re: Hallo\nPrecedence: auto_reply",
        "From: Rosa <rosa@example.com>\nSubject: Ticket 4711\nAuto-Submitted: auto-generated",
        "From: Rosa <rosa@example.com>\nSubject: Re: Hallo\nX-Autorespond: weg\nReturn-Path: <>",
    ],
)
def test_a_machines_answer_is_no_reply_and_no_bounce(headers: str) -> None:
    reading = read(
        mail(headers, "Ich bin bis zum 3. August nicht im Haus. This address is no longer in use after that.")
    )
    assert (reading.kind, reading.addresses) == (Kind.AUTO_REPLY, ["rosa@example.com"])


def test_a_person_answers_even_about_a_returned_mail() -> None:
    quoted = (
        "Danke, aber das kam zurück:\n\n> Delivery to the following recipient failed permanently:\n>\n>  x@example.com"
    )
    headers = "From: rosa@example.com\nSubject: Re: Undeliverable: Hallo\nIn-Reply-To: <a@plattenkiste.example>"
    reading = read(mail(headers, quoted))
    assert (reading.kind, reading.addresses, reading.excerpt) == (
        Kind.REPLY, ["rosa@example.com"], "Danke, aber das kam zurück:",
    )  # fmt: skip
    assert reading.message_ids == ("a@plattenkiste.example",)


def test_lists_news_and_first_words_of_a_stranger_are_none() -> None:
    assert read(mail("From: a@b.example\nSubject: Frage")).kind is Kind.NONE
    assert read(mail("From: a@b.example\nSubject: Re: x\nIn-Reply-To: <a@b>\nList-Id: <l.example>")).kind is Kind.NONE
    assert read(mail("From: a@b.example\nSubject: Re: x\nIn-Reply-To: <a@b>\nPrecedence: bulk")).kind is Kind.NONE


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\x00" * 50, b"no headers here\nat all", bytes(range(256)) * 20])
def test_what_is_no_mail_is_none_with_a_reason(raw: bytes) -> None:
    reading = read(raw)
    assert (reading.kind, reading.addresses) == (Kind.NONE, [])
    assert reading.reason


def nested(depth: int) -> bytes:
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number) for number in range(depth)
    )
    return b"From: a@b.example\nMIME-Version: 1.0\n" + head + b"Content-Type: text/plain\n\nHallo\n"


@pytest.mark.parametrize("depth", [30, 300, 1000, 5000])
def test_parts_within_parts_without_end(depth: int) -> None:
    began = time.monotonic()
    assert read(nested(depth)).kind is Kind.NONE
    assert read(b"Subject: x\n" + b"Content-Type: message/rfc822\n\n" * depth + b"Hallo").kind is Kind.NONE
    assert time.monotonic() - began < 10


def test_twenty_megabytes_are_read_as_far_as_they_matter() -> None:
    raw = DSN % {b"words": b"550 5.1.1 User unknown", b"action": b"failed", b"status": b"5.1.1"}
    big = (
        raw.replace(b"--b--", b"--b\nContent-Type: application/octet-stream\n\n" + b"A" * 76 + b"\n")
        + b"B" * 20_000_000
    )
    began = time.monotonic()
    assert read(big).kind is Kind.HARD
    assert read(b"Subject: Undeliverable\nFrom: postmaster@x.example\n\n" + b"user " * 4_000_000).kind is Kind.SOFT
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("charset", ["utf-7", "no-such-charset", "base64", "idna", "\x00", "unicode_escape", "hex"])
def test_wrong_charsets_and_encodings_give_what_can_be_read(charset: str) -> None:
    raw = (
        f"From: =?{charset}?B?/////w==?= <rosa@example.com>\nSubject: =?{charset}?Q?=FF=FE?=\nIn-Reply-To: <a@b>\n"
        f'Content-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: base64\n\n%%%not base64%%%'
    ).encode()
    assert read(raw).kind is Kind.REPLY


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", DSN, ARF]), st.integers(0, 900))
def test_nothing_that_anybody_sends_raises(noise: bytes, base: bytes, at: int) -> None:
    assert isinstance(read(base[:at] + noise + base[at:]).kind, Kind)
