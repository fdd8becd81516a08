"""Whether a fit costs as much a customer at ten times the size. The reference is our own fit of a tenth."""

from functools import partial

from benchmarks.frame import Row, RowSpec, seconds
from benchmarks.lifetimes_shop import CUSTOMERS, histories
from regulars.insights.statistics import bg_nbd

ROWS = [RowSpec("grow.clv", "customers/s", "the same fit at a tenth of the size", must=0.8, aim=1)]


def run(scale: float) -> list[Row]:
    """Fits a shop and one of a tenth of its size."""
    speeds = []
    for part in (1.0, 0.1):
        customers = max(1000, int(CUSTOMERS * scale * part))
        shop = histories(customers)
        fit = partial(bg_nbd.fit, shop["x"], shop["t_x"], shop["T"])
        speeds.append(customers / seconds(fit, times=15, pick=min))
    return [ROWS[0].measured(speeds[0], speeds[1])]
