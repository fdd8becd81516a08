"""The second order: the share of new customers who make it, within 30, 90 and 180 days."""

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi, ratios


def _rate(ask: Ask, days: int) -> list[Measured]:
    return ratios(
        ask,
        f"""
        SELECT i, COUNT(*) FILTER (second_day <= first_day + {days} AND second_day < p_end) AS numerator,
               COUNT(*) AS denominator
        FROM periods JOIN (
            SELECT first_day, MIN(day) FILTER (n = 2) AS second_day FROM sequence WHERE n <= 2
            GROUP BY customer_id, first_day
        ) ON first_day + {days} <= p_end
        GROUP BY i
        """,
    )


@kpi(
    "second_order_rate_30",
    unit=Unit.SHARE,
    family="second_order_rate",
    title=_("Second order within 30 days"),
    definition=_(
        "Of the customers whose first order is at least 30 days old, the share who ordered again within 30 days."
    ),
)
def second_order_rate_30(ask: Ask) -> list[Measured]:
    return _rate(ask, 30)


@kpi(
    "second_order_rate_90",
    unit=Unit.SHARE,
    family="second_order_rate",
    title=_("Second order within 90 days"),
    definition=_(
        "Of the customers whose first order is at least 90 days old, the share who ordered again within 90 days."
    ),
)
def second_order_rate_90(ask: Ask) -> list[Measured]:
    return _rate(ask, 90)


@kpi(
    "second_order_rate_180",
    unit=Unit.SHARE,
    family="second_order_rate",
    title=_("Second order within 180 days"),
    definition=_(
        "Of the customers whose first order is at least 180 days old, the share who ordered again within 180 days."
    ),
)
def second_order_rate_180(ask: Ask) -> list[Measured]:
    return _rate(ask, 180)
