"""The page of one measure: where its customers are, who came in lately, and the stop."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, panels_of
from regulars.decide.goals.models import Measure
from regulars.journeys import actions
from regulars.journeys.document import wording_of
from regulars.journeys.figures import StepFigures, entered, funnel, moving, recent, refusals, totals_of
from regulars.journeys.flow import parse
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.names import with_names
from regulars.journeys.picture import Picture, draw
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.reasons import exit_text


def head(shop: Shop, measure: Measure, current: str) -> dict[str, Any]:
    """What all pages of a measure share: crumbs, tabs, its newest journey and playbook."""
    journey = Journey._base_manager.filter(measure=measure).order_by("-version").first()
    return {
        "measure": measure,
        "journey": journey,
        "playbook": PLAYBOOKS.get(journey.playbook) if journey else None,
        "wording": wording_of(journey.playbook, journey.document) if journey else None,
        "crumbs": [(_("Measures"), reverse("shop:measures", args=[shop.slug]))],
        "tabs": [
            {
                "title": title,
                "href": reverse(f"shop:{name}", args=[shop.slug, measure.key]),
                "current": name == current,
                "icon": icon,
            }
            for name, title, icon in (
                *([("campaign", _("Campaign"), "megaphone")] if hasattr(measure, "campaign") else ()),
                ("measure", _("Course"), "route"),
                ("measure_response", _("Response"), "mail-open"),
                ("measure_decisions", _("Decisions"), "list-checks"),
                ("measure_effect", _("Effect"), "scale"),
            )
        ],
    }


@page("measures/<slug:key>/", name="measure", permission="view_figures")
def running(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The funnel of the newest version with counts, the latest enrolments, the settings, and stopping."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("goal"), key=key, kind="journey")
    context = head(shop, measure, "measure")
    context["panels"] = panels_of("measure", request, shop, measure, request.permissions)  # type: ignore[attr-defined]
    journey, playbook = context["journey"], context["playbook"]
    if journey is not None:
        shown = _version(journey, request.GET.get("version", ""))
        counts = funnel(shown)
        context |= {
            "totals": totals_of([measure])[measure.pk],
            "picture": _picture(shop, shown, {one.key: one for one in counts}),
            "entered": entered(shown),
            "shown": shown,
            "versions": _versions(journey, shown),
            "draft": JourneyDraft.objects.filter(key=measure.key).first(),
            "refusals": refusals(journey),
            "recent": [{"row": row, "words": exit_text(row.exit_reason)} for row in recent(journey)],
            "settings": [(one, journey.settings.get(one.key)) for one in playbook.settings] if playbook else [],
        }
    return render(request, "journeys/measure.html", context)


def _version(newest: Journey, wanted: str) -> Journey:
    """The version that was asked for, else the newest."""
    if wanted.isdecimal() and int(wanted) != newest.version:
        found = Journey._base_manager.filter(measure_id=newest.measure_id, version=int(wanted)).first()
        return found or newest
    return newest


def _versions(newest: Journey, shown: Journey) -> list[dict[str, Any]]:
    """The versions to choose from, the newest first, with how many are on their way in each; empty for a single one."""
    if newest.version == 1:
        return []
    rows = list(Journey._base_manager.filter(measure_id=newest.measure_id).order_by("-version")[:6])
    on_the_way = moving(rows)
    return [
        {
            "title": _("Version %(version)s") % {"version": row.version}
            + (f" · {on_the_way[row.pk]}" if on_the_way[row.pk] and not row.is_current else ""),
            "href": f"?version={row.version}",
            "current": row.pk == shown.pk,
        }
        for row in rows
    ]


def _picture(shop: Shop, journey: Journey, counts: dict[str, StepFigures]) -> Picture:
    """The picture of a published version with its counts, from what was frozen and the texts it was frozen with."""
    try:
        messages = dict(actions.published_document(journey).get("messages", {}))
    except Refused:
        messages = {}
    frozen = {**journey.definition, "messages": messages, "name": ""}
    return draw(with_names(shop, frozen), parse(journey.definition["steps"]), (), counts)


@page("measures/<slug:key>/stop/", name="measure_stop", permission="manage_measures")
@require_POST
def stop(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Stops the measure after it was confirmed."""
    measure: Measure = get_object_or_404(Measure.objects.select_related("goal", "shop"), key=key, kind="journey")
    left = actions.stop(measure, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(
        request,
        ngettext(
            "“%(name)s” is stopped. %(n)s customer was still on the way.",
            "“%(name)s” is stopped. %(n)s customers were still on the way.",
            left,
        )
        % {"name": measure.name, "n": left},
    )
    return redirect("shop:measure", shop.slug, measure.key)
