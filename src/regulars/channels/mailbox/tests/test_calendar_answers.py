"""An invitation in the reader's calendar: the mail asks, the calendar answers by mail, and that is an answer like any other."""

from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from icalendar import Calendar

from regulars.channels.mailbox import actions
from regulars.channels.mailbox.models import Mailbox
from regulars.decide.contact_policy.actions import grant_due
from regulars.reach.messaging import actions as messaging
from regulars.reward.gatherings import actions as gatherings
from regulars.reward.gatherings.models import Attendance, Gathering

from .conftest import Dovecot

pytestmark = [pytest.mark.dovecot, pytest.mark.django_db]
TEXT = "<mj-section><mj-column><mj-text><a href='{{ gathering.url }}'>Antworten</a></mj-text></mj-column></mj-section>"


@pytest.fixture
def evening(shop: Any, now: datetime) -> Gathering:
    starts = now + timedelta(days=10)
    made = gatherings.create(
        shop, now=now, titles={"de": "Hörabend; laut"}, place="Rillenweg 33, Berlin", starts_at=starts, capacity=2,
        ends_at=starts + timedelta(hours=3),
    )  # fmt: skip
    return gatherings.open_up(shop, made.pk, now=now)


def invited(shop: Any, evening: Gathering, now: datetime, mail_sink: Any, *customers: Any) -> dict[str, Any]:
    """Address → the mail that arrived, from the message that asks to the gathering."""
    gatherings.invite(shop, evening.pk, [one.pk for one in customers], now)
    messaging.save_template(shop, "ask", "Einladung", "de", "Kommst du?", "", TEXT, now)
    drafts = [
        messaging.MessageDraft(one.pk, "ask", None, "service", 1, now, now + timedelta(days=1), f"ask:{one.pk}")
        for one in customers
    ]
    messaging.queue(shop, drafts, now)
    grant_due(shop, now)
    messaging.schedule(shop, now)
    messaging.send_due(shop, now)
    mails = [mail_sink.get(one.id) for one in mail_sink.latest()]
    return {one.recipient: message_from_bytes(one.raw) for one in mails}


def request_in(mail: Any) -> Any:
    [part] = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "REQUEST"
    [event] = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    return event


def reply(event: Any, says: str, at: datetime, *, attendee: str = "", uid: str = "", number: int = 1) -> bytes:
    """What a calendar sends when its owner presses a button."""
    said = f"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Kalender//DE\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r
UID:{uid or event["UID"]}\r\nDTSTAMP:{at:%Y%m%dT%H%M%SZ}\r\nDTSTART:{event.decoded("DTSTART"):%Y%m%dT%H%M%SZ}\r
ORGANIZER:{event["ORGANIZER"]}\r\nATTENDEE;PARTSTAT={says}:{attendee or event["ATTENDEE"]}\r
END:VEVENT\r\nEND:VCALENDAR\r\n"""
    return f"""From: Rosa Rot <rosa@example.com>
To: post@plattenkiste.example
Subject: Zugesagt
Message-ID: <answer.{number}@kalender.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/plain

Rosa Rot hat geantwortet.
--b
Content-Type: text/calendar; charset="UTF-8"; method=REPLY

{said}
--b--
""".replace("\r\n", "\n").encode()


def statuses(evening: Gathering) -> dict[str, str]:
    return dict(Attendance._base_manager.filter(gathering=evening).values_list("customer__number", "status"))


def test_a_calendars_answer_counts_once_and_only_from_whom_we_asked(
    shop: Any, rosa: Any, nico: Any, now: datetime, evening: Gathering, mailbox: Mailbox, dovecot: Dovecot,
    mail_sink: Any,
) -> None:  # fmt: skip
    mails = invited(shop, evening, now, mail_sink, rosa, nico)
    asked = request_in(mails["rosa@example.com"])
    assert (str(asked["SUMMARY"]), asked["ATTENDEE"]) == ("Hörabend; laut", "mailto:rosa@example.com")
    assert asked["ORGANIZER"] == "mailto:post@plattenkiste.example"
    assert asked["UID"] != request_in(mails["nico@example.com"])["UID"]
    later = now + timedelta(hours=1)
    accepted = reply(asked, "ACCEPTED", later)
    dovecot.put(accepted)
    assert actions.fetch(shop, later) == 1
    assert statuses(evening) == {"rosa": "yes", "nico": "invited"}
    # when she declines, and the first answer comes once more, as it does from a mailbox that is read anew
    dovecot.put(reply(asked, "DECLINED", later + timedelta(hours=1), number=2))
    actions.fetch(shop, later + timedelta(hours=1))
    dovecot.put(accepted)
    actions.fetch(shop, later + timedelta(hours=2))
    assert statuses(evening)["rosa"] == "cancelled"
    # an answer that was given before, and only arrives now, is the older one
    dovecot.put(reply(asked, "TENTATIVE", later, number=3))
    actions.fetch(shop, later + timedelta(hours=2))
    assert statuses(evening)["rosa"] == "cancelled"
    # an invitation that was passed on, and a name that we did not write, answer for nobody
    newest = later + timedelta(hours=3)
    dovecot.put(
        reply(asked, "ACCEPTED", newest, attendee="mailto:fremd@example.com", number=4),
        reply(asked, "ACCEPTED", newest, uid="gathering-1@plattenkiste.example", number=5),
        reply(asked, "ACCEPTED", newest, uid=str(asked["UID"]).replace("gathering-A", "gathering-B"), number=6),
    )
    assert actions.fetch(shop, newest) == 3
    assert statuses(evening) == {"rosa": "cancelled", "nico": "invited"}
    evening.refresh_from_db()
    assert evening.taken == 0


def test_a_shop_that_reads_no_mail_asks_no_calendar(
    shop: Any, rosa: Any, now: datetime, evening: Gathering, mail_sink: Any
) -> None:
    mails = invited(shop, evening, now, mail_sink, rosa)
    kinds = [one.get_content_type() for one in mails["rosa@example.com"].walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


@pytest.mark.parametrize(
    "broken", [b"", b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", b"\xff\x00" * 50]
)
def test_what_is_no_calendar_stops_nothing(
    broken: bytes, shop: Any, now: datetime, mailbox: Mailbox, dovecot: Dovecot
) -> None:
    head = b"From: x@example.com\nMIME-Version: 1.0\nContent-Type: text/calendar; method=REPLY\n\n"
    dovecot.put(head + broken)
    assert actions.fetch(shop, now) == 1
    mailbox.refresh_from_db()
    assert mailbox.last_error == ""
