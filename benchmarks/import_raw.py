"""Order lines from Parquet into records, validated and idempotent, against the same rows by raw executemany; and what it
takes meanwhile: memory, and the only place to write."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.frame import NotMeasured, Row, RowSpec, home

LINES = 1_000_000
LINES_AN_ORDER = 4
ROWS = [
    RowSpec("import.raw", "lines/s", "the same rows by raw executemany into the same tables", must=0.15, aim=0.4),
    RowSpec("import.memory_mb", "600 MB ÷ peak MB", "600 MB", must=1.0, aim=None),
    RowSpec("import.lock", "100 ms ÷ ms that a transaction keeps other writers out, p95", "100 ms", must=1.0, aim=2.0),
]
CHILD = """
import json, sys, time
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from regulars.connectors.files import order_import
from regulars.connectors.files.actions import perform, shop_for_import, start_run
from regulars.core import clock
now = clock.now()
shop = shop_for_import("bench", now=now, create=True, currency="EUR", timezone="Europe/Berlin")
held = []
def timed(*arguments, write=order_import._write):
    began = time.perf_counter()
    write(*arguments)
    held.append(time.perf_counter() - began)
order_import._write = timed
began = time.perf_counter()
run = start_run(shop, "orders", Path(sys.argv[1]), now=now, preset="generic")
perform(run, now, clock=clock.now)
seconds = time.perf_counter() - began
# The kernel's own mark of this program: ru_maxrss would begin with the peak of the process that started it.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "counts": run.counts, "peak_mb": peak / 1024,
                  "held_ms": 1000 * sorted(held)[int(0.95 * len(held))]}))
"""
TABLES = ("customers_customer", "orders_product", "orders_order", "orders_orderline")


def run(scale: float) -> list[Row]:
    """Both on a database of their own; ours in a process of its own, whose peak memory is taken."""
    lines = max(10_000, int(LINES * scale))
    folder = home() / "import"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.sqlite3*"):
        old.unlink()
    source = _file(folder / f"lines-{lines}.parquet", lines)
    ours = _imported(folder, source)
    if ours["counts"]["rows"] != lines or ours["counts"]["rejected"]:
        raise NotMeasured(f"the import says {ours['counts']}")
    reference = _raw(folder)
    raw, memory, lock = ROWS
    measured = [raw.measured(lines / ours["seconds"], lines / reference)]
    measured.append(memory.measured(600 / ours["peak_mb"], 1.0))
    measured.append(lock.measured(100 / ours["held_ms"], 1.0))
    return measured


def _file(path: Path, lines: int) -> Path:
    """Made-up lines: orders of four lines, an eighth as many customers as orders, 4,000 products."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.exists():
        start = datetime(2024, 1, 1, tzinfo=UTC)
        orders = [n // LINES_AN_ORDER for n in range(lines)]
        table = pa.table(
            {
                "order": [str(order) for order in orders],
                "customer": [f"c{order * 2_654_435_761 % (lines // 32 + 1)}" for order in orders],
                "date": pa.array([start + timedelta(seconds=61 * order) for order in orders], pa.timestamp("s", "UTC")),
                "sku": [f"sku-{n * 40_503 % 4000}" for n in range(lines)],
                "title": [f"Record number {n * 40_503 % 4000}" for n in range(lines)],
                "quantity": [1 + n % 3 for n in range(lines)],
                "price": [(500 + n * 7919 % 3000) / 100 for n in range(lines)],
            }
        )
        pq.write_table(table, path)
    return path


def _imported(folder: Path, source: Path) -> dict[str, Any]:
    environment = os.environ | {
        "REGULARS_HOME": str(folder),
        "REGULARS_DATABASE": f"sqlite:///{folder}/ours.sqlite3",
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(source)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotMeasured(done.stderr[-2000:])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _raw(folder: Path) -> float:
    """Seconds that sqlite3 takes for the rows the import wrote, in tables with the same constraints and indexes."""
    with (
        closing(sqlite3.connect(folder / "ours.sqlite3")) as ours,
        closing(sqlite3.connect(folder / "raw.sqlite3")) as raw,
    ):
        raw.execute("PRAGMA journal_mode=WAL")
        schema = ours.execute(
            f"SELECT tbl_name, sql FROM sqlite_master WHERE sql NOT NULL AND tbl_name IN {TABLES} ORDER BY type DESC"
        )
        for _table, statement in schema.fetchall():
            raw.execute(statement)
        contents = {table: ours.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        began = time.perf_counter()
        for table, rows in contents.items():
            raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
        raw.commit()
        return time.perf_counter() - began
