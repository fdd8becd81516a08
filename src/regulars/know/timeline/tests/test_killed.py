"""Writers and workers of the timeline, killed at random: no Event is missed, none is handled twice.

Every writer appends facts in small transactions; every worker lets a listener react. A reaction writes an Event of its
own with no source key, in the transaction that takes the due row away: had it happened twice there would be two.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.timeline.models import Event, EventDue

CHILD = """
import os, sys, time
import django
django.setup()
from datetime import timedelta
from django.db import OperationalError
from regulars.core import clock
from regulars.core.listeners import listener
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.timeline import sweeps
from regulars.know.timeline.actions import Fact, record

sweeps.LEASE = timedelta(seconds=2)
sweeps.BATCH = 40

@listener("test.echo", types=["test.happened"])
def echo(shop, events, now):
    record(shop, [Fact("test.echoed", now, data={"of": event.pk}) for event in events], now=now)

shop = Shop.objects.get(slug=sys.argv[2])
with scope(shop=shop):
    n = 0
    until = time.monotonic() + float(sys.argv[3])
    while time.monotonic() < until:
        try:
            if sys.argv[1] == "write":
                now = clock.now()
                facts = [Fact("test.happened", now, data={}, source_key=f"{os.getpid()}:{n + k}") for k in range(5)]
                record(shop, facts, now=now)
                n += 5
                time.sleep(0.01)
            elif not sweeps.react(shop, clock.now()):
                time.sleep(0.05)
        except OperationalError:
            time.sleep(0.05)  # the database is busy: the transaction was rolled back whole
"""


def start(kind: str, shop: Shop, url: str, home: Path, seconds: float) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "REGULARS_HOME": str(home),
        "REGULARS_DATABASE": url,
        "REGULARS_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    return subprocess.Popen([sys.executable, "-c", CHILD, kind, shop.slug, str(seconds)], env=environment)


def torment(shop: Shop, url: str, home: Path, each: int, seconds: float) -> int:
    """Runs `each` writers and as many workers, kills one of them every now and then; returns how many were killed."""
    dice = random.Random(5)
    children = [[kind, start(kind, shop, url, home, seconds)] for kind in ("write", "work") for _ in range(each)]
    killed = 0
    time.sleep(min(4.0, seconds / 2))
    end = time.monotonic() + seconds / 2
    while time.monotonic() < end:
        one = dice.choice(children)
        one[1].kill()
        one[1].wait()
        killed += 1
        one[1] = start(one[0], shop, url, home, seconds / 2)
        time.sleep(dice.uniform(0.3, 1.0))
    for _, child in children:
        child.wait(60)
    return killed


def check_all_handled_once(shop: Shop, url: str, home: Path) -> None:
    last = start("work", shop, url, home, 6)  # leases of the dead run out, and what they held is done
    last.wait(60)
    with scope(shop=shop):
        happened = set(Event.objects.filter(type="test.happened").values_list("pk", flat=True))
        echoes = Counter(data["of"] for data in Event.objects.filter(type="test.echoed").values_list("data", flat=True))
        assert EventDue.objects.count() == 0
    assert len(happened) > 50
    assert set(echoes) == happened  # none missed
    assert set(echoes.values()) == {1}  # none twice


@pytest.mark.slow
@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_workers_killed_at_random(shop: Shop, database_url: str, home: Path) -> None:
    assert connection.vendor == "postgresql"
    assert torment(shop, database_url, home, each=8, seconds=8) >= 3
    check_all_handled_once(shop, database_url, home)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_writers_and_workers_killed_at_random(shop: Shop, database_url: str, home: Path) -> None:
    assert torment(shop, database_url, home, each=2, seconds=8) >= 2
    check_all_handled_once(shop, database_url, home)
