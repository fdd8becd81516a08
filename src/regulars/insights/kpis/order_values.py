"""What existing customers' orders are worth beside first orders, and how far apart they lie."""

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi, means, missing, ratios

IN_PERIOD = "FROM periods JOIN sequence ON day >= p_start AND day < p_end"
FIRST_ORDERS = ("orders", f"SELECT order_id {IN_PERIOD} AND n = 1")
FURTHER_ORDERS = ("orders", f"SELECT order_id {IN_PERIOD} AND n > 1")


@kpi(
    "aov_existing",
    rows=FURTHER_ORDERS,
    unit=Unit.MONEY,
    family="aov_by_order",
    title=_("Average value of a further order"),
    definition=_("Mean value of the period's orders that are not their customer's first ever."),
)
def aov_existing(ask: Ask) -> list[Measured]:
    return means(ask, f"SELECT i, SUM(value) AS numerator, COUNT(*) AS denominator {IN_PERIOD} AND n > 1 GROUP BY i")


@kpi(
    "aov_new",
    rows=FIRST_ORDERS,
    unit=Unit.MONEY,
    family="aov_by_order",
    title=_("Average value of a first order"),
    definition=_("Mean value of the period's orders that are their customer's first ever."),
)
def aov_new(ask: Ask) -> list[Measured]:
    return means(ask, f"SELECT i, SUM(value) AS numerator, COUNT(*) AS denominator {IN_PERIOD} AND n = 1 GROUP BY i")


@kpi(
    "revenue_share_existing",
    rows=FURTHER_ORDERS,
    unit=Unit.SHARE,
    money=("numerator", "denominator"),
    title=_("Revenue share of existing customers"),
    definition=_("Value of orders that are not first orders ÷ value of all orders of known customers in the period."),
)
def revenue_share_existing(ask: Ask) -> list[Measured]:
    sql = f"""
        SELECT i, SUM(value) FILTER (n > 1) AS numerator, SUM(value) AS denominator {IN_PERIOD} GROUP BY i
    """
    return ratios(ask, sql, is_share=False)


@kpi(
    "median_days_between_orders",
    rows=FURTHER_ORDERS,
    unit=Unit.DAYS,
    title=_("Median days between orders"),
    definition=_("Median over pairs of consecutive orders of one customer whose second order lies in the period."),
)
def median_days_between_orders(ask: Ask) -> list[Measured]:
    rows = ask.rows(
        f"""
        SELECT i, CAST(MEDIAN(day - previous_day) AS DOUBLE) AS days, COUNT(*) AS pairs
        {IN_PERIOD} AND previous_day IS NOT NULL GROUP BY i
        """
    )
    found = {row["i"]: row for row in rows}
    return [
        Measured(found[i]["days"], denominator=found[i]["pairs"])
        if i in found
        else missing("empty_denominator" if ask.covered[i] else "no_data")
        for i in range(len(ask.periods))
    ]
