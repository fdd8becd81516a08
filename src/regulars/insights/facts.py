"""What is exported from the records to the facts: counted orders, returns, refunds, messages, what people did with them,
and contacts; pseudonymous and columnar.

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

    time: the column whose local day says into which month a row goes. columns: exported name → SQL over the table, all
    whole numbers. where: an SQL condition. `moment` (timestamp, UTC) and `day` (date in the shop's zone) are added.
    source: what is read, where that is more than the table; names in `columns` and `where` then say of which, and `owner`
    names the one that has the shop. shop: where a row that is written finds its shop; when: the condition under which it
    matters here. In both, `{row}` is the row.
    """

    name: str
    table: str
    time: str
    columns: dict[str, str]
    where: str = ""
    source: str = ""
    owner: str = ""
    shop: str = "{row}.shop_id"
    when: str = ""

    def select(self, shop_id: int, begin: str = "", end: str = "") -> str:
        """The SELECT that both databases understand; `begin` and `end` are UTC moments as text, half-open."""
        listed = ", ".join(f"{source} AS {name}" for name, source in self.columns.items())
        time = f"{self.table}.{self.time}"
        source = self.source or self.table
        sql = (
            f"SELECT {listed}, {time} AS moment FROM {source} WHERE {self.owner or self.table}.shop_id = {int(shop_id)}"
        )
        if self.where:
            sql += f" AND {self.where}"
        if begin:
            sql += f" AND {time} >= '{begin}' AND {time} < '{end}'"
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
MESSAGES = Fact(
    name="messages",
    table="messaging_message",
    time="sent_at",
    columns={
        "message_id": "id",
        "customer_id": "customer_id",
        "measure_id": "measure_id",
        "is_marketing": "CASE WHEN purpose = 'marketing' THEN 1 ELSE 0 END",
        "tracked": "CASE WHEN may_track THEN 1 ELSE 0 END",
        "bounced": "CASE WHEN bounced_at IS NULL THEN 0 ELSE 1 END",
        "complained": "CASE WHEN complained_at IS NULL THEN 0 ELSE 1 END",
        "unsubscribed": "CASE WHEN unsubscribed_at IS NULL THEN 0 ELSE 1 END",
    },
    where="sent_at IS NOT NULL",
    when="{row}.sent_at IS NOT NULL",
)
"""Messages handed to a channel, whatever came of them."""
OPENED, CLICKED, REPLIED = 1, 2, 3
_BY_PEOPLE = """(({row}.kind IN ('opened', 'clicked') AND {row}.judged_at IS NOT NULL AND NOT {row}.by_machine)
    OR {row}.kind = 'replied')"""
RESPONSES = Fact(
    name="responses",
    table="messaging_delivery",
    time="at",
    columns={
        "response_id": "messaging_delivery.id",
        "message_id": "m.id",
        "customer_id": "m.customer_id",
        "measure_id": "m.measure_id",
        "kind": f"CASE messaging_delivery.kind WHEN 'opened' THEN {OPENED} WHEN 'clicked' THEN {CLICKED} ELSE {REPLIED} END",
    },
    source="messaging_delivery JOIN messaging_message m ON m.id = messaging_delivery.message_id",
    owner="m",
    where=_BY_PEOPLE.format(row="messaging_delivery"),
    shop="(SELECT shop_id FROM messaging_message WHERE id = {row}.message_id)",
    when=_BY_PEOPLE,
)
"""What people (not machines) did with messages: opened, clicked, replied."""
CONTACTS = Fact(
    name="contacts",
    table="contact_policy_contact",
    time="at",
    columns={"contact_id": "id", "customer_id": "customer_id", "measure_id": "measure_id"},
)
"""Contacts the shop made, over all channels; service messages are not among them."""
FACTS = (ORDERS, RETURNS, REFUNDS, MESSAGES, RESPONSES, CONTACTS)

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
