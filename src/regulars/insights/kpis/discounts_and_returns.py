"""Bargain hunters, and goods that come back."""

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi, missing, ratios

ACTIVE = """
    SELECT i, customer_id, COUNT(*) AS orders, COUNT(*) FILTER (discount > 0) AS discounted
    FROM periods JOIN sequence ON day < p_end GROUP BY i, customer_id, p_start HAVING MAX(day) >= p_start
"""
"""Of each period its customers, with all the orders they had made by its end."""


SENT_BACK = """
    SELECT order_id FROM periods JOIN orders ON day >= p_start AND day < p_end
    WHERE order_id IN (SELECT order_id FROM returns WHERE units > 0)
"""


def _no_discounts(ask: Ask) -> bool:
    return not ask.rows("SELECT COUNT(*) AS n FROM orders WHERE discount > 0")[0]["n"]


@kpi(
    "bargain_hunter_share",
    unit=Unit.SHARE,
    title=_("Bargain hunters"),
    definition=_(
        "Of the customers who ordered in the period, the share all of whose orders so far carried a discount."
    ),
)
def bargain_hunter_share(ask: Ask) -> list[Measured]:
    if _no_discounts(ask):
        return [missing("no_discounts")] * len(ask.periods)
    return ratios(
        ask,
        f"""
        SELECT i, COUNT(*) FILTER (discounted = orders) AS numerator, COUNT(*) AS denominator FROM ({ACTIVE}) GROUP BY i
        """,
    )


@kpi(
    "full_price_share",
    unit=Unit.SHARE,
    title=_("Full-price share of a customer's orders"),
    definition=_(
        "Mean over the customers who ordered in the period of the share of their orders so far that carried no discount."
    ),
)
def full_price_share(ask: Ask) -> list[Measured]:
    if _no_discounts(ask):
        return [missing("no_discounts")] * len(ask.periods)
    rows = ask.rows(
        f"""
        SELECT i, SUM((orders - discounted) / orders) AS full_price, COUNT(*) AS customers FROM ({ACTIVE}) GROUP BY i
        """
    )
    found = {row["i"]: row for row in rows}
    return [
        Measured(found[i]["full_price"] / found[i]["customers"], found[i]["full_price"], found[i]["customers"])
        if i in found
        else missing("empty_denominator" if ask.covered[i] else "no_data")
        for i in range(len(ask.periods))
    ]


def _no_returns(ask: Ask) -> str | None:
    known = ask.rows("SELECT COUNT(*) AS returns, COUNT(order_id) AS named FROM returns WHERE units > 0")[0]
    if not known["returns"]:
        return "no_returns"
    return None if known["named"] else "returns_name_no_order"


@kpi(
    "return_rate",
    rows=(
        "orders",
        SENT_BACK,
    ),
    unit=Unit.SHARE,
    family="returns",
    title=_("Return rate"),
    definition=_("Of the counted orders of the period, the share of which at least one unit came back."),
)
def return_rate(ask: Ask) -> list[Measured]:
    if reason := _no_returns(ask):
        return [missing(reason)] * len(ask.periods)
    return ratios(
        ask,
        """
        SELECT i, COUNT(back.order_id) AS numerator, COUNT(*) AS denominator
        FROM periods JOIN orders ON day >= p_start AND day < p_end
        LEFT JOIN (SELECT DISTINCT order_id FROM returns WHERE units > 0) AS back USING (order_id)
        GROUP BY i
        """,
    )


@kpi(
    "return_rate_units",
    rows=(
        "orders",
        SENT_BACK,
    ),
    unit=Unit.SHARE,
    family="returns",
    title=_("Return rate by units"),
    definition=_("Units returned of the period's counted orders ÷ units of those orders."),
)
def return_rate_units(ask: Ask) -> list[Measured]:
    if reason := _no_returns(ask):
        return [missing(reason)] * len(ask.periods)
    return ratios(
        ask,
        """
        SELECT i, SUM(LEAST(COALESCE(back.units, 0), orders.units)) AS numerator, SUM(orders.units) AS denominator
        FROM periods JOIN orders ON day >= p_start AND day < p_end
        LEFT JOIN (SELECT order_id, SUM(units) AS units FROM returns GROUP BY order_id) AS back USING (order_id)
        GROUP BY i
        """,
    )
