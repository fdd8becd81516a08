"""Orders, revenue and customers of a period."""

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, counts, kpi, means, ratios

IN_PERIOD = "FROM periods JOIN orders ON day >= p_start AND day < p_end"
ITS_ORDERS = ("orders", f"SELECT order_id {IN_PERIOD}")
ITS_KNOWN_ORDERS = ("orders", "SELECT order_id FROM periods JOIN sequence ON day >= p_start AND day < p_end")
ITS_CUSTOMERS = ("customers", "SELECT customer_id FROM standing WHERE in_period")


@kpi(
    "orders",
    rows=ITS_ORDERS,
    unit=Unit.COUNT,
    title=_("Orders"),
    definition=_("Orders placed in the period that count: not cancelled, no test, with merchandise."),
)
def orders(ask: Ask) -> list[Measured]:
    return counts(ask, f"SELECT i, COUNT(*) AS value {IN_PERIOD} GROUP BY i")


@kpi(
    "revenue",
    rows=ITS_ORDERS,
    unit=Unit.MONEY,
    title=_("Revenue"),
    definition=_("Value of the counted orders: merchandise after discounts, tax in, shipping out."),
)
def revenue(ask: Ask) -> list[Measured]:
    return counts(ask, f"SELECT i, SUM(value) AS value {IN_PERIOD} GROUP BY i")


@kpi(
    "identified_orders",
    rows=ITS_KNOWN_ORDERS,
    unit=Unit.COUNT,
    title=_("Orders of known customers"),
    definition=_("Counted orders of the period whose customer is known."),
)
def identified_orders(ask: Ask) -> list[Measured]:
    return counts(ask, f"SELECT i, COUNT(customer_id) AS value {IN_PERIOD} GROUP BY i")


@kpi(
    "identified_revenue",
    rows=ITS_KNOWN_ORDERS,
    unit=Unit.MONEY,
    title=_("Revenue from known customers"),
    definition=_("Value of the counted orders of the period whose customer is known."),
)
def identified_revenue(ask: Ask) -> list[Measured]:
    return counts(ask, f"SELECT i, SUM(value) AS value {IN_PERIOD} AND customer_id IS NOT NULL GROUP BY i")


@kpi(
    "revenue_after_refunds",
    rows=ITS_ORDERS,
    unit=Unit.MONEY,
    title=_("Revenue after refunds, incl. VAT"),
    definition=_(
        "Revenue of the period less the refunds of merchandise of its orders, whenever they were paid; "
        "a refund that names no order counts on its own date."
    ),
)
def revenue_after_refunds(ask: Ask) -> list[Measured]:
    return counts(
        ask,
        f"""
        SELECT i, SUM(amount) AS value FROM (
            SELECT i, value AS amount {IN_PERIOD}
            UNION ALL
            SELECT i, -merchandise FROM refunds JOIN orders USING (order_id)
            JOIN periods ON orders.day >= p_start AND orders.day < p_end
            UNION ALL
            SELECT i, -merchandise FROM periods
            JOIN refunds ON order_id IS NULL AND day >= p_start AND day < p_end
        ) GROUP BY i
        """,
    )


@kpi(
    "customers",
    rows=ITS_CUSTOMERS,
    unit=Unit.COUNT,
    title=_("Customers who ordered"),
    definition=_("Known customers with at least one counted order in the period."),
)
def customers(ask: Ask) -> list[Measured]:
    return counts(ask, f"SELECT i, COUNT(DISTINCT customer_id) AS value {IN_PERIOD} GROUP BY i")


@kpi(
    "new_customers",
    rows=("customers", "SELECT customer_id FROM standing WHERE first_day >= p_start"),
    unit=Unit.COUNT,
    title=_("New customers"),
    definition=_("Known customers whose first counted order ever lies in the period."),
)
def new_customers(ask: Ask) -> list[Measured]:
    return counts(
        ask,
        """
        SELECT i, COUNT(*) AS value FROM periods
        JOIN summary ON first_day >= p_start AND first_day < p_end
        GROUP BY i
        """,
    )


@kpi(
    "aov",
    rows=ITS_ORDERS,
    unit=Unit.MONEY,
    title=_("Average order value"),
    definition=_("Revenue of the period divided by its counted orders."),
)
def aov(ask: Ask) -> list[Measured]:
    return means(ask, f"SELECT i, SUM(value) AS numerator, COUNT(*) AS denominator {IN_PERIOD} GROUP BY i")


@kpi(
    "orders_per_customer",
    rows=ITS_CUSTOMERS,
    unit=Unit.NUMBER,
    title=_("Orders a customer"),
    definition=_("Counted orders of known customers in the period divided by those customers."),
)
def orders_per_customer(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        f"""
        SELECT i, COUNT(customer_id) AS numerator, COUNT(DISTINCT customer_id) AS denominator {IN_PERIOD} GROUP BY i
        """,
        is_share=False,
    )
