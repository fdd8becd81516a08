"""Why customers got a measure's messages, or did not: the gate's answers by reason, and the customers behind each."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.core.tallies import counted
from regulars.decide.contact_policy.models import ContactRequest, Decision
from regulars.decide.contact_policy.tallies import DECISIONS
from regulars.decide.contact_policy.words import reason_words, shown
from regulars.decide.goals.models import Measure

from .running import head

NEWEST = 50


@page("measures/<slug:key>/decisions/", name="measure_decisions", permission="view_figures")
def decisions(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Each reason with how often it was given; `?reason=` shows the newest customers of one, to who may see customers."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("goal", "shop"), key=key, kind="journey")
    counts = {reason: count for (reason,), count in counted(DECISIONS, [measure.pk])[measure.pk].items()}
    total = sum(counts.values())
    # Of this shop, as the measure is; asked for only what the index holds, since many may wait.
    waiting = ContactRequest._base_manager.filter(measure=measure, status=ContactRequest.Status.WAITING).count()
    chosen = request.GET.get("reason", "")
    may_see = "view_customers" in getattr(request, "permissions", ())
    newest: list[dict[str, Any]] = []
    if chosen in counts and may_see:
        rows = Decision.objects.filter(measure=measure, reason=chosen).select_related("measure", "customer")
        newest = [{**shown(row), "customer": row.customer} for row in rows.order_by("-pk")[:NEWEST]]
    context = head(shop, measure, "measure_decisions") | {
        "total": total,
        "waiting": waiting,
        "reasons": [
            {
                "reason": reason,
                "words": reason_words(reason),
                "count": count,
                "share": count / total,
                "is_yes": reason == "ok",
                "current": reason == chosen,
            }
            for reason, count in sorted(counts.items(), key=lambda pair: (pair[0] != "ok", -pair[1]))
        ],
        "chosen": reason_words(chosen) if newest else "",
        "newest": newest,
        "may_see": may_see,
    }
    return render(request, "journeys/decisions.html", context)
