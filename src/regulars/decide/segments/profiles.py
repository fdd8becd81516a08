"""Profiles: computed from the records as a set, in SQL that SQLite and PostgreSQL both understand.

Only touched customers are recomputed: `listeners.py` hands over those whose orders, data or consents changed, and the
nightly sweep those whose orders or contacts crossed the edge of a window of 30, 90 or 365 days.

An upper module that knows more of a customer adds columns with `contribute` (contact_policy: what we may and did).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, router, transaction

from regulars.core.models import Shop
from regulars.know.customers.models import Customer

from .models import CustomerProfile, ProfileState, Segment

WINDOWS = (30, 90, 365)
BATCH = 2000
"""Customers in one transaction: on SQLite a write transaction stays well under 100 ms."""


@dataclass(frozen=True)
class Part:
    """Some columns of the profile, computed together.

    columns: column → SQL expression over `c` (the customer) and the parts joined as `name`. cte: the body of a common
    table expression called `name` with a column `customer_id`; "{ids}" in it stands for the customers' condition on
    `customer_id`. Placeholders: "{d30}", "{d90}", "{d365}", "{now}" are moments, "{shop}" the shop's id.
    dated: the table and column whose rows fall out of the windows of days as time goes by, if the part has windows.
    """

    name: str
    cte: str
    columns: dict[str, str]
    dated: tuple[str, str] | None = None


PARTS: dict[str, Part] = {}


def contribute(name: str, cte: str, columns: dict[str, str], *, dated: tuple[str, str] | None = None) -> None:
    """Adds columns to the profile. They must be columns of CustomerProfile."""
    PARTS[name] = Part(name, cte, columns, dated)


contribute(
    "placed",
    """
    SELECT customer_id, placed_at, value, list_value, discount, units, voucher_code,
           ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY placed_at, id) AS nth,
           ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY placed_at DESC, id DESC) AS nth_last
    FROM orders_order WHERE is_counted AND {ids}
    """,
    {},
    dated=("orders_order", "placed_at"),
)
contribute(
    "bought",
    """
    SELECT customer_id, COUNT(*) AS orders, SUM(value) AS revenue, SUM(list_value) AS list_revenue,
           SUM(discount) AS discount, SUM(units) AS units, MIN(placed_at) AS first_order_at,
           MAX(CASE WHEN nth = 2 THEN placed_at END) AS second_order_at, MAX(placed_at) AS last_order_at,
           MAX(value) AS largest_basket, MAX(CASE WHEN nth_last = 1 THEN value END) AS last_basket,
           SUM(CASE WHEN placed_at > {d30} THEN 1 ELSE 0 END) AS orders_30,
           SUM(CASE WHEN placed_at > {d90} THEN 1 ELSE 0 END) AS orders_90,
           SUM(CASE WHEN placed_at > {d365} THEN 1 ELSE 0 END) AS orders_365,
           SUM(CASE WHEN placed_at > {d30} THEN value ELSE 0 END) AS revenue_30,
           SUM(CASE WHEN placed_at > {d90} THEN value ELSE 0 END) AS revenue_90,
           SUM(CASE WHEN placed_at > {d365} THEN value ELSE 0 END) AS revenue_365,
           SUM(CASE WHEN discount > 0 THEN 1 ELSE 0 END) AS discounted_orders,
           SUM(CASE WHEN voucher_code <> '' THEN 1 ELSE 0 END) AS voucher_orders
    FROM placed GROUP BY customer_id
    """,
    {
        **{
            name: f"COALESCE(bought.{name}, 0)"
            for name in (
                "orders", "revenue", "list_revenue", "discount", "units", "orders_30", "orders_90", "orders_365",
                "revenue_30", "revenue_90", "revenue_365", "discounted_orders", "voucher_orders",
            )
        },
        **{
            name: f"bought.{name}"
            for name in ("first_order_at", "second_order_at", "last_order_at", "largest_basket", "last_basket")
        },
        "average_basket": "CAST(ROUND(1.0 * bought.revenue / bought.orders) AS BIGINT)",
        "discount_share": "1.0 * bought.discount / NULLIF(bought.list_revenue, 0)",
        "days_between_orders": (
            "CASE WHEN bought.orders > 1 "
            "THEN {days:bought.first_order_at:bought.last_order_at} / (bought.orders - 1) END"
        ),
    },
)  # fmt: skip
contribute(
    "cancelled",
    """
    SELECT customer_id, COUNT(*) AS orders FROM orders_order WHERE status = 'cancelled' AND {ids} GROUP BY customer_id
    """,
    {"cancelled_orders": "COALESCE(cancelled.orders, 0)"},
)
contribute(
    "wares",
    """
    SELECT o.customer_id, COALESCE(p.category, '') AS category, l.sku, SUM(l.value) AS value
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id LEFT JOIN orders_product p ON p.id = l.product_id
    WHERE o.is_counted AND l.is_merchandise AND {ids:o} GROUP BY o.customer_id, COALESCE(p.category, ''), l.sku
    """,
    {},
)
contribute(
    "tastes",
    """
    SELECT customer_id, COUNT(DISTINCT sku) AS products, COUNT(DISTINCT NULLIF(category, '')) AS categories
    FROM wares GROUP BY customer_id
    """,
    {"products": "COALESCE(tastes.products, 0)", "categories": "COALESCE(tastes.categories, 0)"},
)
contribute(
    "favourites",
    """
    SELECT customer_id, category FROM (
        SELECT customer_id, category,
               ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY SUM(value) DESC, category) AS nth
        FROM wares WHERE category <> '' GROUP BY customer_id, category
    ) AS ranked WHERE nth = 1
    """,
    {"favourite_category": "COALESCE(favourites.category, '')"},
)
contribute(
    "back",
    """
    SELECT customer_id, COUNT(*) AS returns, SUM(units) AS units, MAX(returned_at) AS last_return_at
    FROM orders_return WHERE {ids} GROUP BY customer_id
    """,
    {
        "returns": "COALESCE(back.returns, 0)",
        "returned_units": "COALESCE(back.units, 0)",
        "return_share": "1.0 * COALESCE(back.units, 0) / NULLIF(bought.units, 0)",
        "last_return_at": "back.last_return_at",
    },
)
contribute(
    "repaid",
    "SELECT customer_id, SUM(merchandise) AS merchandise FROM orders_refund WHERE {ids} GROUP BY customer_id",
    {
        "refunded": "COALESCE(repaid.merchandise, 0)",
        "revenue_after_refunds": "COALESCE(bought.revenue, 0) - COALESCE(repaid.merchandise, 0)",
    },
)
contribute(
    "reach",
    """
    SELECT customer_id, MAX(CASE WHEN kind = 'email' THEN 1 ELSE 0 END) AS email,
           MAX(CASE WHEN kind = 'phone' THEN 1 ELSE 0 END) AS phone
    FROM customers_identity WHERE {ids} GROUP BY customer_id
    """,
    {"has_email": "COALESCE(reach.email, 0) = 1", "has_phone": "COALESCE(reach.phone, 0) = 1"},
)
PERSON = {
    "known_since": "COALESCE(c.since, bought.first_order_at, c.created_at)",
    "birthday": "c.birthday_month * 100 + c.birthday_day",
    "birth_year": "c.birthday_year",
    "country": "c.country",
    "locale": "c.locale",
}


def refresh(shop: Shop, now: datetime, customer_ids: Sequence[int] | None = None, *, is_history: bool = False) -> int:
    """Computes the profiles of these customers (None: of all) anew, and returns how many profiles were written.

    Merged, erased and test customers have none. Scores stay. Work is cut into transactions of BATCH customers.
    is_history: the change came from imported history, so that the segments these customers now fall into are no news:
    each segment is next computed silently.
    """
    written = 0
    condition_of = _ranges(shop) if customer_ids is None else _lists(customer_ids)
    for condition, parameters in condition_of:
        with transaction.atomic():
            written += _refresh(shop, now, condition, parameters)
    if customer_ids is None:
        ProfileState._base_manager.update_or_create(shop=shop, defaults={"windows_at": now})
    if is_history:
        Segment._base_manager.filter(shop=shop).update(computed_at=None)
    return written


def crossed(shop: Shop, since: datetime, now: datetime) -> list[int]:
    """The customers of whom something fell out of a window of days between `since` and `now`."""
    connection = connections[router.db_for_write(CustomerProfile)]
    moment = connection.ops.adapt_datetimefield_value
    found: set[int] = set()
    with connection.cursor() as cursor:
        for table, column in [part.dated for part in PARTS.values() if part.dated]:
            for days in WINDOWS:
                ago = timedelta(days=days)
                cursor.execute(
                    f"SELECT DISTINCT customer_id FROM {table} "  # noqa: S608
                    f"WHERE shop_id = %s AND {column} > %s AND {column} <= %s AND customer_id IS NOT NULL",
                    [shop.pk, moment(since - ago), moment(now - ago)],
                )
                found.update(row[0] for row in cursor.fetchall())
    return sorted(found)


def _ranges(shop: Shop) -> Iterator[tuple[str, list[Any]]]:
    """Conditions on {column} that cut all customers of the shop into ranges of BATCH ids."""
    start = -1
    while True:
        ids = Customer._base_manager.filter(shop=shop, pk__gt=start).order_by("pk").values_list("pk", flat=True)
        batch = list(ids[:BATCH])
        if not batch:
            return
        yield "{column} BETWEEN %s AND %s", [batch[0], batch[-1]]
        start = batch[-1]


def _lists(customer_ids: Sequence[int]) -> Iterator[tuple[str, list[Any]]]:
    ids = sorted(set(customer_ids))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        yield "{column} IN (" + ", ".join(["%s"] * len(batch)) + ")", batch


def _refresh(shop: Shop, now: datetime, condition: str, parameters: list[Any]) -> int:
    connection = connections[router.db_for_write(CustomerProfile)]
    sql, values = _statement(shop, now, condition, parameters, connection)
    table = CustomerProfile._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE {condition.format(column='customer_id')} AND shop_id = %s AND customer_id IN "  # noqa: S608
            "(SELECT id FROM customers_customer WHERE shop_id = %s AND "
            f"{condition.format(column='id')} AND (merged_into_id IS NOT NULL OR erased_at IS NOT NULL OR is_test))",
            [*parameters, shop.pk, shop.pk, *parameters],
        )
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _statement(
    shop: Shop, now: datetime, condition: str, parameters: list[Any], connection: Any
) -> tuple[str, list[Any]]:
    """One upsert over all parts, with its values in the order of their placeholders."""
    moment = connection.ops.adapt_datetimefield_value
    named = {f"d{days}": moment(now - timedelta(days=days)) for days in WINDOWS}
    named |= {"now": moment(now), "shop": shop.pk}
    values: list[Any] = []

    def filled(text: str) -> str:
        out, rest = "", text
        while "{" in rest:
            before, rest = rest.split("{", 1)
            word, rest = rest.split("}", 1)
            out += before + place(word)
        return out + rest

    def place(word: str) -> str:
        if word.startswith("ids"):
            prefix = word[4:] + "." if ":" in word else ""
            values.extend(parameters)
            return condition.format(column=f"{prefix}customer_id")
        if word.startswith("days:"):
            _days, start, end = word.split(":")
            if connection.vendor == "sqlite":
                return f"(julianday({end}) - julianday({start}))"
            return f"(EXTRACT(EPOCH FROM ({end} - {start}))::float / 86400.0)"
        values.append(named[word])
        return "%s"

    parts = ", ".join(f"{part.name} AS ({filled(part.cte)})" for part in PARTS.values())
    columns = {**PERSON}
    for part in PARTS.values():
        columns |= part.columns
    chosen = ", ".join(filled(expression) for expression in columns.values())
    joins = " ".join(
        f"LEFT JOIN {part.name} ON {part.name}.customer_id = c.id" for part in PARTS.values() if part.columns
    )
    table = CustomerProfile._meta.db_table
    updates = ", ".join(f"{name} = excluded.{name}" for name in [*columns, "refreshed_at"])
    sql = (
        f"INSERT INTO {table} (customer_id, shop_id, {', '.join(columns)}, refreshed_at) WITH {parts} "  # noqa: S608
        f"SELECT c.id, c.shop_id, {chosen}, %s FROM customers_customer c {joins} "
        f"WHERE c.shop_id = %s AND {condition.format(column='c.id')} AND c.merged_into_id IS NULL "
        "AND c.erased_at IS NULL AND NOT c.is_test "
        f"ON CONFLICT (customer_id) DO UPDATE SET {updates}"
    )
    return sql, [*values, moment(now), shop.pk, *parameters]
