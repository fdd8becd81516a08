"""Cohorts: of those who first ordered in a month, how many ordered again in each later month."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi
from regulars.insights.periods import month_of
from regulars.insights.warehouse import literal


@kpi(
    "cohort_retention",
    unit=Unit.SHARE,
    is_table=True,
    title=_("Cohorts"),
    definition=_(
        "Of the customers who first ordered in month m, how many ordered in month m + k (k = 0 is all of them). "
        "The last month may be incomplete."
    ),
)
def cohort_retention(ask: Ask) -> list[Measured]:
    start = min(period.start for period in ask.periods)
    end = max(period.end for period in ask.periods)
    last = ask.snapshot.last_day
    if last is None or last < start:
        return [Measured(None, detail={"cohorts": {}, "reason": "no_data"})]
    cells = f"SELECT * FROM cohort_cells WHERE cohort >= {literal(start)} AND month < {literal(end)}"
    if start.day != 1 or (end.day != 1 and end <= last):
        # Months that are cut cannot be taken from what is kept of whole months.
        cells = f"""
            WITH months AS (SELECT DISTINCT customer_id, CAST(date_trunc('month', day) AS DATE) AS month FROM orders
                            WHERE customer_id IS NOT NULL AND day < {literal(end)})
            SELECT CAST(date_trunc('month', first_day) AS DATE) AS cohort, month, COUNT(*) AS customers
            FROM months JOIN summary USING (customer_id)
            WHERE first_day >= {literal(start)} AND first_day < {literal(end)} GROUP BY cohort, month
        """
    found = ask.rows(f"SELECT * FROM ({cells}) ORDER BY cohort, month")
    return [Measured(None, detail={"cohorts": _table(found, month_of(min(end - timedelta(days=1), last)))})]


def _table(cells: list[dict[str, Any]], last_month: date) -> dict[str, Any]:
    cohorts: dict[str, Any] = {}
    for cell in cells:
        cohort, month = cell["cohort"], cell["month"]
        known = cohorts.setdefault(
            f"{cohort:%Y-%m}", {"size": 0, "active": [0] * (_months_between(cohort, last_month) + 1)}
        )
        known["active"][_months_between(cohort, month)] = cell["customers"]
    for known in cohorts.values():
        known["size"] = known["active"][0]
    return cohorts


def _months_between(first: date, second: date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month
