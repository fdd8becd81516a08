"""The effect of a measure: what it caused, in orders and money, with the interval over time."""

from typing import Any

from babel.numbers import format_decimal
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.decide.goals.models import Measure
from regulars.insights import effects_kept
from regulars.insights.effects import Effect, OutcomeEffect

from .running import head

MOST_LOOKS = 120
"""Points of the chart; of more looks every n-th is drawn, always with the last."""


@page("measures/<slug:key>/effect/", name="measure_effect", permission="view_figures")
def effect(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Verdict, estimate with interval over time, both arms side by side, money and return."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("goal", "shop"), key=key, kind="journey")
    found = effects_kept.shown(measure, clock.now())
    chosen = request.GET.get("figure", "ordered")
    outcomes: dict[str, OutcomeEffect] = {"ordered": found.ordered, "revenue": found.revenue, "margin": found.margin}
    chosen = chosen if chosen in outcomes else "ordered"
    truth = (measure.true_effect or {}).get(chosen)
    titles = {
        "ordered": _("Customers who order"),
        "revenue": _("Revenue per customer"),
        "margin": _("Margin per customer"),
    }
    context = head(shop, measure, "measure_effect") | {
        "effect": found,
        "verdict": _verdict(found),
        "shown": outcomes[chosen],
        "figure": chosen,
        "figures": [
            {"title": title, "href": f"?figure={name}", "current": name == chosen} for name, title in titles.items()
        ],
        "figure_title": titles[chosen],
        "chart": _chart(shop, outcomes[chosen], chosen, truth),
        "truth": truth,
        "truth_points": _points(OutcomeEffect("", None, None, truth, None, None, False, None, False, ()))["difference"]
        if truth is not None and chosen == "ordered"
        else "",
        "truth_within": _within(outcomes[chosen], truth),
        "rows": [
            {"key": name, "title": titles[name], "outcome": one, "points": _points(one) if name == "ordered" else None}
            for name, one in outcomes.items()
        ],
    }
    return render(request, "journeys/effect.html", context)


def _points(one: OutcomeEffect) -> dict[str, str]:
    """Differences of shares are told in percentage points: `+9.1 points`, not `9.1 %`."""
    locale = (get_language() or "en").split("-")[0]
    return {
        name: "–" if value is None else format_decimal(100 * value, "+#,##0.0;-#,##0.0", locale=locale)
        for name, value in (("difference", one.difference), ("low", one.low), ("high", one.high))
    }


def _within(outcome: OutcomeEffect, truth: float | None) -> bool | None:
    if truth is None or outcome.low is None or outcome.high is None:
        return None
    return outcome.low <= truth <= outcome.high


def _verdict(found: Effect) -> dict[str, Any]:
    """The one sentence on top: tone, title, text; `needed` where customers are still needed."""
    if found.is_void:
        words = _(
            "The split between treated and holdout is not the planned one (p = %(p)s). No figure below may be used."
        )
        return {"tone": "error", "title": _("The result is void"), "text": words % {"p": f"{found.ratio_p:.1e}"}}
    if found.reason == "no_holdout":
        return {
            "tone": "warning",
            "title": _("Nobody can tell"),
            "text": _("This measure has no holdout: whoever ordered might have ordered anyway."),
        }
    if found.reason == "nobody":
        return {
            "tone": "info",
            "title": _("Nobody has entered yet"),
            "text": _("The effect shows when customers took part."),
        }
    if found.ordered.is_proven and (found.ordered.difference or 0) < 0:
        return {
            "tone": "error",
            "title": _("Proven: it does harm"),
            "text": _("Treated customers order less than the others."),
        }
    if found.revenue.is_proven and (found.revenue.difference or 0) > 0:
        return {"tone": "success", "title": _("Proven: it brings revenue"), "text": _("The interval lies above zero.")}
    if found.ordered.is_proven:
        return {
            "tone": "success",
            "title": _("Proven: more customers order"),
            "text": _("The interval lies above zero."),
        }
    return {"tone": "info", "title": _("Not proven yet"), "text": "", "needed": found.ordered.needed}


def _chart(shop: Shop, outcome: OutcomeEffect, figure: str, truth: float | None) -> dict[str, Any] | None:
    """The estimate and its interval after each day, the true effect where the demo knows it."""
    looks = [look for look in outcome.looks if look.low is not None]
    if len(looks) < 2:
        return None
    stride = -(-len(looks) // MOST_LOOKS)
    looks = [look for place, look in enumerate(looks) if (len(looks) - 1 - place) % stride == 0]
    series: list[dict[str, Any]] = [
        {
            "name": _("Upper end of the interval"),
            "data": [look.high for look in looks],
            "tone": "secondary",
            "dashed": True,
        },
        {"name": _("Estimate"), "data": [look.estimate for look in looks], "tone": "primary"},
        {
            "name": _("Lower end of the interval"),
            "data": [look.low for look in looks],
            "tone": "secondary",
            "dashed": True,
        },
        {"name": _("No effect"), "data": [0 for _look in looks], "tone": "error"},
    ]
    if truth is not None:
        series.append({"name": _("True effect (built in)"), "data": [truth for _look in looks], "tone": "info"})
    if figure != "ordered":
        for one in series:
            one["data"] = [round(value) for value in one["data"]]
    return {
        "type": "line",
        "x": [date_format(look.day, _("j M y")) for look in looks],
        "format": "percent" if figure == "ordered" else "money",
        "currency": shop.currency,
        "series": series,
    }
