"""Staff pages of goals: the six in their rank, with the measures that serve each."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.figure_names import name_of
from regulars.core.models import Shop
from regulars.core.pages import Nav, page

from . import actions
from .forms import GoalForm
from .models import Goal, Measure

ICONS = {
    Goal.Kind.WIN_BACK: "undo-2",
    Goal.Kind.HOLD: "handshake",
    Goal.Kind.BASKET: "shopping-bag",
    Goal.Kind.ATTACHMENT: "heart",
    Goal.Kind.SATISFACTION: "smile",
    Goal.Kind.DATA: "database",
}

NOT_YET = {
    "nps": gettext_lazy("Net promoter score (not computed yet)"),
    "survey_participation": gettext_lazy("Participation in surveys (not computed yet)"),
}
"""Figures of goals that need surveys, which are not there yet."""


@page("goals/", name="goals", permission="view_figures", nav=Nav("measures", gettext_lazy("Goals"), "target", order=30))
def goals(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The six goals by rank. Who comes first gets the customer's contact budget first."""
    found = list(Goal.objects.order_by("rank", "pk"))
    if len(found) < len(actions.DEFAULT_KPIS):
        found = actions.create_goals(shop, clock.now())
    measures: dict[int, list[dict[str, Any]]] = {}
    for measure in Measure.objects.order_by("status", "name"):
        measures.setdefault(measure.goal_id, []).append({"measure": measure, "href": _href(shop, measure)})
    rows = [
        {
            "goal": goal,
            "figure": NOT_YET.get(goal.kpi) or name_of(goal.kpi),
            "icon": ICONS[Goal.Kind(goal.kind)],
            "measures": measures.get(goal.pk, []),
            "form": GoalForm(shop=shop, goal=goal, prefix=goal.kind),
            "is_first": index == 0,
            "is_last": index == len(found) - 1,
        }
        for index, goal in enumerate(found)
    ]
    return render(request, "goals/goals.html", {"rows": rows})


def _href(shop: Shop, measure: Measure) -> str:
    """The measure's page, where the module that runs it is built in."""
    for arguments in ([shop.slug, measure.key], [shop.slug, measure.pk]):
        try:
            return reverse("shop:measure", args=arguments)
        except NoReverseMatch:
            continue
    return ""


@page("goals/rank/", name="goals-rank", permission="manage_measures")
@require_POST
def rank(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Moves one goal a place up or down."""
    kinds = [goal.kind for goal in actions.create_goals(shop, clock.now())]
    kind, step = request.POST.get("kind", ""), -1 if request.POST.get("way") == "up" else 1
    if kind in kinds:
        place = kinds.index(kind)
        other = min(max(place + step, 0), len(kinds) - 1)
        kinds[place], kinds[other] = kinds[other], kinds[place]
        actions.rank_goals(shop, kinds, clock.now(), request.user)  # type: ignore[arg-type]
    return redirect(reverse("shop:goals", args=[shop.slug]) + f"#goal-{kind}")


@page("goals/<slug:kind>/", name="goal-change", permission="manage_measures")
@require_POST
def change(request: HttpRequest, shop: Shop, kind: str) -> HttpResponse:
    """Sets KPI, target and budget of a goal."""
    goal: Goal = get_object_or_404(Goal.objects, kind=kind)
    form = GoalForm(request.POST, shop=shop, goal=goal, prefix=kind)
    try:
        if not form.is_valid():
            raise Refused(" ".join(str(text) for errors in form.errors.values() for text in errors))
        actions.change_goal(goal, now=clock.now(), staff=request.user, **form.values())  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The goal is saved."))
    return redirect(reverse("shop:goals", args=[shop.slug]) + f"#goal-{kind}")
