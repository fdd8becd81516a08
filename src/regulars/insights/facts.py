"""What is exported from the records to the facts: counted orders, returns and refunds, pseudonymous and columnar.

Each fact is one Parquet file a month (of the shop's zone). No name, address or text leaves
the records: a customer is a number that means something there only. A new fact is one more entry of `FACTS`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from regulars.core.models import Shop

if TYPE_CHECKING:
    from .snapshot import Snapshot


@dataclass(frozen=True)
class Fact:
    """A table of the records as it is exported.

    time: the column whose local day says into which month a row goes. columns: exported name → column of the table, all
    whole numbers. where: an SQL condition. `moment` (timestamp, UTC) and `day` (date in the shop's zone) are added.
    """

    name: str
    table: str
    time: str
    columns: dict[str, str]
    where: str = ""

    def select(self, shop_id: int, begin: str = "", end: str = "") -> str:
        """The SELECT that both databases understand; `begin` and `end` are UTC moments as text, half-open."""
        listed = ", ".join(f"{source} AS {name}" for name, source in self.columns.items())
        sql = f"SELECT {listed}, {self.time} AS moment FROM {self.table} WHERE shop_id = {int(shop_id)}"
        if self.where:
            sql += f" AND {self.where}"
        if begin:
            sql += f" AND {self.time} >= '{begin}' AND {self.time} < '{end}'"
        return sql


ORDERS = Fact(
    name="orders",
    table="orders_order",
    time="placed_at",
    columns={
        "order_id": "id",
        "customer_id": "customer_id",
        "value": "value",
        "list_value": "list_value",
        "discount": "discount",
        "units": "units",
    },
    where="is_counted",
)
RETURNS = Fact(
    name="returns",
    table="orders_return",
    time="returned_at",
    columns={
        "return_id": "id",
        "order_id": "order_id",
        "customer_id": "customer_id",
        "units": "units",
        "value": "value",
    },
)
REFUNDS = Fact(
    name="refunds",
    table="orders_refund",
    time="refunded_at",
    columns={
        "refund_id": "id",
        "order_id": "order_id",
        "customer_id": "customer_id",
        "merchandise": "merchandise",
        "total": "total",
    },
)
FACTS = (ORDERS, RETURNS, REFUNDS)

SPANS = "spans"
"""Derived from `orders` while a month is written: what each customer did in that month, so that a summary over all time
adds up months instead of reading orders."""
SPAN_COLUMNS = {
    "customer_id": "BIGINT",
    "month": "DATE",
    "orders": "BIGINT",
    "days": "BIGINT",
    "value": "BIGINT",
    "first_day": "DATE",
    "last_day": "DATE",
    "first_day_value": "BIGINT",
}
SPAN_SELECT = """
    SELECT customer_id, DATE '{month}' AS month, SUM(orders)::BIGINT AS orders, COUNT(*) AS days,
           SUM(value)::BIGINT AS value, MIN(day) AS first_day, MAX(day) AS last_day,
           ARG_MIN(value, day) AS first_day_value
    FROM (SELECT customer_id, day, COUNT(*) AS orders, SUM(value)::BIGINT AS value
          FROM {orders} WHERE customer_id IS NOT NULL GROUP BY customer_id, day)
    GROUP BY customer_id
"""
"""days: purchase-days (days with a counted order), the purchases of BG/NBD. first_day_value: value of that first day."""

SUMMARY = "summary"
"""Derived from all `spans` when a snapshot is built: one row a customer."""
SUMMARY_COLUMNS = {name: kind for name, kind in SPAN_COLUMNS.items() if name != "month"}
SUMMARY_SELECT = """
    SELECT customer_id, SUM(orders)::BIGINT AS orders, SUM(days)::BIGINT AS days, SUM(value)::BIGINT AS value,
           MIN(first_day) AS first_day, MAX(last_day) AS last_day, ARG_MIN(first_day_value, first_day) AS first_day_value
    FROM {spans} GROUP BY customer_id
"""
COHORTS = "cohort_cells"
"""Derived with the summary: how many of those who first ordered in month `cohort` ordered in `month`."""
COHORT_COLUMNS = {"cohort": "DATE", "month": "DATE", "customers": "BIGINT"}
COHORT_SELECT = """
    SELECT CAST(date_trunc('month', summary.first_day) AS DATE) AS cohort, spans.month, COUNT(*) AS customers
    FROM {spans} AS spans JOIN {summary} AS summary USING (customer_id) GROUP BY ALL
"""
DERIVED_COLUMNS = {SPANS: SPAN_COLUMNS, SUMMARY: SUMMARY_COLUMNS, COHORTS: COHORT_COLUMNS}


def build(shop: Shop, now: datetime) -> "Snapshot":
    """Builds the snapshot of `shop` from all records, however fresh the present one is."""
    from . import snapshot

    return snapshot.refresh(shop, now, whole=True)


def fresh(shop: Shop, now: datetime) -> "Snapshot":
    """The snapshot that agrees with the records: the present one, or a new one of which only touched months are rebuilt."""
    from . import snapshot

    return snapshot.refresh(shop, now)
