"""The process behind `calendar.py`: makes the shop and looks at its calendar again and again."""

import json
import sys
import time
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django

TIMES = 30
MONTH = date(2026, 6, 1)


def make(measures: int) -> Any:
    """A shop, its owner, and a month that is full: entries that repeat too, announcements, campaigns planned and sent."""
    from django.core.management import call_command

    from regulars.core import clock
    from regulars.core.actions import create_shop
    from regulars.core.models import Membership, Staff
    from regulars.core.roles import Role
    from regulars.core.scoping import scope
    from regulars.decide.goals import actions as goals
    from regulars.decide.goals.models import Measure
    from regulars.decide.segments.models import Segment
    from regulars.journeys.calendar import actions
    from regulars.journeys.campaigns.models import Campaign

    call_command("migrate", verbosity=0)
    now = clock.now()
    shop = create_shop("bench", now=now, sender_email="post@bench.example", timezone="Europe/Berlin")
    owner = Staff.objects.create_user("owner@bench.example", "a good long word", name="Rosa")
    Membership.objects.create(shop=shop, staff=owner, role=Role.OWNER)
    start = datetime(MONTH.year, MONTH.month, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    with scope(shop=shop):
        segments = [
            Segment.objects.create(
                shop=shop, key=f"s{n}", name=f"Segment {n}", rule={"all": []}, size=1000, created_at=now, updated_at=now
            )
            for n in range(10)
        ]
        for number in range(measures):
            measure: Measure = goals.create_measure(
                shop, f"m{number}", f"Measure {number}", "hold", "customer_retention_rate", now=now
            )
            begins = start + timedelta(days=number % 28, hours=number % 9)
            actions.add(
                shop,
                {
                    "title": f"Entry {number} of this month", "kind": ("event", "call", "mailing", "promotion")[number % 4],
                    "begins_at": begins, "ends_at": begins + timedelta(hours=2), "announced_at": begins - timedelta(days=2),
                    "segment": segments[number % 10], "measure": measure,
                    "recurrence": "FREQ=WEEKLY" if number % 10 == 0 else "",
                },
                now,
            )  # fmt: skip
            Campaign.objects.create(
                shop=shop, key=f"c{number}", name=f"Campaign {number}", goal="hold", kpi="x", begins_at=begins,
                status="planned" if number % 2 else "done", measure=measure, segment=segments[number % 10], agreed=1000,
                created_at=now, updated_at=now,
            )  # fmt: skip
    return shop


def visit() -> dict[str, dict[str, float]]:
    """view → seconds of wall and of processor time (p95), and the size of the page."""
    from django.core.cache import cache
    from django.test import Client

    from regulars.core.models import Staff

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(
        Staff.objects.get(email="owner@bench.example"), backend="django.contrib.auth.backends.ModelBackend"
    )
    found = {}
    for view in ("month", "week", "list"):
        address = f"/s/bench/calendar/?view={view}&day={MONTH}"
        answer = client.get(address)
        assert answer.status_code == 200, answer
        walls, cpus = [], []
        for _n in range(TIMES):
            cache.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            client.get(address)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        found[view] = {"wall": _p95(walls), "cpu": _p95(cpus), "bytes": len(answer.content)}
    return found


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    django.setup()
    make(int(sys.argv[1]))
    print(json.dumps(visit()))
