"""How long a relationship lasts: Kaplan–Meier, for those that go on are known only to last longer."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from regulars.insights.figures import Ask, Measured, Unit, kpi, missing
from regulars.insights.statistics.survival import Survival, kaplan_meier
from regulars.insights.warehouse import literal

EPOCH = date(1970, 1, 1).toordinal()


def _survival(ask: Ask, i: int) -> Survival | None:
    """From the first order to the end: the last order + W if that is not after `end`, else censored at `end`."""
    end = ask.periods[i].end
    found = ask.arrays(
        f"SELECT MIN(day) AS first_day, MAX(day) AS last_day FROM sequence WHERE day < {literal(end)} GROUP BY customer_id"
    )
    if not found["first_day"].size:
        return None
    over = found["last_day"] + ask.window
    at = end.toordinal() - EPOCH
    is_over = over <= at
    lasted = over * is_over + at * ~is_over - found["first_day"]
    return kaplan_meier(lasted, is_over)


def _each(ask: Ask, measure: Callable[[Any], Measured]) -> list[Measured]:
    made = []
    for i in range(len(ask.periods)):
        if ("survival", i) not in ask.kept:
            ask.kept["survival", i] = _survival(ask, i) if ask.covered[i] else None
        survival = ask.kept["survival", i]
        made.append(missing("no_data") if survival is None else measure(survival))
    return made


@kpi(
    "relationship_length",
    unit=Unit.DAYS,
    family="relationship",
    title=_("Length of a relationship, median"),
    definition=_(
        "Days from the first order to the end (last order + 365 days without another), Kaplan–Meier median at the end of "
        "the period; relationships that go on are censored there."
    ),
)
def relationship_length(ask: Ask) -> list[Measured]:
    def measure(survival: Survival) -> Measured:
        return Measured(
            survival.median,
            numerator=survival.ended,
            denominator=survival.n,
            interval=survival.median_interval,
            reason=None if survival.median is not None else "not_reached",
        )

    return _each(ask, measure)


@kpi(
    "relationship_length_mean",
    unit=Unit.DAYS,
    family="relationship",
    title=_("Length of a relationship, restricted mean"),
    definition=_("Area under the Kaplan–Meier curve up to the longest time observed at the end of the period."),
)
def relationship_length_mean(ask: Ask) -> list[Measured]:
    def measure(survival: Survival) -> Measured:
        return Measured(
            survival.restricted_mean,
            numerator=survival.ended,
            denominator=survival.n,
            interval=survival.restricted_mean_interval,
        )

    return _each(ask, measure)
