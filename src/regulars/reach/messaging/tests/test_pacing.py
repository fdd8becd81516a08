"""How fast, how often, how long: limits of domains, growing waits, at most once and at least once."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from regulars.core.errors import Refused
from regulars.core.models import AuditEntry
from regulars.decide.contact_policy.actions import grant_due
from regulars.decide.contact_policy.models import Contact, Suppression
from regulars.reach.messaging import channel as channels
from regulars.reach.messaging.actions import change_rules, pacing, rules_of, schedule, send_due
from regulars.reach.messaging.channel import Batch, Outcome, State
from regulars.reach.messaging.models import Delivery, DomainPace, Message, SendingRules

pytestmark = pytest.mark.django_db


class Script:
    """A channel that answers as it is told, and notes what it was given."""

    key = "email"

    def __init__(self) -> None:
        self.answers: list[tuple[State, int, str]] = []
        self.sent: list[tuple[str, str]] = []

    def send(self, batches: Iterable[Batch]) -> Iterator[Outcome]:
        for batch in batches:
            for one in batch.messages:
                state, code, text = self.answers.pop(0) if self.answers else (State.ACCEPTED, 250, "ok")
                self.sent.append((one.address, one.message_id))
                yield Outcome(one.key, state, code, text)


@pytest.fixture
def script(monkeypatch: Any) -> Script:
    made = Script()
    monkeypatch.setitem(channels.CHANNELS, "email", made)
    return made


@pytest.fixture
def ready(shop: Any, now: datetime, queue: Callable[..., Any]) -> Callable[..., None]:
    def make(*customers: Any, purpose: str = "marketing") -> None:
        queue(*customers, purpose=purpose)
        grant_due(shop, now)
        schedule(shop, now)

    return make


def test_a_domain_gets_its_mails_a_minute_and_the_others_are_not_held_up(
    shop: Any, now: datetime, make_customer: Any, ready: Any, script: Script
) -> None:
    change_rules(shop, now, per_domain={"example.com": 12})
    ready(*[make_customer(f"Slow{number}") for number in range(10)])
    from regulars.know.customers.models import Identity

    assert Identity._base_manager.filter(key__endswith="@example.com").count() == 10
    assert send_due(shop, now) == 10
    assert len(script.sent) == 2  # a sixth of a minute's worth at once
    waits = [
        (one.due_at - now).total_seconds()
        for one in Message._base_manager.filter(status="due").order_by("due_at", "pk")
    ]
    assert waits == [5, 10, 15, 20, 25, 30, 35, 40]
    assert set(Message._base_manager.filter(status="due").values_list("attempts", flat=True)) == {0}
    assert Contact._base_manager.count() == 2
    for second in range(1, 61):
        send_due(shop, now + timedelta(seconds=second))
    assert len(script.sent) == len(set(script.sent)) == 10


def test_a_limit_for_all_spares_nobody_and_one_of_its_own_goes_before_it(shop: Any, now: datetime) -> None:
    rules = SendingRules(shop=shop, per_minute=600, per_domain={"t-online.de": 60, "de": 5})
    assert pacing.limit_of(rules, "example.com") == 600
    assert pacing.limit_of(rules, "t-online.de") == 60
    assert pacing.limit_of(rules, "mail.t-online.de") == 60
    assert pacing.limit_of(rules, "web.de") == 5
    assert pacing.limit_of(SendingRules(shop=shop), "example.com") is None


@given(
    limit=st.integers(1, 6000),
    calls=st.lists(st.tuples(st.floats(0, 120), st.integers(1, 300)), min_size=1, max_size=30),
)
def test_no_bucket_gives_more_than_its_limit(limit: int, calls: list[tuple[float, int]]) -> None:
    start = datetime.fromisoformat("2026-03-01T08:00:00+00:00")
    pace = DomainPace(domain="d", tokens=pacing._room(limit), at=start)
    passed, given_away = 0.0, 0
    for pause, wanted in calls:
        passed += pause
        taken = pacing.take(pace, limit, wanted, start + timedelta(seconds=passed))
        assert 0 <= taken <= wanted
        given_away += taken
        assert given_away <= pacing._room(limit) + passed * limit / 60 + 0.01


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_together_keep_to_the_limit(
    shop: Any, now: datetime, make_customer: Any, ready: Any, script: Script
) -> None:
    change_rules(shop, now, per_minute=60)
    ready(*[make_customer(f"C{number}") for number in range(40)])
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _turn in range(4):
                send_due(shop, now, limit=8)
        except BaseException as error:  # noqa: BLE001
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert len(script.sent) == 10


def test_without_a_limit_no_bucket_is_asked(
    shop: Any, now: datetime, make_customer: Any, ready: Any, script: Script
) -> None:
    counts = []
    for size in (5, 50):
        ready(*[make_customer(f"C{size}x{number}") for number in range(size)])
        with CaptureQueriesContext(connection) as asked:
            send_due(shop, now)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert DomainPace._base_manager.count() == 0


def test_greylisting_is_met_with_growing_waits_until_it_is_too_late(
    shop: Any, now: datetime, rosa: Any, ready: Any, script: Script
) -> None:
    script.answers = [(State.DEFERRED, 451, "4.7.1 greylisted")] * 500
    ready(rosa)
    tried = []
    moment = now
    for _turn in range(200):
        row = Message._base_manager.get()
        if row.status != "due":
            break
        moment = row.due_at
        send_due(shop, moment)
        tried.append(moment)
    waits = [(later - earlier).total_seconds() / 60 for earlier, later in pairwise(tried)]
    assert waits[:6] == [2, 4, 8, 16, 32, 60]
    assert max(waits[:20]) <= 60 * 13  # quiet hours lie between
    row = Message._base_manager.get()
    assert row.status == "cancelled"
    assert row.reason in ("4.7.1 greylisted", "too_late")
    assert tried[-1] <= now + timedelta(days=3)
    assert tried[-1] >= now + timedelta(days=2)
    assert Contact._base_manager.count() == 0
    assert {message_id for _address, message_id in script.sent} == {row.message_id}


def test_a_refusal_for_another_reason_does_not_kill_the_address(
    shop: Any, now: datetime, rosa: Any, ready: Any, script: Script
) -> None:
    script.answers = [(State.REFUSED, 552, "5.2.2 mailbox full")]
    ready(rosa)
    send_due(shop, now)
    row = Message._base_manager.get()
    assert (row.status, row.bounced_at) == ("failed", now)
    assert Suppression._base_manager.count() == 0


def test_what_was_perhaps_taken_stays_so_for_advertising_and_goes_again_for_service(
    shop: Any, now: datetime, rosa: Any, nico: Any, ready: Any, script: Script
) -> None:
    script.answers = [(State.UNCERTAIN, 0, "the line dropped")] * 2
    ready(rosa)
    ready(nico, purpose="service")
    send_due(shop, now)
    assert dict(Message._base_manager.values_list("key", "status")) == {
        "marketing:rosa": "uncertain", "service:nico": "due",
    }  # fmt: skip
    for minute in range(1, 30):
        send_due(shop, now + timedelta(minutes=minute))
    assert dict(Message._base_manager.values_list("key", "status")) == {
        "marketing:rosa": "uncertain", "service:nico": "done",
    }  # fmt: skip
    assert sorted(address for address, _id in script.sent) == [
        "nico@example.com",
        "nico@example.com",
        "rosa@example.com",
    ]
    assert len({message_id for address, message_id in script.sent if address.startswith("nico")}) == 1
    assert list(Delivery.objects.filter(message__key="service:nico").order_by("pk").values_list("kind", flat=True)) == [
        "deferred", "accepted",
    ]  # fmt: skip


def test_rules_are_checked_and_their_change_is_on_record(shop: Any, now: datetime) -> None:
    change_rules(shop, now, per_domain={"T-Online.de": 60}, per_minute=100)
    assert rules_of(shop).per_domain == {"t-online.de": 60}
    for bad in ({"per_domain": {"a@b": 3}}, {"per_domain": {"b.de": 0}}, {"return_path": "no address"}):
        with pytest.raises(Refused), transaction.atomic():
            change_rules(shop, now, **bad)
    assert rules_of(shop).return_path == ""
    assert AuditEntry.objects.filter(verb="sending.changed").count() == 1


def test_with_limits_the_queries_do_not_grow_with_the_batch(
    shop: Any, now: datetime, make_customer: Any, ready: Any, script: Script
) -> None:
    change_rules(shop, now, per_minute=100_000)
    counts = []
    for size in (5, 50):
        ready(*[make_customer(f"C{size}x{number}") for number in range(size)])
        with CaptureQueriesContext(connection) as asked:
            assert send_due(shop, now) == size
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert len(script.sent) == 55
