"""The rehearsal of a journey: start it, watch it, read what would have happened."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.journeys import actions
from regulars.journeys.document import text_in
from regulars.journeys.models import JourneyDraft
from regulars.journeys.past import Rehearsal
from regulars.journeys.reasons import exit_text
from regulars.journeys.rehearsal.past_entries import note_text

from .editor import draft_at

RUNNING = (Rehearsal.Status.DUE, Rehearsal.Status.CLAIMED)


@page("journeys/<slug:key>/rehearsal/", name="journey_rehearsal", permission="manage_measures")
def rehearsal(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The newest rehearsal: its progress while it runs, then what would have happened."""
    draft = draft_at(key)
    context = _context(shop, draft)
    if request.headers.get("HX-Request"):
        return render(request, "journeys/rehearsal_body.html", context | {"with_acts": True})
    context["crumbs"] = [
        (_("Measures"), reverse("shop:measures", args=[shop.slug])),
        (context["title"], reverse("shop:journey", args=[shop.slug, draft.key])),
    ]
    return render(request, "journeys/rehearsal.html", context)


@page("journeys/<slug:key>/rehearse/", name="journey_rehearse", permission="manage_measures")
@require_POST
def rehearse(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Asks for a rehearsal of the draft as it is now."""
    draft = draft_at(key)
    try:
        actions.rehearse(draft, clock.now(), request.user)  # type: ignore[arg-type]
    except Refused as refused:
        words = _("It can be rehearsed as soon as it could be published. Still to be done: %(problems)s")
        messages.error(request, words % {"problems": refused})
        return redirect("shop:journey", shop.slug, draft.key)
    return redirect("shop:journey_rehearsal", shop.slug, draft.key)


def _context(shop: Shop, draft: JourneyDraft) -> dict[str, Any]:
    row = Rehearsal.objects.filter(draft=draft).order_by("-pk").first()
    context: dict[str, Any] = {
        "draft": draft,
        "title": text_in(draft.document.get("name") or draft.key, shop.locale),
        "row": row,
        "is_running": row is not None and row.status in RUNNING,
        "is_old": row is not None and row.revision != draft.revision,
    }
    if row is not None and row.status == Rehearsal.Status.DONE:
        context |= told(row)
    return context


def told(row: Rehearsal) -> dict[str, Any]:
    """The figures of a rehearsal for its page: numbers, refusals in words, the chart by weeks."""
    found = row.result
    steps = {one["key"]: number for number, one in enumerate(row.document["steps"], start=1)}
    return {
        "found": found,
        # Rehearsals of former days kept their notes as texts.
        "notes": [one if isinstance(one, str) else note_text(one) for one in found["notes"]],
        "refused": [{"words": exit_text(reason), "count": count} for reason, count in found["refused"].items()],
        "asks": [
            {
                "number": steps.get(key, 0),
                "days": round(days),
                "yes": found["ordered"].get(key, 0),
                "share": found["ordered"].get(key, 0) / found["enrolled"] if found["enrolled"] else None,
            }
            for key, days in found["asks"].items()
        ],
        "splits": [
            {
                "number": steps[one["key"]],
                "ways": [(way["key"].upper(), way["share"], round(way["share"] * found["enrolled"])) for way in ways],
            }
            for one in row.document["steps"]
            if one["kind"] == "split" and (ways := one["params"]["ways"])
        ],
        "chart": _chart(found["days"], row.since.date(), row.until.date()),
    }


def _chart(days: dict[str, int], since: date, until: date) -> dict[str, Any] | None:
    """Customers who would have come in, each day."""
    if not days:
        return None
    every = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return {
        "type": "bar",
        "x": [date_format(day, _("j M y")) for day in every],
        "format": "number",
        "series": [
            {
                "name": _("Customers a day"),
                "data": [days.get(day.isoformat(), 0) for day in every],
                "tone": "primary",
            }
        ],
    }
