"""Workers killed while they send: advertising reaches nobody twice, a service message reaches everybody, none is lost.

A real worker (the timetable with its sweeps) speaks SMTP with a real server, which takes its time, so that every kill
-9 meets a batch half handed over. The workers' clock runs twenty times as fast, so that leases end within the test.
"""

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from regulars.channels.smtp.sink import Sink, Store
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Consent, Contact
from regulars.know.customers.models import Customer, Identity
from regulars.know.timeline.models import Event
from regulars.reach.messaging.models import Delivery, Message

ADVERTISED, SERVED, AT_ONCE, KILLS = 200, 60, 30, 3

WORKER = """
import sys, threading, time
import django
django.setup()
from dataclasses import replace
from datetime import datetime, timedelta
from regulars.core import worker
from regulars.core.sweeps import SWEEPS
from regulars.reach.messaging.actions import sending

start, began, at_once = datetime.fromisoformat(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
sending.LEASE = timedelta(seconds=40)
sending.send_due.__defaults__ = (at_once,)
for key, sweep in list(SWEEPS.items()):
    if key.startswith(("messaging.", "contact_policy.", "timeline.")):
        SWEEPS[key] = replace(sweep, lease=timedelta(seconds=40))
    else:
        del SWEEPS[key]  # nothing that sends
print("ready", flush=True)
sys.stdin.readline()
worker.work(threading.Event(), clock=lambda: start + 20 * timedelta(seconds=time.time() - began), pause=0.1)
"""


class SlowSink(Sink):
    """Answers what came in together only after a while."""

    def keep(self, mails: list[tuple[str, str, bytes]], committed: Callable[[bool], None]) -> None:
        if not self.pending:
            self.loop.call_later(0.03, self._commit)
        self.pending.append((mails, committed))


@pytest.fixture
def slow_server(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    store = Store(tmp_path / "sink.sqlite3")
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(SlowSink(store).start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield store, server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    server.close()
    store.close()


@pytest.fixture
def crowd(shop: Any, now: datetime) -> list[Customer]:
    """Customers who agreed to advertising."""
    since = now - timedelta(days=100)
    people = Customer._base_manager.bulk_create(
        Customer(shop=shop, number=f"K{n}", first_name=f"Rosa{n}", created_at=since, updated_at=since)
        for n in range(ADVERTISED + SERVED)
    )
    Identity._base_manager.bulk_create(
        Identity(shop=shop, customer=one, kind="email", value=address(one), key=address(one), created_at=since)
        for one in people
    )
    Consent._base_manager.bulk_create(
        Consent(
            shop=shop, customer=one, channel="email", purpose="marketing", state="granted", given_at=since,
            confirmed_at=since, wording="w", evidence={"e": 1},
        ) for one in people
    )  # fmt: skip
    return people


def address(customer: Customer) -> str:
    return f"{customer.number.lower()}@example.com"


class Workers:
    """Starts workers, one always loaded and waiting to take over."""

    def __init__(self, url: str, home: Path, port: int, now: datetime) -> None:
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
            "REGULARS_HOME": str(home),
            "REGULARS_DATABASE": url,
            "REGULARS_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "REGULARS_SECRET_KEY": django_settings.SECRET_KEY,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self.arguments = [now.isoformat(), str(time.time()), str(AT_ONCE)]
        self.all: list[subprocess.Popen[str]] = []
        self.waiting = self._load()

    def _load(self) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", WORKER, *self.arguments],
            env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.all.append(child)
        return child

    def go(self, *, another: bool = True) -> "subprocess.Popen[str]":
        """The loaded one begins to work."""
        child = self.waiting
        assert child.stdout is not None
        assert child.stdin is not None
        while child.stdout.readline().strip() != "ready":
            assert child.poll() is None
        child.stdin.write("go\n")
        child.stdin.flush()
        if another:
            self.waiting = self._load()
        return child

    def end(self) -> None:
        for child in self.all:
            child.kill()
            child.communicate()


def wait_until(true: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_killed_at_random_nobody_gets_advertising_twice_and_no_message_is_lost(
    shop: Any,
    crowd: list[Customer],
    queue: Callable[..., dict[str, int]],
    slow_server: tuple[Store, int],
    database_url: str,
    home: Path,
    now: datetime,
) -> None:
    store, port = slow_server
    with scope(shop=shop):
        queue(*crowd[:ADVERTISED])
        queue(*crowd[ADVERTISED:], purpose="service")
    dice = random.Random(11)
    moments = sorted(dice.sample(range(5, ADVERTISED), KILLS))
    left = Message._base_manager.filter(shop=shop, status__in=["waiting", "due", "claimed"])
    workers = Workers(database_url, home, port, now)
    try:
        for moment in moments:
            worker = workers.go()
            wait_until(lambda moment=moment: store.count() >= moment, 30, "the worker does not send")
            worker.kill()
            worker.wait()
        workers.go(another=False)
        wait_until(lambda: time.sleep(0.2) or not left.exists(), 40, "some messages are left over")
    finally:
        workers.end()

    mails = store.since(0, limit=10_000)
    got = Counter(mail.message_id for mail in mails)
    by_person = defaultdict(set)
    for mail in mails:
        by_person[mail.recipient].add(mail.message_id)
    messages = list(Message._base_manager.filter(shop=shop))
    advertising = [one for one in messages if one.purpose == "marketing"]
    service = [one for one in messages if one.purpose == "service"]
    uncertain = [one for one in advertising if one.status == "uncertain"]

    assert {one.status for one in advertising} <= {"done", "uncertain"}
    assert max(got[one.message_id] for one in advertising) == 1  # at most once
    assert all(got[one.message_id] == 1 for one in advertising if one.status == "done")
    assert 0 < len(uncertain) <= KILLS * AT_ONCE  # those in the hands of the dead, and no others
    assert Event._base_manager.filter(shop=shop, type="message.uncertain").count() == len(uncertain)
    assert Contact._base_manager.filter(shop=shop, purpose="marketing").count() == ADVERTISED  # the budget counts them

    assert {one.status for one in service} == {"done"}
    assert all(got[one.message_id] >= 1 for one in service)  # at least once
    assert all(len(ids) == 1 for ids in by_person.values())  # a repeat bears the same Message-ID
    assert set(got) <= {one.message_id for one in messages}
    sent = Event._base_manager.filter(shop=shop, type="message.sent").count()
    assert sent == Delivery.objects.filter(kind="accepted").count() == len(messages) - len(uncertain)
