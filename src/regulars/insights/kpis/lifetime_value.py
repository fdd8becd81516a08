"""Customer lifetime value so far and predicted, and the risk of losing customers."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
from django.utils.translation import gettext_lazy as _

from regulars.core.money import digits
from regulars.insights.figures import Ask, Measured, Unit, kpi, missing
from regulars.insights.scores import Scores, last_fit, score


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


def _scored(ask: Ask, measure: Callable[[Scores], Measured]) -> list[Measured]:
    if last_fit(ask.shop) is None:
        return [missing("no_fit")] * len(ask.periods)
    made = []
    for period, covered in zip(ask.periods, ask.covered, strict=True):
        if not covered:
            made.append(missing("no_data"))
            continue
        day = min(period.end - timedelta(days=1), ask.snapshot.last_day or period.end)
        if day not in ask.kept:
            ask.kept[day] = score(ask.shop, ask.snapshot, ask.warehouse, day, now=ask.now, draws=0)
        made.append(measure(ask.kept[day]))
    return made


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

    def measure(found: Scores) -> Measured:
        if not len(found.summary) or np.isnan(found.clv).any():
            return missing("no_fit")
        total = float(found.clv.sum()) * minor
        return Measured(total / len(found.summary), total, len(found.summary))

    return _scored(ask, measure)


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
    def measure(found: Scores) -> Measured:
        risks = found.churn_risk[found.summary.x() > 0]
        if not risks.size:
            return missing("too_few")
        return Measured(float(risks.mean()), float(risks.sum()), int(risks.size))

    return _scored(ask, measure)
