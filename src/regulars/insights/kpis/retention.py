"""Who came again: from one period to the next, and within the activity window."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import ACTIVITY_WINDOW, Ask, Measured, Unit, counts, kpi, missing, ratios


def those(condition: str) -> tuple[str, str]:
    """The customers of the period of whom `condition` holds (columns of `standing`), as the rows behind a figure."""
    return "customers", f"SELECT customer_id FROM standing WHERE {condition}"


def share(ask: Ask, condition: str, *, of: str, null: Sequence[str | None] | None = None) -> list[Measured]:
    """The share of the customers of whom `of` holds for whom `condition` holds, each period; `null` as in `ratios`."""
    return ratios(
        ask,
        f"""
        SELECT i, COUNT(*) FILTER ({condition}) AS numerator, COUNT(*) FILTER ({of}) AS denominator
        FROM standing GROUP BY i
        """,
        null=null,
    )


@kpi(
    "retention_rate",
    rows=those("in_previous AND in_period"),
    unit=Unit.SHARE,
    title=_("Retention from period to period"),
    definition=_("Of the customers who ordered in the period before, the share who ordered in this one, too."),
)
def retention_rate(ask: Ask) -> list[Measured]:
    return share(ask, "in_previous AND in_period", of="in_previous")


def no_window(ask: Ask) -> list[str | None]:
    """Of each period why a figure of the activity window cannot be told: K1 needs history before it, and a period within it."""
    first = ask.snapshot.first_day
    reasons: list[str | None] = []
    for period in ask.periods:
        if period.days > ask.window:
            reasons.append("period_too_long")
        elif first is None or first > period.start - timedelta(days=ask.window):
            reasons.append("history_too_short")
        else:
            reasons.append(None)
    return reasons


@kpi(
    "customer_retention_rate",
    rows=those("at_start AND at_end"),
    unit=Unit.SHARE,
    title=_("Customer retention rate"),
    definition=_(
        "Of the customers active at the start (a counted order in the 365 days before), the share who are active at the "
        "end, too. Needs orders from 365 days before the start on, and a period of at most 365 days."
    ),
)
def customer_retention_rate(ask: Ask) -> list[Measured]:
    return share(ask, "at_start AND at_end", of="at_start", null=no_window(ask))


@kpi(
    "crr_textbook",
    rows=those("at_end AND first_day < p_start"),
    unit=Unit.SHARE,
    title=_("Retention rate, textbook formula"),
    definition=_(
        "(active customers at the end − new customers) ÷ active customers at the start. Customers who came back after a "
        "pause can lift it over 100 %: read it beside the customer retention rate."
    ),
)
def crr_textbook(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        """
        SELECT i, COUNT(*) FILTER (at_end) - COUNT(*) FILTER (first_day >= p_start) AS numerator,
               COUNT(*) FILTER (at_start) AS denominator
        FROM standing GROUP BY i
        """,
        is_share=False,
        null=no_window(ask),
    )


def _window_counts(ask: Ask, sql: str) -> list[Measured]:
    return [
        missing(reason) if reason and one.value is not None else one
        for one, reason in zip(counts(ask, sql), no_window(ask), strict=True)
    ]


@kpi(
    "churned_customers",
    rows=those("at_start AND NOT at_end"),
    unit=Unit.COUNT,
    title=_("Churned customers"),
    definition=_("Customers active at the start of the period who are no longer active at its end."),
)
def churned_customers(ask: Ask) -> list[Measured]:
    return _window_counts(ask, "SELECT i, COUNT(*) FILTER (at_start AND NOT at_end) AS value FROM standing GROUP BY i")


@kpi(
    "reactivated_customers",
    rows=those("in_period AND NOT at_start AND first_day < p_start"),
    unit=Unit.COUNT,
    title=_("Reactivated customers"),
    definition=_("Customers who ordered in the period, not in the 365 days before it, but earlier."),
)
def reactivated_customers(ask: Ask) -> list[Measured]:
    first = ask.snapshot.first_day
    made = counts(
        ask,
        "SELECT i, COUNT(*) FILTER (in_period AND NOT at_start AND first_day < p_start) AS value FROM standing GROUP BY i",
    )
    return [
        missing("history_too_short")
        if one.value is not None and (first is None or first > period.start - timedelta(days=ACTIVITY_WINDOW))
        else one
        for one, period in zip(made, ask.periods, strict=True)
    ]


@kpi(
    "repurchase_rate",
    rows=those("orders >= 2"),
    unit=Unit.SHARE,
    title=_("Repurchase rate"),
    definition=_("Of the customers who ordered in the period, the share with two or more counted orders in it."),
)
def repurchase_rate(ask: Ask) -> list[Measured]:
    return share(ask, "orders >= 2", of="in_period")


@kpi(
    "returning_share",
    rows=those("in_period AND first_day < p_start"),
    unit=Unit.SHARE,
    title=_("Returning customers"),
    definition=_("Of the customers who ordered in the period, the share who had ordered before it."),
)
def returning_share(ask: Ask) -> list[Measured]:
    return share(ask, "in_period AND first_day < p_start", of="in_period")
