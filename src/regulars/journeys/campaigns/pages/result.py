"""One campaign that was launched: how far it is, its arms side by side, and the buttons to hold it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.journeys.campaigns import actions
from regulars.journeys.campaigns.audience import reach_of
from regulars.journeys.campaigns.blueprint import REST
from regulars.journeys.campaigns.models import Arm, Campaign, arms_of
from regulars.journeys.campaigns.results import FIGURES, ArmFigures, compared, is_large, progress_of, shown_figures
from regulars.journeys.pages.asking import agreed_in
from regulars.journeys.pages.running import head

from .listing import TONES

TITLES = {
    "open_rate": gettext_lazy("Opened"),
    "click_rate": gettext_lazy("Clicked"),
    "conversion_rate": gettext_lazy("Ordered"),
    "revenue": gettext_lazy("Revenue per customer"),
}


@page("campaigns/<slug:key>/", name="campaign", permission="view_figures")
def campaign(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Progress, arms side by side with their intervals, whether the difference is proven, and what was decided."""
    row: Campaign = get_object_or_404(
        Campaign.objects.select_related("segment", "topic", "measure__goal", "shop"), key=key
    )
    if row.measure is None:
        return redirect("shop:campaign_edit", shop.slug, key)
    now = clock.now()
    arms = arms_of(row)
    progress = progress_of([row]).get(row.pk)
    shown = shown_figures(row, progress, now)
    there = shown.arms
    figures = [there.get(arm.key) or ArmFigures(arm.key, 0, 0, 0, 0, 0, 0, 0, 0.0) for arm in arms]
    context = head(shop, row.measure, "campaign") | {
        "campaign": row,
        "tone": TONES[row.status],
        "progress": progress,
        "figures_at": shown.at,
        "is_kept": is_large(progress),
        "arms": [_arm(row, arm, one) for arm, one in zip(arms, figures, strict=True)],
        "figures": [_figure(name, figures) for name in FIGURES] if figures else [],
        "rest": there.get(REST) if row.winner else None,
        "verdict": row.verdict,
        "winner_title": TITLES.get(row.verdict.get("figure", ""), ""),
        "reach": reach_of(row, now) if row.pause_reason == "everybody" else None,
        "crumbs": [(_("Campaigns"), reverse("shop:campaigns", args=[shop.slug]))],
    }
    return render(request, "campaigns/campaign.html", context)


@page("campaigns/<slug:key>/progress/", name="campaign_progress", permission="view_figures")
def live_progress(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The live part while it is sent."""
    row: Campaign = get_object_or_404(Campaign.objects, key=key)
    return render(
        request, "campaigns/progress.html", {"campaign": row, "progress": progress_of([row]).get(row.pk), "live": True}
    )


VERBS: dict[str, Any] = {
    "pause": (actions.pause, gettext_lazy("“%(name)s” is paused. What was handed over before still arrives.")),
    "resume": (actions.resume, gettext_lazy("“%(name)s” goes on.")),
    "cancel": (actions.cancel, gettext_lazy("“%(name)s” is called off. What was not sent is withdrawn.")),
}


@page("campaigns/<slug:key>/do/<slug:verb>/", name="campaign_do", permission="manage_measures")
@require_POST
def do(request: HttpRequest, shop: Shop, key: str, verb: str) -> HttpResponse:
    """Pauses, resumes, calls off, or copies."""
    row: Campaign = get_object_or_404(Campaign.objects, key=key)
    now = clock.now()
    if verb == "copy":
        made = actions.copy(row, now, request.user)  # type: ignore[arg-type]
        return redirect("shop:campaign_edit", shop.slug, made.key)
    if verb not in VERBS:
        raise Http404
    action, words = VERBS[verb]
    more = {"agreed": agreed_in(request.POST)} if verb == "resume" else {}
    try:
        action(row, now, request.user, **more)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, words % {"name": row.name})
    return redirect("shop:campaign", shop.slug, key)


def _arm(row: Campaign, arm: Arm, one: ArmFigures) -> dict[str, Any]:
    subjects = arm.subjects or {}
    return {
        "letter": arm.key.upper(),
        "template": arm.template,
        "subject": " / ".join(subjects.values()),
        "offer": arm.offer,
        "hour": arm.hour,
        "figures": one,
        "is_winner": row.winner == arm.key,
        "has_won": row.winner == arm.key and bool(row.verdict.get("has_won")),
    }


def _figure(name: str, figures: list[ArmFigures]) -> dict[str, Any]:
    found = compared(figures, name)
    return {
        "key": name,
        "title": TITLES[name],
        "is_money": name == "revenue",
        "values": list(zip("ABCDE", found.values, found.intervals, strict=False)),
        "is_proven": found.is_proven,
        "leader": "ABCDE"[found.leader] if found.leader is not None and len(figures) > 1 else "",
        "one": len(figures) == 1,
    }
