"""The snapshot: agrees with the records, rebuilds what was touched and nothing else, survives its builder's death."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from regulars.insights import facts, snapshot, touched
from regulars.insights.models import SnapshotState, TouchedDay
from regulars.insights.warehouse import open_snapshot
from regulars.know.orders.models import Order, Refund, Return


def total(found: snapshot.Snapshot) -> tuple[int, int]:
    with open_snapshot(found) as warehouse:
        row = warehouse.rows("SELECT COUNT(*) AS n, COALESCE(SUM(value), 0) AS value FROM orders")[0]
    return row["n"], int(row["value"])


def test_the_snapshot_holds_counted_orders_with_the_shops_day(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(
        shop, [("rosa", "2026-05-01 00:30", 1000), ("rosa", "2026-04-30 23:30", 500), (None, "2026-05-02 12:00", 7)]
    )
    write_orders(shop, [("rosa", "2026-05-03 10:00", 99)], is_counted=False)

    found = facts.build(shop, now)

    with open_snapshot(found) as warehouse:
        rows = warehouse.rows("SELECT customer_id, day, value FROM orders ORDER BY moment")
    assert [(row["day"], row["value"]) for row in rows] == [
        (date(2026, 4, 30), 500),
        (date(2026, 5, 1), 1000),  # 22:30 UTC on 30 April: its day is Berlin's
        (date(2026, 5, 2), 7),
    ]
    assert rows[2]["customer_id"] is None
    assert sorted(found.months) == ["2026-04", "2026-05"]
    assert (found.first_day, found.last_day) == (date(2026, 4, 30), date(2026, 5, 2))
    assert found.as_of == now


def test_nothing_personal_leaves_the_records(shop: Any, write_orders: Any, rosa: Any, now: datetime) -> None:
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])

    found = facts.build(shop, now)

    written = b"".join(path.read_bytes() for path in found.root.rglob("*") if path.is_file())
    assert b"Rosa" not in written
    assert b"rosa@example.com" not in written


def test_a_fresh_snapshot_is_left_alone(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])
    first = facts.fresh(shop, now)

    assert snapshot.is_fresh(shop)
    assert facts.fresh(shop, now).token == first.token
    assert facts.build(shop, now).token != first.token


@pytest.mark.postgres
def test_only_touched_months_are_rebuilt(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(
        shop, [("rosa", "2026-03-05 10:00", 1), ("rosa", "2026-04-05 10:00", 2), ("rosa", "2026-05-05 10:00", 4)]
    )
    first = facts.fresh(shop, now)

    write_orders(shop, [("lena", "2026-04-20 10:00", 8)])
    second = facts.fresh(shop, now)

    assert total(second) == (4, 15)
    assert second.months["2026-03"] == first.months["2026-03"]
    assert second.months["2026-05"] == first.months["2026-05"]
    assert second.months["2026-04"].folder != first.months["2026-04"].folder


@pytest.mark.postgres
def test_every_kind_of_change_is_noticed(shop: Any, write_orders: Any, now: datetime) -> None:
    one, two, three = write_orders(
        shop, [("rosa", "2026-03-05 10:00", 1), ("rosa", "2026-04-05 10:00", 2), ("lena", "2026-05-05 10:00", 4)]
    )
    facts.fresh(shop, now)
    orders = Order._base_manager

    orders.filter(pk=one.pk).update(value=100)
    assert total(facts.fresh(shop, now)) == (3, 106)

    orders.filter(pk=two.pk).update(is_counted=False)
    assert total(facts.fresh(shop, now)) == (2, 104)

    orders.filter(pk=one.pk).update(placed_at=datetime(2025, 1, 7, tzinfo=UTC))
    moved = facts.fresh(shop, now)
    assert total(moved) == (2, 104)
    assert moved.first_day == date(2025, 1, 7)
    assert "2026-03" not in moved.months

    orders.filter(pk=three.pk).delete()
    assert total(facts.fresh(shop, now)) == (1, 100)

    Return._base_manager.create(shop=shop, number="r1", returned_at=now, units=1, order_id=one.pk)
    Refund._base_manager.create(shop=shop, number="f1", refunded_at=now, merchandise=30)
    assert not snapshot.is_fresh(shop)
    with open_snapshot(facts.fresh(shop, now)) as warehouse:
        assert warehouse.rows("SELECT order_id, units FROM returns") == [{"order_id": one.pk, "units": 1}]
        assert warehouse.rows("SELECT order_id, merchandise FROM refunds") == [{"order_id": None, "merchandise": 30}]


def test_the_orders_of_another_shop_touch_nothing(shop: Any, write_orders: Any, now: datetime) -> None:
    from regulars.core.models import Shop

    other = Shop.objects.create(slug="other", name="Other")
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])
    write_orders(other, [("x", "2026-05-01 10:00", 5)])
    first = facts.fresh(shop, now)

    write_orders(other, [("x", "2026-05-02 10:00", 5)])

    assert facts.fresh(shop, now).token == first.token
    assert total(first) == (1, 1000)
    assert total(facts.fresh(other, now)) == (2, 10)


def test_a_change_while_a_builder_reads_is_not_lost(
    shop: Any, write_orders: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day is marked seen, the month is read, and then, before the swap, one more order of that day comes."""
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])
    facts.fresh(shop, now)
    write_orders(shop, [("rosa", "2026-05-01 11:00", 10)])
    swap = snapshot._swap_manifest

    def late(fresh: snapshot.Snapshot) -> None:
        write_orders(shop, [("rosa", "2026-05-01 12:00", 1)])
        swap(fresh)

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "_swap_manifest", late)
        assert total(facts.fresh(shop, now)) == (2, 1010)

    assert not snapshot.is_fresh(shop)
    assert total(facts.fresh(shop, now)) == (3, 1011)


