"""The live count of a segment with ten conditions, over a million profiles, against the same SQL by hand and DuckDB."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.frame import NotMeasured, Row, RowSpec, home, seconds

CUSTOMERS = 1_000_000
NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
ROWS = [
    RowSpec("segment.sql", "counts/s", "the same SQL by hand, sqlite3", must=0.67, aim=0.9),
    RowSpec("segment.duckdb", "counts/s", "DuckDB on the same columns", must=None, aim=0.5),
]
RULE: dict[str, Any] = {
    "all": [
        {"field": "orders", "op": "at_least", "value": 2},
        {"field": "revenue", "op": "at_least", "value": 5000},
        {"field": "last_order_at", "op": "within_days", "value": 365},
        {"field": "first_order_at", "op": "longer_ago", "value": 90},
        {"field": "discount_share", "op": "at_most", "value": 0.5},
        {"field": "returns", "op": "at_most", "value": 3},
        {"field": "may_email", "op": "is", "value": True},
        {"field": "country", "op": "one_of", "value": ["DE", "AT", "CH"]},
        {"field": "r", "op": "at_least", "value": 2},
        {"field": "p_alive", "op": "at_least", "value": 0.3},
    ]
}
CONDITIONS = (
    "orders >= 2 AND revenue >= 5000 AND last_order_at >= '{year}' AND first_order_at < '{quarter}' "
    "AND discount_share <= 0.5 AND returns <= 3 AND may_email AND country IN ('DE', 'AT', 'CH') AND r >= 2 "
    "AND p_alive >= 0.3"
)
USED = (
    "orders", "revenue", "last_order_at", "first_order_at", "discount_share", "returns", "may_email", "country", "r",
    "p_alive",
)  # fmt: skip


def _conditions() -> str:
    ago = {"year": NOW - timedelta(days=365), "quarter": NOW - timedelta(days=90)}
    return CONDITIONS.format(**{name: f"{moment:%Y-%m-%d %H:%M:%S}" for name, moment in ago.items()})


def _expression(field: Any) -> str:
    """SQL that gives a column made-up values out of n, spread by a multiplicative hash, a different one each column."""
    salt = sum(map(ord, field.name)) * 2 + 1
    draw = f"(((n * {2_654_435_761 + salt * 40_503}) >> 7) % 1000)"
    special = {
        "customer": "n",
        "shop": "1",
        "orders": f"{draw} / 100",
        "revenue": f"{draw} * 40",
        "country": f"CASE {draw} % 5 WHEN 0 THEN 'DE' WHEN 1 THEN 'AT' WHEN 2 THEN 'CH' WHEN 3 THEN 'FR' ELSE '' END",
        "returns": f"{draw} / 160",
        "birthday": f"{draw} % 12 * 100 + 101",
    }
    if field.name in special:
        return special[field.name]
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        return f"datetime('2026-06-10', '-' || {draw} || ' days')"
    if kind == "FloatField":
        return f"{draw} / 1000.0"
    if kind == "BooleanField":
        return f"{draw} % 3 > 0"
    if kind == "CharField":
        return f"'text ' || {draw} % 30"
    return f"{draw} % 6" if kind == "PositiveSmallIntegerField" else draw


def _filled(customers: int) -> Path:
    """A database of its own, with the table as the migrations make it and so many profiles."""
    from django.db import connections

    from regulars.decide.segments.models import CustomerProfile

    path = home() / "segment.sqlite3"
    path.unlink(missing_ok=True)
    default = connections["default"].settings_dict
    connections.databases["segment_bench"] = {
        **default,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"init_command": PRAGMAS},
    }
    connection = connections["segment_bench"]
    with connection.schema_editor() as editor:
        editor.create_model(CustomerProfile)
    fields = CustomerProfile._meta.concrete_fields
    names = ", ".join(field.column for field in fields)
    table = CustomerProfile._meta.db_table
    with closing(sqlite3.connect(path)) as filler:  # without foreign keys: the other tables are not there
        filler.execute(
            f"INSERT INTO {table} ({names}) "
            f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {customers}) "
            f"SELECT {', '.join(_expression(field) for field in fields)} FROM c"
        )
        filler.commit()
    return path


PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
"""As in production, but without the waits for the disk."""


def run(scale: float) -> list[Row]:
    """Counts by the rule, by hand and by DuckDB, and refuses a comparison whose counts differ."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.db import connections

    from regulars.core.models import Shop
    from regulars.decide.segments import rules

    shop = Shop(pk=1, slug="bench", timezone="Europe/Berlin")
    path = _filled(max(1000, int(CUSTOMERS * scale)))
    byhand = sqlite3.connect(path)
    byhand.executescript(PRAGMAS)
    statement = f"SELECT COUNT(*) FROM segments_customerprofile WHERE shop_id = 1 AND {_conditions()}"
    try:

        def ours() -> int:
            return rules.queryset(shop, RULE, NOW).using("segment_bench").count()

        def theirs() -> int:
            return int(byhand.execute(statement).fetchone()[0])

        if ours() != theirs() or not ours():
            raise NotMeasured(f"the rule counts {ours()}, the SQL by hand {theirs()}")
        taken, reference = _in_turns(ours, theirs)
        column_store = _duckdb(byhand, theirs())
    finally:
        byhand.close()
        connections["segment_bench"].close()
        del connections["segment_bench"], connections.databases["segment_bench"]
        for file in path.parent.glob("segment.sqlite3*"):
            file.unlink()
    return [
        ROWS[0].measured(1 / taken, 1 / reference),
        ROWS[1].measured(1 / taken, 1 / column_store),
    ]


def _in_turns(ours: Any, theirs: Any, rounds: int = 7) -> tuple[float, float]:
    """The best time of each, measured in turns, so that a busy moment of the machine falls on both."""
    taken = [(seconds(ours, times=1), seconds(theirs, times=1)) for _ in range(rounds)]
    return min(one for one, _other in taken), min(other for _one, other in taken)


def _duckdb(byhand: sqlite3.Connection, expected: int) -> float:
    """Seconds of the same count in DuckDB, on a table of its own with the columns that the rule asks for."""
    import duckdb
    import pyarrow as pa

    rows = byhand.execute(f"SELECT {', '.join(USED)} FROM segments_customerprofile").fetchall()
    table = pa.table(dict(zip(USED, map(pa.array, zip(*rows, strict=True)), strict=True)))
    del rows
    with duckdb.connect() as connection:
        connection.register("given", table)
        connection.execute(
            "CREATE TABLE profile AS SELECT * REPLACE (last_order_at::TIMESTAMP AS last_order_at, "
            "first_order_at::TIMESTAMP AS first_order_at, may_email::BOOLEAN AS may_email) FROM given"
        )
        statement = f"SELECT COUNT(*) FROM profile WHERE {_conditions()}"

        def count() -> int:
            found = connection.execute(statement).fetchone()
            return int(found[0]) if found else 0

        if count() != expected:
            raise NotMeasured(f"DuckDB counts {count()} instead of {expected}")
        return seconds(count, times=9, pick=min)
