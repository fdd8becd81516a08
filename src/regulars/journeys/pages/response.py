"""How customers respond to a measure: from sent to ordered, with the figures of communication."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.decide.goals.models import Measure
from regulars.insights import communication, kpis
from regulars.insights.figures import REASONS
from regulars.reach.messaging.machines import RULES

from .running import head

TILES = (
    "open_rate", "click_rate", "conversion_rate", "customer_response_time", "delivery_rate", "unsubscribe_rate",
    "spam_complaint_rate", "actions_per_interaction",
)  # fmt: skip


@page("measures/<slug:key>/response/", name="measure_response", permission="view_figures")
def response(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The way from sent to ordered as a picture, the figures with their intervals, and who is not counted, by which rule."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("goal", "shop"), key=key, kind="journey")
    found = communication.of_measure(measure, clock.now())
    context = head(shop, measure, "measure_response") | {"found": found, "rules": list(RULES.values())}
    if found is not None:
        figures = {one["key"]: one for one in found.said["figures"]}
        context |= {
            "way": _way(found.said["funnel"]),
            "revenue": found.said["funnel"]["revenue"],
            "tiles": [_tile(figures[name]) for name in TILES],
            "chart": _chart(found.said["days"]),
        }
    return render(request, "journeys/response.html", context)


def _way(funnel: dict[str, int]) -> list[dict[str, Any]]:
    """Each stage with its share of the stage it is counted among."""
    stages = (
        (_("Sent"), funnel["sent"], funnel["sent"], ""),
        (_("Delivered"), funnel["delivered"], funnel["sent"], ""),
        (_("Delivered, with consent to measuring"), funnel["tracked"], funnel["delivered"], ""),
        (_("Opened"), funnel["opened"], funnel["tracked"], _("of those with consent")),
        (_("Clicked"), funnel["clicked"], funnel["tracked"], _("of those with consent")),
        (_("Ordered, owed to a message"), funnel["ordered"], funnel["delivered"], _("of those delivered")),
    )
    return [
        {"title": title, "count": count, "of": of, "share": count / of if of else None, "note": note}
        for title, count, of, note in stages
    ]


def _tile(figure: dict[str, Any]) -> dict[str, Any]:
    one = kpis.definitions()[figure["key"]]
    return {
        "kpi": one,
        "unit": one.unit.value,
        "value": figure["value"],
        "interval": figure["interval"],
        "reason": REASONS.get(figure["reason"] or "", ""),
        "numerator": figure["numerator"],
        "denominator": figure["denominator"],
        "share": figure["detail"].get("responded_share"),
        "in_vain": figure["detail"].get("contacts_without_behaviour"),
    }


def _chart(days: list[list[Any]]) -> dict[str, Any] | None:
    weeks = communication.by_week(days)
    if len(weeks) < 2:
        return None
    return {
        "type": "bar",
        "x": [date_format(monday, _("j M")) for monday, _sent in weeks],
        "format": "number",
        "series": [{"name": _("Messages a week"), "data": [sent for _monday, sent in weeks], "tone": "primary"}],
    }
