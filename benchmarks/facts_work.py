"""The work of the rows facts and kpi, run in a process of its own: `python -m benchmarks.facts_work VERB FOLDER ORDERS`.

FOLDER becomes a REGULARS_HOME with one shop of so many orders of a tenth as many customers over three years, in records as
an import leaves them, and beside it `flat.parquet` and `flat.npz` (customer_id, day, value): the same orders as the
references read them.
Verbs: `make`, `build` (the snapshot from the records), `summary`, `cohorts`. Each prints JSON: seconds, and the answer in short.
"""

import json
import os
import sqlite3
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

NOW = datetime(2026, 1, 1, 6, tzinfo=UTC)
FIRST, LAST = date(2023, 1, 1), date(2025, 12, 31)
TIMES = 3

NUMBERS = "WITH RECURSIVE t(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM t WHERE i < {orders} - 1)"
CUSTOMER = "1 + CAST({customers} * u * u * (0.2 + 0.8 * i / {orders}) AS INTEGER)"
MIXED = "SELECT i, (i * 7919 % 1000003) / 1000003.0 AS u, 1672531200 + (i * 94607999) / {orders} AS second FROM t"
VALUE = "1000 + i * 6151 % 9001"
"""The same arithmetic in SQLite and DuckDB. Orders lie in the order of time, as an import writes them; new customers come all
the time and few buy often (u is spread evenly over 0 to 1)."""


def setup(folder: Path) -> Any:
    os.environ["REGULARS_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "regulars.config.settings"
    os.environ.pop("REGULARS_DATABASE", None)
    import django

    django.setup()
    from regulars.core.models import Shop

    return Shop


def make(folder: Path, orders: int) -> dict[str, Any]:
    """Writes the records and the flat file, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "made").exists():
        return {"seconds": 0.0}
    began = time.perf_counter()
    (folder / "regulars.sqlite3").unlink(missing_ok=True)
    shops = setup(folder)
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, skip_checks=True)
    shops.objects.create(pk=1, slug="bench", name="Bench", timezone="UTC")
    connection.close()
    _ingest(folder, orders)
    (folder / "made").touch()
    return {"seconds": time.perf_counter() - began}


def _ingest(folder: Path, orders: int) -> None:
    """Made inside SQLite, with the indexes set afterwards: this is not what is measured."""
    import duckdb

    sizes = {"orders": orders, "customers": max(1, orders // 10)}
    known = {
        "id": "i + 1", "shop_id": "1", "customer_id": CUSTOMER, "number": "'R' || i", "currency": "'EUR'",
        "placed_at": "strftime('%Y-%m-%d %H:%M:%S', second, 'unixepoch')", "status": "'placed'", "is_test": "0",
        "is_counted": "1", "list_value": VALUE, "discount": "0", "value": VALUE, "units": "1 + i % 4",
        "cancelled_at": "NULL", "tax": "NULL", "shipping": "NULL",
    }  # fmt: skip
    with sqlite3.connect(folder / "regulars.sqlite3") as database:
        database.execute("PRAGMA synchronous = OFF")
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'orders_order' AND sql IS NOT NULL"
        ).fetchall()
        for name, _sql in indexes:
            database.execute(f'DROP INDEX "{name}"')
        columns = [row[1] for row in database.execute("PRAGMA table_info(orders_order)")]
        listed = ", ".join(f"{known.get(name, chr(39) * 2)} AS {name}" for name in columns)
        sql = f"INSERT INTO orders_order ({', '.join(columns)}) {NUMBERS} SELECT {listed} FROM ({MIXED})"
        database.execute(sql.format(**sizes))
        for _name, sql in indexes:
            database.execute(sql)
    database.close()
    day = "CAST(make_timestamp(second * 1000000) AS DATE)"
    flat = f"SELECT {CUSTOMER} AS customer_id, {day} AS day, {VALUE} AS value FROM ({MIXED})"
    with duckdb.connect() as engine:
        # DuckDB's / does not cut off, and its CAST rounds.
        flat = flat.replace("94607999) / {orders}", "94607999) // {orders}")
        flat = flat.replace("CAST({customers}", "CAST(FLOOR({customers}").replace("AS INTEGER)", ") AS BIGINT)")
        engine.execute(f"CREATE VIEW t AS SELECT range AS i FROM range({orders})")
        engine.execute(f"COPY ({flat.format(**sizes)}) TO '{folder / 'flat.parquet'}' (FORMAT parquet)")
        arrays = engine.execute(f"SELECT customer_id, day, value FROM '{folder / 'flat.parquet'}'").fetchnumpy()
    days = arrays["day"].astype("datetime64[D]").astype(np.int32)
    np.savez(folder / "flat.npz", customer_id=arrays["customer_id"], day=days, value=arrays["value"])


def build(folder: Path, orders: int) -> dict[str, Any]:
    """The whole snapshot from the records."""
    shop = setup(folder).objects.get(slug="bench")
    from regulars.insights import facts

    began = time.perf_counter()
    made = facts.build(shop, NOW)
    seconds = time.perf_counter() - began
    assert made.rows("orders") == orders, made.rows("orders")
    return {"seconds": seconds, "orders": orders}


def summary(folder: Path, orders: int) -> dict[str, Any]:
    """What each customer had done, opened from the snapshot anew each time."""
    shop = setup(folder).objects.get(slug="bench")
    from regulars.insights import snapshot
    from regulars.insights.summary import KEPT
    from regulars.insights.warehouse import open_snapshot

    at = snapshot.current(shop)
    assert at is not None
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        with open_snapshot(at) as warehouse:
            found = warehouse.arrays(KEPT)
        taken.append(time.perf_counter() - began)
    return {
        "seconds": sorted(taken[1:])[TIMES // 2],
        "customers": int(found["customer_id"].size),
        "days": int(found["days"].sum()),
        "value": int(found["value"].sum()),
    }


def cohorts(folder: Path, orders: int) -> dict[str, Any]:
    """The monthly cohort table, opened from the snapshot anew each time."""
    shop = setup(folder).objects.get(slug="bench")
    from regulars.insights import kpis, snapshot

    at = snapshot.current(shop)
    assert at is not None
    taken = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        [table] = kpis.compute(shop, FIRST, date(2026, 1, 1), ["cohort_retention"], now=NOW, snapshot=at)
        taken.append(time.perf_counter() - began)
    cells = table.detail["cohorts"]
    return {
        "seconds": sorted(taken[1:])[TIMES // 2],
        "cells": sum(len(cohort["active"]) for cohort in cells.values()),
        "active": sum(sum(cohort["active"]) for cohort in cells.values()),
    }


if __name__ == "__main__":
    verbs = {"make": make, "build": build, "summary": summary, "cohorts": cohorts}
    print(json.dumps(verbs[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
