"""The page of measures: those that run, those that were stopped, and the playbooks from which new ones are made."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import Nav, page
from regulars.decide.goals.models import Goal, Measure
from regulars.journeys.advice import NEUTRAL, SUCCESS, WARNING, advise
from regulars.journeys.document import text_in
from regulars.journeys.figures import totals_of
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.shop_facts import ShopFacts, facts_of


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
    facts = facts_of(shop, now)
    drafts = [
        {"draft": one, "title": text_in(one.document.get("name") or one.key, shop.locale), "steps": _steps(one)}
        for one in JourneyDraft.objects.select_related("measure").order_by("-updated_at")[:50]
    ]
    return render(
        request,
        "journeys/measures.html",
        {"rows": shown, "groups": _gallery(shop, facts, running, now), "facts": facts, "drafts": drafts},
    )


GROUPS = (
    (SUCCESS, _("Recommended for your shop")),
    (WARNING, _("Useful, but hard to prove or too much")),
    (NEUTRAL, _("Not yet")),
    ("running", _("Running already")),
)


def _gallery(
    shop: Shop, facts: ShopFacts, running: Mapping[str, Measure], now: datetime
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The playbooks in groups by what is advised; in each, those of the higher goals first."""
    goals = dict(Goal.Kind.choices)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in sorted(PLAYBOOKS.values(), key=lambda one: (facts.ranks.get(one.goal, 99), one.key)):
        measure = running.get(one.key)
        advice = None if measure else advise(shop, one, now, facts)
        groups[advice.tone if advice else "running"].append(
            {
                "playbook": one,
                "goal": goals.get(one.goal, one.goal),
                "running": measure,
                "advice": advice,
                "href": reverse("shop:measure", args=[shop.slug, measure.key])
                if measure
                else reverse("shop:playbook", args=[shop.slug, one.key]),
            }
        )
    return [(title, groups[key]) for key, title in GROUPS if groups[key]]


def _steps(draft: JourneyDraft) -> int:
    steps = draft.document.get("steps")
    return len(steps) if isinstance(steps, list) else 0
