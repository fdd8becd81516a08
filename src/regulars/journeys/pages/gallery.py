"""The page of measures: those that run, those that were stopped, and the playbooks from which new ones are made."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.decide.goals.models import Goal, Measure
from regulars.decide.segments.estimate import everybody, sample_of
from regulars.journeys.advice import advise
from regulars.journeys.document import text_in
from regulars.journeys.figures import totals_of
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.playbook import PLAYBOOKS


@page(
    "measures/",
    name="measures",
    permission="view_figures",
    nav=Nav("measures", _("Measures"), "route", order=10, also="journeys/"),
)
def measures(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Running and stopped measures with their numbers; the gallery of playbooks with advice from the shop's own data."""
    now = clock.now()
    # Campaigns have a page of their own, with states of their own.
    journeys = Measure.objects.filter(kind="journey", campaign=None).select_related("goal")
    rows = list(journeys.order_by("status", "goal__rank", "-started_at"))
    current = {one.measure_id: one for one in Journey.objects.filter(is_current=True)}
    totals = totals_of(rows)
    shown = [
        {
            "measure": row,
            "totals": totals[row.pk],
            "icon": PLAYBOOKS[current[row.pk].playbook].icon
            if row.pk in current and current[row.pk].playbook in PLAYBOOKS
            else "route",
            "href": reverse("shop:measure", args=[shop.slug, row.key]),
        }
        for row in rows
    ]
    running = {
        current[row.pk].playbook: row for row in rows if row.status == Measure.Status.RUNNING and row.pk in current
    }
    goals = dict(Goal.Kind.choices)
    ranks = dict(Goal.objects.values_list("kind", "rank"))
    sample = sample_of(shop, everybody(shop))
    gallery: list[dict[str, Any]] = [
        {
            "playbook": one,
            "goal": goals.get(one.goal, one.goal),
            "running": running.get(one.key),
            "advice": None if one.key in running else advise(shop, one, now, sample),
            "href": reverse("shop:measure", args=[shop.slug, running[one.key].key])
            if one.key in running
            else reverse("shop:playbook", args=[shop.slug, one.key]),
        }
        for one in sorted(PLAYBOOKS.values(), key=lambda one: (ranks.get(one.goal, 99), one.key))
    ]
    drafts = [
        {"draft": one, "title": text_in(one.document.get("name") or one.key, shop.locale), "steps": _steps(one)}
        for one in JourneyDraft.objects.select_related("measure").order_by("-updated_at")[:50]
    ]
    return render(request, "journeys/measures.html", {"rows": shown, "gallery": gallery, "drafts": drafts})


def _steps(draft: JourneyDraft) -> int:
    steps = draft.document.get("steps")
    return len(steps) if isinstance(steps, list) else 0
