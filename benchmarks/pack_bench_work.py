"""The process behind `pack_bench.py`: makes the shop, then scans and ticks as a packer's browser does."""

import json
import sys
import time
from datetime import timedelta
from typing import Any

import django

from benchmarks.page_shop import SLUG, begin, fill, without_indexes

TIMES = 200
TEXT = "Hello {{ customer.first_name }}, how nice that you are back. Have fun with your new record!"


def make(customers: int) -> tuple[Any, list[str], list[str]]:
    """The shop; orders whose customers have a note waiting, and orders whose customers have none."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from regulars.core import clock, tallies
    from regulars.core.upkeep import note_sizes
    from regulars.decide.contact_policy.actions import grant_due
    from regulars.decide.goals.actions import create_measure
    from regulars.know.orders.models import Order
    from regulars.reach.messaging import actions

    call_command("migrate", verbosity=0)
    now = clock.now()
    shop = begin(now)
    # A build that dies is begun anew: nothing need be undone, or be safe on the disk.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-500000"):
        connection.cursor().execute(f"PRAGMA {pragma}")
    with without_indexes(), transaction.atomic():
        fill(shop, customers, now)
    for one in tallies.KEPT.values():
        tallies.install(one)
    shop.refresh_from_db()
    measure = create_measure(shop, "note", "Note", "win_back", "reactivated_customers", now=now, holdout_share=0)
    actions.save_template(shop, "note", "Note", "de", "A sticker", "", "", now, text=TEXT, channel="parcel_note")
    newest = Order._base_manager.filter(shop=shop, customer__isnull=False).order_by("-placed_at")
    orders = dict(newest.values_list("customer_id", "number")[: customers // 2])
    some = sorted(orders)[: customers // 10]
    until = now + timedelta(days=7)
    for start in range(0, len(some), 1000):
        drafts = [
            actions.MessageDraft(pk, "note", measure.pk, "marketing", 1, now, until, f"note:{pk}")
            for pk in some[start : start + 1000]
        ]
        actions.queue(shop, drafts, now)
    while grant_due(shop, now):
        pass
    while actions.schedule(shop, now):
        pass
    note_sizes()
    connection.close()  # the next connection works as in a shop
    connection.cursor().execute("PRAGMA journal_mode=WAL")
    waiting = set(actions.waiting_by_hand(shop, "parcel_note", now).values_list("customer_id", flat=True))
    assert len(waiting) > TIMES, f"{len(waiting)} notes wait"
    there = [number for pk, number in orders.items() if pk in waiting]
    return shop, there[:TIMES], [number for pk, number in orders.items() if pk not in waiting][:TIMES]


def work(there: list[str], none: list[str]) -> dict[str, dict[str, float]]:
    """what → p95 of its seconds by the wall and by the processor."""
    from django.test import Client

    from regulars.channels.parcel_note.models import ParcelNote
    from regulars.core.models import Staff

    client = Client(HTTP_HOST="127.0.0.1", headers={"X-Bench": "1"})
    client.force_login(
        Staff.objects.get(email="owner@bench.example"), backend="django.contrib.auth.backends.ModelBackend"
    )
    bench, ticks = f"/s/{SLUG}/pack-bench/", f"/s/{SLUG}/pack-bench/ticks/"
    found: dict[str, list[tuple[float, float]]] = {"note": [], "nothing": [], "tick": []}

    def timed(what: str, send: Any, expected: bytes) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = send()
        found[what].append((time.perf_counter() - wall, time.process_time() - cpu))
        assert answer.status_code == 200, answer
        assert expected in answer.content, answer.content[:500]

    client.get(bench)
    for number, other in zip(there, none, strict=True):
        timed("note", lambda number=number: client.post(bench, {"code": number}), b"data-note")
        timed("nothing", lambda other=other: client.post(bench, {"code": other}), b'data-state="nothing"')
        row = ParcelNote._base_manager.select_related("message").latest("pk")
        said = {"key": f"k{row.pk}", "message": row.message_id, "token": row.message.lease_token, "reason": ""}
        said["at"] = row.taken_at.isoformat()
        timed("tick", lambda said=said: client.post(ticks, json.dumps(said), "application/json"), b'"is_good": true')
    return {what: {"wall": _p95(some, 0), "cpu": _p95(some, 1)} for what, some in found.items()}


def _p95(times: list[tuple[float, float]], place: int) -> float:
    values = sorted(one[place] for one in times)
    return values[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    django.setup()
    shop, there, none = make(int(sys.argv[1]))
    print(json.dumps(work(there, none)))
