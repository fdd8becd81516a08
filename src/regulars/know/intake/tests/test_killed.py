"""Servers and workers are killed with SIGKILL: what was answered is there, and every event is written once."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from regulars.core.actions import create_api_key
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer
from regulars.know.intake.actions import Accepted, Caller, accept_events
from regulars.know.intake.models import InboundCall
from regulars.know.intake.sweeps import normalise_events
from regulars.know.timeline.models import Event

SOURCE = Path(__file__).resolve().parents[4]


def environment(database_url: str, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "REGULARS_DATABASE": database_url,
        "REGULARS_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "PYTHONPATH": str(SOURCE),
    }


def body(number: int, size: int = 20) -> bytes:
    rows = [
        {
            "id": f"{number}-{index}",
            "type": "page.viewed",
            "at": "2026-06-10T07:00:00Z",
            "customer": {"number": f"C-{(number + index) % 37}"},
        }
        for index in range(size)
    ]
    return json.dumps(rows).encode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_was_answered_survives_the_server(shop: Shop, now: datetime, database_url: str, home: Path) -> None:
    # given the real web server, and five programs that send batch after batch
    token = create_api_key(shop, "shop", ["events:write"], now=now)[1]
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    os.set_inheritable(listener.fileno(), True)
    code = f"from regulars.run.processes import web; web('{listener.fileno()}')"
    server = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(database_url, home), pass_fds=(listener.fileno(),)
    )
    answered: list[tuple[int, int]] = []

    def send(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=60)
        for number in range(first, first + 1000):
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"b{number}",
            }
            try:
                line.request("POST", "/api/v1/events", body(number), headers)
                answer = line.getresponse()
                told = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                return
            assert answer.status == 202, told
            answered.append((number, told["id"]))

    senders = [threading.Thread(target=send, args=(first * 1000,)) for first in range(5)]
    for sender in senders:
        sender.start()

    # when the server is killed in the middle of it
    deadline = time.monotonic() + 60
    while len(answered) < 40 and time.monotonic() < deadline:
        time.sleep(0.01)
    server.send_signal(signal.SIGKILL)
    assert server.wait() == -signal.SIGKILL
    listener.close()
    for sender in senders:
        sender.join(60)

    # then all that was answered is on disk, and sending it again changes nothing
    assert len(answered) >= 40
    stored = dict(InboundCall._base_manager.values_list("idempotency_key", "pk"))
    assert all(stored[f"b{number}"] == pk for number, pk in answered)
    caller = Caller(InboundCall._base_manager.first().api_key_id, shop.pk)
    for number, pk in answered:
        again = accept_events(caller, body(number), f"b{number}", now)
        assert (again.id, again.is_replay) == (pk, True)
    assert InboundCall._base_manager.count() == len(stored)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_killed_at_random_write_every_event_once(
    shop: Shop, now: datetime, database_url: str, home: Path
) -> None:
    # given 120 calls whose events name the same customers again and again, half of them sent twice
    caller = Caller(create_api_key(shop, "shop", ["events:write"], now=now)[0].pk, shop.pk)
    for number in range(120):
        accept_events(caller, body(number % 80), None, now)

    def start(at: datetime) -> "subprocess.Popen[str]":
        call = [sys.executable, "-m", "regulars.know.intake.tests.killed_worker", at.isoformat()]
        words = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        return subprocess.Popen(call, env=environment(database_url, home), **words)  # type: ignore[call-overload, no-any-return]

    # when two workers at a time are killed at random moments, and what is left falls due again
    chance, at = random.Random(3), now
    for _ in range(2):
        workers = [start(at), start(at)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.15))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        at += timedelta(minutes=6)
    with scope(shop=shop):
        for _ in range(6):  # what met at a constraint, or was put off, is tried again
            while normalise_events(shop, at):
                pass
            at += timedelta(minutes=6)

    # then each event is there once, on one timeline
    assert not InboundCall._base_manager.exclude(status="done").exists()
    told = list(Event._base_manager.filter(type="page.viewed").values_list("source_key", flat=True))
    assert sorted(told) == sorted(f"api:{number}-{index}" for number in range(80) for index in range(20))
    assert Customer._base_manager.count() == 37
    assert Event._base_manager.filter(type="customer.created").count() == 37


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_callers_with_one_key_are_answered_alike(shop: Shop, now: datetime) -> None:
    caller = Caller(create_api_key(shop, "shop", ["events:write"], now=now)[0].pk, shop.pk)
    said: list[Accepted] = []
    start = threading.Barrier(6)

    def send(number: int) -> None:
        start.wait()
        said.append(accept_events(caller, body(number % 2), f"k{number % 2}", now))
        connection.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.outcome for one in said] == ["accepted"] * 6
    assert sorted(one.is_replay for one in said) == [False, False, True, True, True, True]
    assert len({one.id for one in said}) == 2
    assert InboundCall._base_manager.count() == 2
