"""What each customer had done by a day: the summary that scores and models start from."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from .facts import SPAN_SELECT
from .periods import month_of
from .snapshot import Snapshot
from .warehouse import Warehouse, literal

EPOCH = date(1970, 1, 1).toordinal()

KEPT = "SELECT * FROM summary"
THROUGH = """
    SELECT customer_id, SUM(orders)::BIGINT AS orders, SUM(days)::BIGINT AS days, SUM(value)::BIGINT AS value,
           MIN(first_day) AS first_day, MAX(last_day) AS last_day, ARG_MIN(first_day_value, first_day) AS first_day_value
    FROM (SELECT * FROM spans WHERE month < {month}
          UNION ALL {cut}) GROUP BY customer_id
"""
"""Whole months from what is kept of them, and the orders of the month that `day` cuts."""

RATED = """
    SELECT *, CAST(1 + (5 * (RANK() OVER (ORDER BY last_day) - 1)) // COUNT(*) OVER () AS INTEGER) AS r,
           CAST(1 + (5 * (RANK() OVER (ORDER BY orders) - 1)) // COUNT(*) OVER () AS INTEGER) AS f,
           CAST(1 + (5 * (RANK() OVER (ORDER BY value) - 1)) // COUNT(*) OVER () AS INTEGER) AS m
    FROM ({summary})
"""
"""RFM of KPIS.md: 1 + floor(5 (rank − 1) / n), minimum rank over ties, best = 5 (the latest, the most, the dearest)."""

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """Arrays of shape (n,), one row a customer with a counted order through `day`, ordered by customer.

    orders: counted orders; days: purchase-days; value: of all, in minor units; first_day, last_day: days since
    1970-01-01; first_day_value: value of the first purchase-day; r, f, m: 1 to 5.
    """

    day: date
    customer_id: IntArray
    orders: IntArray
    days: IntArray
    value: IntArray
    first_day: IntArray
    last_day: IntArray
    first_day_value: IntArray
    r: IntArray
    f: IntArray
    m: IntArray

    def __len__(self) -> int:
        return int(self.customer_id.size)

    @property
    def recency_days(self) -> IntArray:
        """Calendar days from the last counted order to the day after `day`."""
        return self.day.toordinal() - EPOCH + 1 - self.last_day

    def x(self) -> IntArray:
        """Repeat purchase-days."""
        return self.days - 1

    def t_x(self, unit_days: float) -> FloatArray:
        """Time from the first to the last purchase-day."""
        return (self.last_day - self.first_day) / unit_days

    def T(self, unit_days: float) -> FloatArray:
        """Time from the first purchase-day to `day`."""
        return (self.day.toordinal() - EPOCH - self.first_day) / unit_days

    def zbar(self, minor_units: int) -> FloatArray:
        """Mean value of the repeat purchase-days in major units; 0 where there are none."""
        repeats = self.x()
        later = (self.value - self.first_day_value) / minor_units
        return np.divide(later, repeats, out=np.zeros(len(self)), where=repeats > 0)


def sql_through(snapshot: Snapshot, day: date) -> str:
    """The summary through `day` as SQL: the kept one where the day is not before the end of the data."""
    if snapshot.last_day is None or day >= snapshot.last_day:
        return KEPT
    month = month_of(day + timedelta(days=1))
    cut = f"(SELECT * FROM orders WHERE day >= {literal(month)} AND day <= {literal(day)})"
    return THROUGH.format(month=literal(month), cut=SPAN_SELECT.format(month=month, orders=cut))


def through(warehouse: Warehouse, snapshot: Snapshot, day: date) -> Summary:
    """What each customer had done by the end of `day`, with the RFM classes of that day."""
    rated = RATED.format(summary=sql_through(snapshot, day))
    columns: dict[str, Any] = warehouse.arrays(f"{rated} ORDER BY customer_id")
    return Summary(day, **{name: values.astype(np.int64, copy=False) for name, values in columns.items()})


def days_after(warehouse: Warehouse, summary: Summary, last: date) -> tuple[IntArray, IntArray]:
    """(purchase-days, value in minor units) of each customer of `summary` after its day, through `last`."""
    found = warehouse.arrays(
        f"""
        SELECT customer_id, COUNT(DISTINCT day) AS days, SUM(value)::BIGINT AS value FROM orders
        WHERE customer_id IS NOT NULL AND day > {literal(summary.day)} AND day <= {literal(last)}
        GROUP BY customer_id
        """
    )
    days, value = np.zeros(len(summary), np.int64), np.zeros(len(summary), np.int64)
    place = np.searchsorted(summary.customer_id, found["customer_id"])
    place = np.minimum(place, len(summary) - 1)
    known = summary.customer_id[place] == found["customer_id"]
    days[place[known]] = found["days"][known]
    value[place[known]] = found["value"][known]
    return days, value
