"""Who came again: from one period to the next, and within the activity window."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import ACTIVITY_WINDOW, Ask, Measured, Unit, counts, kpi, missing, ratios


@kpi(
    "retention_rate",
    rows=("customers", "SELECT customer_id FROM standing WHERE in_previous AND in_period"),
    unit=Unit.SHARE,
    title=_("Retention from period to period"),
    definition=_("Of the customers who ordered in the period before, the share who ordered in this one, too."),
)
def retention_rate(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        """
        SELECT i, COUNT(*) FILTER (in_previous AND in_period) AS numerator, COUNT(*) FILTER (in_previous) AS denominator
        FROM standing GROUP BY i
        """,
    )


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
    rows=("customers", "SELECT customer_id FROM standing WHERE at_start AND at_end"),
    unit=Unit.SHARE,
    title=_("Customer retention rate"),
    definition=_(
        "Of the customers active at the start (a counted order in the 365 days before), the share who are active at the "
        "end, too. Needs orders from 365 days before the start on, and a period of at most 365 days."
    ),
)
def customer_retention_rate(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        """
        SELECT i, COUNT(*) FILTER (at_start AND at_end) AS numerator, COUNT(*) FILTER (at_start) AS denominator
        FROM standing GROUP BY i
        """,
        null=no_window(ask),
    )


@kpi(
    "crr_textbook",
    rows=("customers", "SELECT customer_id FROM standing WHERE at_end AND first_day < p_start"),
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
    rows=("customers", "SELECT customer_id FROM standing WHERE at_start AND NOT at_end"),
    unit=Unit.COUNT,
    title=_("Churned customers"),
    definition=_("Customers active at the start of the period who are no longer active at its end."),
)
def churned_customers(ask: Ask) -> list[Measured]:
    return _window_counts(ask, "SELECT i, COUNT(*) FILTER (at_start AND NOT at_end) AS value FROM standing GROUP BY i")


@kpi(
    "reactivated_customers",
    rows=("customers", "SELECT customer_id FROM standing WHERE in_period AND NOT at_start AND first_day < p_start"),
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
    rows=("customers", "SELECT customer_id FROM standing WHERE orders >= 2"),
    unit=Unit.SHARE,
    title=_("Repurchase rate"),
    definition=_("Of the customers who ordered in the period, the share with two or more counted orders in it."),
)
def repurchase_rate(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        """
        SELECT i, COUNT(*) FILTER (orders >= 2) AS numerator, COUNT(*) FILTER (in_period) AS denominator
        FROM standing GROUP BY i
        """,
    )


@kpi(
    "returning_share",
    rows=("customers", "SELECT customer_id FROM standing WHERE in_period AND first_day < p_start"),
    unit=Unit.SHARE,
    title=_("Returning customers"),
    definition=_("Of the customers who ordered in the period, the share who had ordered before it."),
)
def returning_share(ask: Ask) -> list[Measured]:
    return ratios(
        ask,
        """
        SELECT i, COUNT(*) FILTER (in_period AND first_day < p_start) AS numerator,
               COUNT(*) FILTER (in_period) AS denominator
        FROM standing GROUP BY i
        """,
    )
