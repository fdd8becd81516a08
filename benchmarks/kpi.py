"""The monthly cohort table from the snapshot, against pandas with the orders in memory already."""

from benchmarks.facts_shop import ORDERS, forget, shop_of, work
from benchmarks.frame import NotMeasured, Row, RowSpec, reference_python, run_reference

PANDAS = ("pandas==3.1.1", "numpy==2.4.6")
ROWS = [RowSpec("kpi.pandas", "orders/s", f"{PANDAS[0]} group by", must=3, aim=40)]


def run(scale: float) -> list[Row]:
    """Three years of monthly cohorts by both, with the same number of active customers."""
    orders = max(10_000, int(ORDERS * scale))
    folder = shop_of(orders)
    if not (folder / "facts" / "bench" / "manifest.json").exists():
        work("build", folder, orders)
    found = work("cohorts", folder, orders)
    reference = run_reference(reference_python("pandas", PANDAS), "pandas_cohorts.py", str(folder / "flat.npz"))
    if found["active"] != reference["active"]:
        raise NotMeasured(f"{found['active']} are active here and {reference['active']} in the reference")
    forget(orders)
    forget(orders // 10)
    return [ROWS[0].measured(orders / found["seconds"], orders / reference["seconds"])]