def test_missing_triggers_are_set_again_and_everything_is_read(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])
    facts.fresh(shop, now)
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TRIGGER touched_orders_insert" + ("" if connection.vendor == "sqlite" else " ON orders_order")
        )
    write_orders(shop, [("rosa", "2026-05-02 10:00", 10)])
    assert not TouchedDay.objects.exists()

    assert total(facts.fresh(shop, now)) == (2, 1010)
    assert touched.installed()


def test_a_folder_of_other_records_is_not_trusted(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(shop, [("rosa", "2026-05-01 10:00", 1000)])
    first = facts.fresh(shop, now)
    SnapshotState._base_manager.filter(shop=shop).update(current="of a backup")

    assert snapshot.current(shop) is None
    assert facts.fresh(shop, now).token != first.token


def test_another_zone_files_the_days_anew(shop: Any, write_orders: Any, now: datetime) -> None:
    write_orders(shop, [("rosa", "2026-05-01 00:30", 1000)])
    facts.fresh(shop, now)
    shop.timezone = "Europe/London"
    shop.save()

    assert facts.fresh(shop, now).first_day == date(2026, 4, 30)


def test_a_shop_without_orders_has_an_empty_snapshot(shop: Any, now: datetime) -> None:
    found = facts.fresh(shop, now)

    assert total(found) == (0, 0)
    assert (found.first_day, found.last_day, found.months) == (None, None, {})


BUILD = """
    import sys, os, signal
    from datetime import datetime, UTC
    import django
    django.setup()
    from regulars.core.models import Shop
    from regulars.insights import facts, snapshot
    shop = Shop.objects.get()
    if "killed" in sys.argv:
        write, count = snapshot._write_month, [0]
        def dies(*args):
            made = write(*args)
            count[0] += 1
            if count[0] == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            return made
        snapshot._write_month = dies
    found = facts.fresh(shop, datetime(2026, 6, 10, 8, tzinfo=UTC))
    print(found.token, found.rows("orders"))
"""


def build_in_a_process(url: str, home: Path, *words: str) -> "subprocess.Popen[str]":
    source = Path(facts.__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(BUILD), *words],
        env={
            **os.environ,
            "REGULARS_HOME": str(home),
            "REGULARS_DATABASE": url,
            "PYTHONPATH": str(source),
            "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_killed_builder_leaves_the_old_snapshot_and_the_next_one_has_all(
    shop: Any, write_orders: Any, home: Path, database_url: str, now: datetime
) -> None:
    write_orders(shop, [("rosa", f"2026-0{month}-10 10:00", month) for month in (1, 2, 3)])
    first = facts.fresh(shop, now)
    write_orders(shop, [("rosa", f"2026-0{month}-11 10:00", 10 * month) for month in (1, 2, 3)])

    killed = build_in_a_process(database_url, home, "killed")
    killed.wait(60)

    assert killed.returncode == -signal.SIGKILL
    old = snapshot.current(shop)
    assert old is not None
    assert old.token == first.token
    assert total(old) == (3, 6)
    assert total(facts.fresh(shop, now)) == (6, 66)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_builders_at_once_build_once(
    shop: Any, write_orders: Any, home: Path, database_url: str, now: datetime
) -> None:
    write_orders(shop, [("rosa", f"2026-0{month}-10 10:00", month) for month in (1, 2, 3)])

    builders = [build_in_a_process(database_url, home) for _ in range(2)]
    answers = [builder.communicate(timeout=60) for builder in builders]

    assert [builder.returncode for builder in builders] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
    assert answers[0][0].split()[1] == "3"
    folders = json.loads((snapshot.folder_of(shop) / "manifest.json").read_text())["months"]
    assert len(folders) == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_and_builders_at_once_lose_nothing(shop: Any, write_orders: Any, now: datetime) -> None:
    """Eight rounds of a writer beside a builder: in the end the snapshot has every order."""
    write_orders(shop, [("rosa", "2026-01-10 10:00", 1)])
    facts.fresh(shop, now)

    def writing() -> None:
        for day in range(1, 21):
            write_orders(shop, [("rosa", f"2026-02-{day:02d} 10:00", 1)])
        connection.close()

    writer = threading.Thread(target=writing)
    writer.start()
    while writer.is_alive():
        facts.fresh(shop, now)
    writer.join()

    assert total(facts.fresh(shop, now)) == (21, 21)
