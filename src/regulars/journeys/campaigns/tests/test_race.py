"""A campaign is paused and resumed again and again while real workers take in, advance and send, and are killed: everybody
gets it at most once, nobody is lost, and while it is paused nothing new leaves the house.
"""

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.channels.smtp.sink import Sink, Store
from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Contact
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.models import Campaign
from regulars.journeys.models import Enrolment
from regulars.reach.messaging.models import Message

PEOPLE = 300

WORKER = """
import sys, threading, time
import django
django.setup()
from dataclasses import replace
from datetime import datetime, timedelta
from regulars.core import worker
from regulars.core.sweeps import SWEEPS
from regulars.journeys import actions, sweeps
from regulars.reach.messaging.actions import sending

start, began = datetime.fromisoformat(sys.argv[1]), float(sys.argv[2])
sending.LEASE = timedelta(seconds=200)
sending.send_due.__defaults__ = (20,)
actions.take_in_page.__defaults__ = (40,)
actions.advance_batch.__defaults__ = (40,)
for key, sweep in list(SWEEPS.items()):
    if key.startswith(("messaging.s", "messaging.lost", "contact_policy.", "journeys.", "campaigns.")):
        SWEEPS[key] = replace(sweep, lease=timedelta(seconds=20))
    else:
        del SWEEPS[key]
print("ready", flush=True)
worker.work(threading.Event(), clock=lambda: start + 20 * timedelta(seconds=time.time() - began), pause=0.05)
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


def wait_until(true: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pausing_and_killing_during_a_send_loses_and_doubles_nothing(
    campaign: Callable[..., Campaign], crowd: Callable[..., Any], slow_server: tuple[Store, int], shop: Any,
    database_url: str, home: Path, now: datetime,
) -> None:  # fmt: skip
    store, port = slow_server
    people = crowd(PEOPLE)
    row = actions.launch(campaign(), now)
    began = time.time()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings", "PYTHONPATH": str(Path(__file__).resolve().parents[4]),
        "REGULARS_DATABASE": database_url, "REGULARS_HOME": str(home),
        "REGULARS_SMTP_URL": f"smtp://127.0.0.1:{port}", "REGULARS_BASE_URL": "https://mail.plattenkiste.example",
        "REGULARS_CAMPAIGN_ASKS_ABOVE": "100",
    }  # fmt: skip

    def start() -> "subprocess.Popen[str]":
        call = [sys.executable, "-c", WORKER, now.isoformat(), str(began)]
        return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, text=True)

    def at() -> datetime:
        return now + 20 * timedelta(seconds=time.time() - began)

    dice = random.Random(5)
    workers = [start(), start()]
    moments = sorted(dice.sample(range(10, PEOPLE - 60), 3))
    left = Message._base_manager.filter(shop=shop, status__in=["waiting", "due", "claimed"])
    grew = 0
    try:
        for number, moment in enumerate(moments):
            # when it is paused in the middle of the send, and once a worker is killed
            wait_until(lambda moment=moment: store.count() >= moment, 60, "the workers do not send")
            actions.pause(row, at())
            if number == 1:
                workers[0].kill()
                workers[0].wait()
                workers.append(start())
            in_hand = Message._base_manager.filter(shop=shop, status="claimed").count()
            before = store.count()
            time.sleep(1.5)
            # then only what a sender had in its hands goes out, and nothing more for as long as the pause lasts
            settled = store.count()
            assert settled - before <= in_hand + 40
            time.sleep(1.0)
            assert store.count() == settled
            grew += settled < PEOPLE
            actions.resume(row, at())
        wait_until(
            lambda: Enrolment._base_manager.count() == PEOPLE and Message._base_manager.count() == PEOPLE,
            60,
            "taken in",
        )
        wait_until(lambda: time.sleep(0.3) or not left.exists(), 90, "some messages are left over")
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()

    # then each message went out once; what the killed worker had in its hands is uncertain, at most once, and shown
    got = Counter(mail.recipient for mail in store.since(0, limit=10_000))
    states = Counter(Message._base_manager.values_list("status", flat=True))
    assert grew > 0
    assert max(got.values()) == 1
    assert set(states) <= {"done", "uncertain"}
    assert sum(states.values()) == len(people) == PEOPLE
    assert states["uncertain"] <= 20
    assert states["done"] <= len(got) <= PEOPLE
    with scope(shop=shop):
        assert Contact.objects.count() == PEOPLE
