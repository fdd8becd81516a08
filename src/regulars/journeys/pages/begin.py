"""New journeys: from nothing, from a playbook, from a text file, or from one that runs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.decide.goals.models import Goal, Measure
from regulars.journeys import actions, flow, text_form
from regulars.journeys.document import FORMAT, MOST_BYTES, of_playbook, size_problem, text_in
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.playbook import PLAYBOOKS


def blank(name: str, goal: str) -> dict[str, Any]:
    """The document with which a journey begins."""
    return {
        "format": FORMAT,
        "name": name,
        "goal": goal,
        "kpi": "customer_retention_rate",
        "purpose": "marketing",
        "channel": "email",
        "holdout": 0.1,
        "outcome_days": 30,
        "reentry": {"rule": "once"},
        "stop": {"after_days": 365},
        "trigger": {"kind": "event", "type": "order.placed"},
        "steps": [],
    }


@page("journeys/new/", name="journey_new", permission="manage_measures")
def begin(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Asks what to begin with; POST makes the draft and leads to the editor."""
    name = request.POST.get("name", "").strip()[:120]
    if request.method == "POST":
        try:
            document = _document(request, shop, name)
            draft = actions.copy_document(shop, document, clock.now(), request.user, name=name)  # type: ignore[arg-type]
            return redirect("shop:journey", shop.slug, draft.key)
        except Refused as refused:
            messages.error(request, str(refused))
    context = {
        "name": name,
        "goals": [(one.kind, str(one)) for one in Goal.objects.order_by("rank")]
        or [(kind, str(title)) for kind, title in Goal.Kind.choices],
        "playbooks": sorted(PLAYBOOKS.values(), key=lambda one: str(one.title)),
        "measures": Measure.objects.filter(kind="journey", journeys__is_current=True).order_by("name"),
        "crumbs": [(_("Measures"), reverse("shop:measures", args=[shop.slug]))],
    }
    return render(request, "journeys/begin.html", context)


def _document(request: HttpRequest, shop: Shop, name: str) -> dict[str, Any]:
    what = request.POST.get("from", "")
    if what == "blank":
        if not name:
            raise Refused(_("Give the journey a name."))
        goal = request.POST.get("goal", "")
        return blank(name, goal if goal in Goal.Kind.values else next(iter(Goal.Kind.values)))
    if what == "playbook":
        playbook = PLAYBOOKS.get(request.POST.get("playbook", ""))
        if playbook is None:
            raise Refused(_("Choose a playbook."))
        return of_playbook(playbook, playbook.defaults())
    if what == "draft":
        draft: JourneyDraft = get_object_or_404(JourneyDraft.objects, key=request.POST.get("draft", ""))
        copy = _("%(name)s (copy)") % {"name": text_in(draft.document.get("name") or draft.key, shop.locale)}
        return {**draft.document, "name": copy[:120]}
    if what == "measure":
        journey: Journey = get_object_or_404(
            Journey.objects.select_related("measure"), measure__key=request.POST.get("measure", ""), is_current=True
        )
        return actions.published_document(journey)
    return _uploaded(request)


def _uploaded(request: HttpRequest) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None or file.size is None:
        raise Refused(_("Choose a file: the text form of a journey, such as win-back.toml."))
    if file.size > MOST_BYTES:
        raise Refused(_("The file has more than %(n)s bytes.") % {"n": MOST_BYTES})
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(_("The file is not UTF-8 at byte %(n)s: save it as UTF-8") % {"n": error.start}) from error
    document = text_form.read(text, str(file.name)[:120])
    if words := size_problem(document):
        raise Refused(words)
    if not flow.readable(document.get("steps", [])):
        raise Refused(_("The steps of the file cannot be drawn: each needs a key of its own and a kind."))
    return document
