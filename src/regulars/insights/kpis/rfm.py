"""Recency, frequency, monetary: how many customers stand where."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi, missing
from regulars.insights.summary import RATED, sql_through


@kpi(
    "rfm",
    unit=Unit.COUNT,
    title=_("RFM: customers rated"),
    definition=_(
        "Customers with a counted order by the end of the period, each rated 1 to 5 by recency (days since the last order), "
        "frequency (counted orders) and monetary (their value): 1 + floor(5 · (rank − 1) ÷ n), minimum rank over ties, "
        "5 is best. `cells` counts them by the three; scores export lists them."
    ),
)
def rfm(ask: Ask) -> list[Measured]:
    made = []
    for period, covered in zip(ask.periods, ask.covered, strict=True):
        if not covered:
            made.append(missing("no_data"))
            continue
        rated = RATED.format(summary=sql_through(ask.snapshot, period.end - timedelta(days=1)))
        cells = ask.rows(
            f'SELECT r AS "R", f AS "F", m AS "M", COUNT(*) AS customers FROM ({rated}) GROUP BY r, f, m ORDER BY r, f, m'
        )
        n = sum(cell["customers"] for cell in cells)
        made.append(Measured(n, numerator=n, detail={"cells": cells}))
    return made
