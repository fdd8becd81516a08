"""Workers are killed with SIGKILL at random moments: nobody is lost, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.core.models import Shop
from regulars.journeys import actions
from regulars.journeys.kinds import Entry
from regulars.journeys.models import Enrolment, Journey
from regulars.know.timeline.models import Event

SOURCE = Path(__file__).resolve().parents[3]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("toys")
def test_workers_killed_at_random_lose_and_double_nothing(
    shop: Shop, make_customer: Callable[..., Any], now: datetime, database_url: str, home: Path
) -> None:
    # given 500 people at the first step, each with an effect that only its transaction keeps from happening twice
    measure = actions.launch(shop, "toy", {}, now)
    journey = Journey._base_manager.select_related("measure__goal", "shop").get(measure=measure)
    people = [make_customer(f"N{n}") for n in range(500)]
    actions.enrol(shop, journey, [Entry(one.pk, "k") for one in people], now)
    environment = {
        **os.environ,
        "REGULARS_DATABASE": database_url,
        "REGULARS_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "PYTHONPATH": str(SOURCE),
    }

    def start(at: datetime) -> "subprocess.Popen[str]":
        call = [sys.executable, "-m", "regulars.journeys.tests.killed_worker", at.isoformat()]
        return subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    # when two workers at a time are killed at random moments, all of the same instant: nothing has to run out first
    chance, killed, at_work = random.Random(8), 0, 0
    for _ in range(5):
        workers = [start(now), start(now)]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.12))
            worker.send_signal(signal.SIGKILL)
            killed += worker.wait() == -signal.SIGKILL
        at_work += 0 < Enrolment._base_manager.filter(step="first").count() < len(people)
    assert not Enrolment._base_manager.exclude(status="due").exists()
    last = start(now)
    assert last.wait(timeout=120) == 0

    # then workers really died at work, and everybody was noted exactly once
    assert killed >= 5
    assert at_work > 0
    counts = Counter(Event._base_manager.filter(type="test.noted").values_list("customer_id", flat=True))
    assert counts == {one.pk: 1 for one in people}
    assert set(Enrolment._base_manager.values_list("step", "status")) == {("second", "due")}
