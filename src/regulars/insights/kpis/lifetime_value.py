"""Customer lifetime value so far and predicted, and the risk of losing customers."""

from collections.abc import Callable
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from regulars.core.money import digits
from regulars.insights.figures import Ask, Measured, Unit, kpi, missing
from regulars.insights.outlook import Outlook, outlooks


@kpi(
    "clv_historic",
    unit=Unit.MONEY,
    title=_("Lifetime value so far, a customer"),
    definition=_(
        "Revenue after refunds of known customers up to the end of the period × margin, divided by these customers. The "
        "margin is the share of an order's value left after tax and cost of goods, as set for the shop."
    ),
)
def clv_historic(ask: Ask) -> list[Measured]:
    rows = ask.rows(
        """
        WITH earned AS (SELECT i, SUM(value) AS value, COUNT(DISTINCT customer_id) AS customers
                        FROM periods JOIN orders ON day < p_end AND customer_id IS NOT NULL GROUP BY i),
             given AS (SELECT i, SUM(merchandise) AS back FROM (
                 SELECT refunds.merchandise, refunds.day FROM refunds
                 JOIN orders USING (order_id) WHERE orders.customer_id IS NOT NULL
                 UNION ALL
                 SELECT merchandise, day FROM refunds WHERE order_id IS NULL AND customer_id IS NOT NULL
             ) JOIN periods ON day < p_end GROUP BY i)
        SELECT i, value - COALESCE(back, 0) AS value, customers FROM earned LEFT JOIN given USING (i)
        """
    )
    found = {row["i"]: row for row in rows}
    made = []
    for i in range(len(ask.periods)):
        if not ask.covered[i] or i not in found or not found[i]["customers"]:
            made.append(missing("no_data"))
            continue
        total = int(found[i]["value"]) * ask.margin
        made.append(Measured(total / found[i]["customers"], total, found[i]["customers"]))
    return made


def _outlooks(ask: Ask, measure: Callable[[Outlook], Measured]) -> list[Measured]:
    """Of each period its last day's, or that of the last order where the period goes on after it."""
    last = ask.snapshot.last_day or date.max
    days = [min(period.end - timedelta(days=1), last) for period in ask.periods]
    found = outlooks(ask, [day for day, covered in zip(days, ask.covered, strict=True) if covered])
    if found is None:
        return [missing("no_fit")] * len(ask.periods)
    return [
        measure(found[day]) if covered else missing("no_data") for day, covered in zip(days, ask.covered, strict=True)
    ]


@kpi(
    "clv_predicted",
    unit=Unit.MONEY,
    title=_("Predicted lifetime value, a customer"),
    definition=_(
        "Mean over all customers of the value expected in the 12 months after the period: expected orders (BG/NBD) × "
        "expected value a purchase-day (Gamma-Gamma) × margin, discounted monthly at 10 % a year. Each customer's own "
        "95 % interval stands in the export and on the customer's page."
    ),
)
def clv_predicted(ask: Ask) -> list[Measured]:
    minor = 10 ** digits(ask.shop.currency)

    def measure(found: Outlook) -> Measured:
        if not found.customers or found.clv is None:
            return missing("no_fit")
        total = found.clv * minor
        return Measured(total / found.customers, total, found.customers)

    return _outlooks(ask, measure)


@kpi(
    "churn_risk",
    unit=Unit.SHARE,
    title=_("Churn risk of repeat customers"),
    definition=_(
        "Mean of 1 − P(alive) (BG/NBD) over customers with two or more purchase-days at the end of the period. The model "
        "holds everyone with one purchase only for alive, so they are left out."
    ),
)
def churn_risk(ask: Ask) -> list[Measured]:
    def measure(found: Outlook) -> Measured:
        if not found.repeat_customers:
            return missing("too_few")
        return Measured(found.risk / found.repeat_customers, found.risk, found.repeat_customers)

    return _outlooks(ask, measure)
