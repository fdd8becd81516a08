"""What comes back: suppression by policy, replies on the timeline, each thing once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from regulars.core.personal_data import DECLARED
from regulars.decide.contact_policy.models import Consent, Suppression
from regulars.know.timeline.models import Event
from regulars.reach.messaging import return_path
from regulars.reach.messaging.actions import News, forget_news, news_of, take_in
from regulars.reach.messaging.incoming import read
from regulars.reach.messaging.models import Delivery, IncomingNews, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(queue: Callable[..., dict[str, int]], now: datetime) -> Callable[..., Message]:
    """`sent(rosa)`: a message that went out to her `days` ago."""
    numbers = iter(range(1000))

    def send(customer: Any, days: float = 0, purpose: str = "marketing") -> Message:
        (pk,) = queue(customer, purpose=purpose).values()
        rows = Message._base_manager.filter(pk=pk)
        rows.update(status="done", sent_at=now - timedelta(days=days), key=f"old:{next(numbers)}:{pk}")
        row = rows.get()
        row.request.__class__._base_manager.filter(pk=row.request_id).update(key=row.key, status="used")
        return row

    return send


def bounced(message: Message, *, is_dead: bool = False, said: str = "552 5.2.2 mailbox full", key: str = "") -> News:
    return News(
        key or f"k{message.pk}", "bounced", message.address, is_dead, (message.message_id,), said=said, source="mailbox"
    )


def suppressed() -> list[tuple[str, str]]:
    return sorted(Suppression._base_manager.values_list("key", "reason"))


def events(customer: Any) -> list[str]:
    rows = Event._base_manager.filter(customer=customer, type__startswith="message.")
    return list(rows.order_by("pk").values_list("type", flat=True))


def test_a_dead_address_is_suppressed_at_once_with_evidence(
    shop: Any, now: datetime, rosa: Any, nico: Any, sent: Any
) -> None:
    message = sent(rosa)
    sent(nico)
    assert take_in(shop, [bounced(message, is_dead=True, said="550 5.1.1 User unknown")], now) == 1
    assert take_in(shop, [bounced(message, is_dead=True, said="550 5.1.1 User unknown")], now) == 0
    assert suppressed() == [("rosa@example.com", "bounced")]
    assert Suppression._base_manager.get().data["text"] == "550 5.1.1 User unknown"
    assert events(rosa) == ["message.bounced"]
    assert events(nico) == []
    message.refresh_from_db()
    assert (message.bounced_at, message.status) == (now, "done")


def test_a_complaint_ends_advertising_by_mail_and_suppresses_the_address(
    shop: Any, now: datetime, rosa: Any, sent: Any
) -> None:
    take_in(shop, [News("c", "complained", "redacted@x", message_ids=(sent(rosa).message_id,))], now)
    assert suppressed() == [("rosa@example.com", "complained")]
    marketing = Consent._base_manager.filter(customer=rosa, channel="email", purpose__in=("marketing", "research"))
    assert set(marketing.values_list("state", flat=True)) == {"withdrawn"}
    assert events(rosa) == ["message.complained"]


@pytest.mark.parametrize(
    ("days", "said", "is_suppressed"),
    [
        ([8, 6, 4, 2, 0], "552 5.2.2 mailbox full", True),
        ([6, 4, 2, 0], "552 5.2.2 mailbox full", False),
        ([8, 6, 4, 2, 0], "550 5.7.1 looks like spam", False),
        ([8, 6, 4, 2, 0], "552 5.3.4 message too large", False),
        ([8, 6, 4, 2, 0], "550 no", True),
    ],
)
def test_five_soft_ones_in_a_row_about_the_address_suppress_it(
    days: list[int], said: str, is_suppressed: bool, shop: Any, now: datetime, rosa: Any, sent: Any
) -> None:
    for day in days:
        take_in(shop, [bounced(sent(rosa, day), said=said)], now - timedelta(days=day))
    assert suppressed() == ([("rosa@example.com", "bounced")] if is_suppressed else [])


def test_a_mail_that_arrived_in_between_starts_the_row_anew(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    for day in (30, 28, 26, 20, 18):
        message = sent(rosa, day)
        if day != 20:  # this one did not come back
            take_in(shop, [bounced(message)], now)
    take_in(shop, [bounced(sent(rosa, 1)), bounced(sent(rosa, 0))], now)
    assert suppressed() == []
    take_in(shop, [bounced(sent(rosa, 0.5))], now)
    assert suppressed() == []
    take_in(shop, [bounced(sent(rosa, 0.2))], now)
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_one_that_was_sent_just_now_is_no_proof_that_mails_arrive(
    shop: Any, now: datetime, rosa: Any, sent: Any
) -> None:
    for day in (9, 8, 7, 6):
        take_in(shop, [bounced(sent(rosa, day))], now)
    fresh = sent(rosa, 0.1)
    take_in(shop, [bounced(sent(rosa, 5))], now)
    assert suppressed() == [("rosa@example.com", "bounced")]
    Suppression._base_manager.all().delete()
    take_in(shop, [News("d", "delivered", message_ids=(fresh.message_id,)), bounced(sent(rosa, 4.5))], now)
    assert suppressed() == []


def test_a_delay_is_noted_and_is_no_bounce(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    message = sent(rosa)
    take_in(shop, [News("l", "late", message.address, message_ids=(message.message_id,))], now)
    message.refresh_from_db()
    assert (message.bounced_at, events(rosa)) == (None, [])
    assert list(Delivery.objects.values_list("kind", flat=True)) == ["late"]


def test_reports_of_arrival_are_forgotten_and_bounces_are_not(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    message = sent(rosa)
    kinds = ("delivered", "late", "bounced")
    take_in(shop, [News(f"old-{kind}", kind, message_ids=(message.message_id,)) for kind in kinds], now)
    later = now + timedelta(days=91)
    take_in(shop, [News("new", "delivered", message_ids=(message.message_id,))], later)
    assert forget_news(shop, now + timedelta(days=89)) == 0
    assert forget_news(shop, later) == 2
    assert forget_news(shop, later) == 0
    assert sorted(IncomingNews._base_manager.values_list("key", flat=True)) == ["new", "old-bounced"]


def test_a_reply_stands_on_the_timeline_and_stops_nothing(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    message = sent(rosa)
    raw = (
        f"From: Rosa <rosa@example.com>\nSubject: Re: Hallo\nIn-Reply-To: <{message.message_id}>\n"
        "Content-Type: text/plain; charset=utf-8\n\nWann kommt die Platte?\x00\n\n> Hallo Rosa\n"
    ).encode()
    assert take_in(shop, news_of("mail:1", read(raw)), now) == 1
    event = Event._base_manager.get(type="message.replied")
    assert event.data == {
        "message": message.pk, "measure": message.measure_id, "name": "Wiedersehen", "subject": "Re: Hallo",
        "excerpt": "Wann kommt die Platte?",
    }  # fmt: skip
    assert Consent._base_manager.filter(customer=rosa, purpose="marketing", state="granted").exists()
    assert suppressed() == []
    message.refresh_from_db()
    assert message.replied_at == now
    DECLARED[Event].erase(shop, [rosa.pk], now)
    event.refresh_from_db()
    assert event.data == {}


def test_automatic_answers_and_strangers_leave_no_trace(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    sent(rosa)
    away = read(b"From: rosa@example.com\nSubject: Automatische Antwort\nIn-Reply-To: <x@y>\n\nIch bin weg")
    assert news_of("a", away) == []
    take_in(shop, [News("s", "bounced", "stranger@example.org", True), News("t", "bounced", "", True)], now)
    assert (suppressed(), events(rosa)) == ([], [])


def test_without_an_id_the_newest_message_to_the_address_is_meant(
    shop: Any, now: datetime, rosa: Any, nico: Any, sent: Any
) -> None:
    sent(rosa, 20)
    newest = sent(rosa, 2)
    sent(nico, 40)
    take_in(
        shop,
        [News("1", "bounced", "ROSA@example.com", True), News("2", "bounced", "nico@example.com", True)],
        now,
    )
    newest.refresh_from_db()
    assert newest.bounced_at == now
    assert suppressed() == [("rosa@example.com", "bounced")]  # nobody has written to Nico for a month


def test_another_shops_message_is_not_touched(shop: Any, now: datetime, rosa: Any, sent: Any) -> None:
    from regulars.core.actions import create_shop

    other = create_shop("other", now=now)
    take_in(other, [bounced(sent(rosa), is_dead=True)], now)
    assert (suppressed(), events(rosa)) == ([], [])


def test_the_return_path_names_its_message_and_cannot_be_made_up(
    shop: Any, now: datetime, rosa: Any, sent: Any
) -> None:
    message = sent(rosa)
    path = return_path.maker("bounces@plattenkiste.example")(message.pk)
    assert path.startswith("bounces+")
    assert len(path.partition("@")[0]) <= 64
    assert return_path.message_of(path.upper()) == message.pk
    for forged in ("bounces+aaaaaaaaaaaaaaaaaaaaaaaaaa@x.example", "bounces@x.example", path.replace("+", "+a", 1)):
        assert return_path.message_of(forged) is None
    raw = (
        f"From: MAILER-DAEMON@x\nSubject: failure notice\nDelivered-To: {path}\n\nUndeliverable: no such user".encode()
    )
    take_in(shop, news_of("v", read(raw)), now)
    assert suppressed() == [("rosa@example.com", "bounced")]


def test_queries_do_not_grow_with_the_batch(shop: Any, now: datetime, make_customer: Any, sent: Any) -> None:
    counts = []
    for size in (8, 32):
        messages = [sent(make_customer(f"C{size}x{number}")) for number in range(size)]
        kinds = ("bounced", "complained", "replied", "delivered")
        news = [
            News(f"{size}:{n}", kinds[n % 4], one.address, n % 8 == 0, (one.message_id,), said="full")
            for n, one in enumerate(messages)
        ]
        with CaptureQueriesContext(connection) as asked:
            take_in(shop, news, now)
        counts.append(len(asked))
    assert counts[0] == counts[1]
