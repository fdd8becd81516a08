"""The snapshot from the records, and the summary of each customer from the snapshot."""

import sys
from pathlib import Path

from benchmarks.facts_shop import ORDERS, shop_of, work
from benchmarks.frame import NotMeasured, Row, RowSpec, run_reference
from benchmarks.lifetimes_shop import REFERENCE, lifetimes_python

ROWS = [
    RowSpec("facts.copy", "orders/s", "ADBC-to-Parquet copy of the same rows", must=0.5, aim=0.9),
    RowSpec("facts.duckdb", "orders/s", "DuckDB GROUP BY over one Parquet file", must=0.67, aim=1),
    RowSpec("facts.lifetimes", "orders/s", f"{REFERENCE} summary_data_from_transaction_data", must=10, aim=100),
    RowSpec("grow.facts", "orders/s", "facts.copy at a tenth of the size", must=0.8, aim=1),
]

ROUNDS = 2
OURS = Path(sys.executable)
"""ADBC, pyarrow and DuckDB are the very ones that we use: the reference is what they do without us."""


def run(scale: float) -> list[Row]:
    """Copy, then summaries of the same orders, each answer held against the reference's; then the copy of a tenth."""
    orders = max(10_000, int(ORDERS * scale))
    folder = shop_of(orders)
    built, copied = _build_and_copy(folder, orders)
    found = work("summary", folder, orders)
    duckdb = run_reference(OURS, "duckdb_summary.py", str(folder / "flat.parquet"))
    _same(found, duckdb, ("customers", "days", "value"))
    lifetimes = run_reference(lifetimes_python(), "lifetimes_summary.py", str(folder / "flat.npz"))
    _same({**found, "repeats": found["days"] - found["customers"]}, lifetimes, ("customers", "repeats"))
    tenth = orders // 10
    small = min(work("build", shop_of(tenth), tenth)["seconds"] for _ in range(ROUNDS))
    return [
        ROWS[0].measured(orders / built, orders / copied),
        ROWS[1].measured(orders / found["seconds"], orders / duckdb["seconds"]),
        ROWS[2].measured(orders / found["seconds"], orders / lifetimes["seconds"]),
        ROWS[3].measured(orders / built, tenth / small),
    ]


def _build_and_copy(folder: Path, orders: int) -> tuple[float, float]:
    """Seconds of both, in turns and the better of each: they take long enough for a busy machine to disturb one of them."""
    built, copied = [], []
    for _ in range(ROUNDS):
        copy = run_reference(OURS, "adbc_copy.py", str(folder / "regulars.sqlite3"), str(folder / "copy.parquet"))
        (folder / "copy.parquet").unlink()
        if copy["rows"] != orders:
            raise NotMeasured(f"the copy has {copy['rows']} rows, not {orders}")
        copied.append(copy["seconds"])
        built.append(work("build", folder, orders)["seconds"])
    return min(built), min(copied)


def _same(ours: dict[str, float], theirs: dict[str, float], names: tuple[str, ...]) -> None:
    for name in names:
        if ours[name] != theirs[name]:
            raise NotMeasured(f"{name} is {ours[name]} here and {theirs[name]} in the reference")
