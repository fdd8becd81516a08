"""The editor of a journey: the picture, the panel of what is chosen, every change, undo, and publishing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.journeys import actions, changes, document, flow_edit, text_form
from regulars.journeys.before_start import NotReady
from regulars.journeys.figures import moving
from regulars.journeys.kinds import trigger_kinds
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.names import with_names
from regulars.journeys.picture import draw, palette, said

from .asking import agreed_in, shown
from .panel_of import panel_context


def draft_at(key: str) -> JourneyDraft:
    """The draft with this short name, or 404."""
    return get_object_or_404(JourneyDraft.objects.select_related("shop", "measure"), key=key)


def at(shop: Shop, draft: JourneyDraft, step: str = "") -> str:
    """The address of the editor with something chosen."""
    address = reverse("shop:journey", args=[shop.slug, draft.key])
    return f"{address}?at={step}#panel" if step else address


def half_way(draft: JourneyDraft) -> tuple[int, int]:
    """How many customers are on their way in the published versions, and the number of the newest. Two queries."""
    if draft.measure_id is None:
        return 0, 0
    versions = list(Journey._base_manager.filter(measure_id=draft.measure_id).only("version"))
    return sum(moving(versions).values()), max((one.version for one in versions), default=0)


def editor_context(shop: Shop, draft: JourneyDraft, chosen: str = "", place: str = "") -> dict[str, Any]:
    """All that the editor shows of a draft with a step (or trigger, journey) chosen, or the palette open for a place."""
    found = document.problems(draft.document)
    try:
        tree = flow_edit.tree_of(draft.document)
        picture: Any = draw(with_names(shop, draft.document), tree, found)
    except Refused:
        tree, picture = [], None
    back, ahead = actions.can_turn(draft)
    on_the_way, version = half_way(draft)
    return {
        "draft": draft,
        "title": document.text_in(draft.document.get("name") or draft.key, shop.locale),
        "picture": picture,
        "problems": found,
        "said": [said(one) for one in found],
        "said_of_whole": [said(one) for one in picture.problems] if picture else [],
        "chosen": chosen,
        "place": place,
        "palette": palette(),
        "can_undo": back,
        "can_redo": ahead,
        "on_the_way": on_the_way,
        "version": version,
        "may_take_present": version == 0 and _takes_present(draft),
        "is_new": draft.published_revision != draft.revision,
        "places": flow_edit.places(tree),
        **panel_context(shop, draft, tree, chosen, place, found),
    }


def _takes_present(draft: JourneyDraft) -> bool:
    """Whether those who are in its segment today may be taken in at the start."""
    trigger = draft.document.get("trigger")
    kind = trigger_kinds().get(str(trigger.get("kind"))) if isinstance(trigger, dict) else None
    return kind is not None and kind.takes_present


def _said(request: HttpRequest) -> str:
    return request.headers.get("X-Editor", "")


@page("journeys/<slug:key>/", name="journey", permission="manage_measures")
def edit(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Shows the editor; POST makes one change, answers with the new editor to its module, else leads back to it."""
    draft = draft_at(key)
    chosen, place, announced, problem, status = request.GET.get("at", ""), request.GET.get("add", ""), "", "", 200
    if request.method == "POST":
        try:
            chosen, announced = _change(request, shop, draft)
            draft = draft_at(key)
            place = ""
        except Refused as refused:
            problem, status = str(refused), 409 if refused.code == "edited_meanwhile" else 422
            chosen = request.POST.get("at", chosen)
        if request.headers.get("HX-Request"):
            part = "segments/result.html" if request.POST.get("action") == "result" else "segments/builder.html"
            return render(request, part, editor_context(shop, draft, chosen))
        if not _said(request):
            if problem:
                messages.error(request, problem)
            return redirect(at(shop, draft, chosen))
    context = editor_context(shop, draft, chosen, place) | {"announced": announced, "problem": problem}
    if _said(request):
        return render(request, "journeys/editor_body.html", context, status=status)
    context["crumbs"] = [(_("Measures"), reverse("shop:measures", args=[shop.slug]))]
    return render(request, "journeys/editor.html", context)


def _change(request: HttpRequest, shop: Shop, draft: JourneyDraft) -> tuple[str, str]:
    """Makes the posted change; returns what is chosen then and what is said about it."""
    data, now, staff = request.POST, clock.now(), request.user
    op, chosen = data.get("op", ""), data.get("at", "")
    revision = int(data["revision"]) if data.get("revision", "").isdecimal() else None
    if op in ("undo", "redo"):
        turn = actions.undo if op == "undo" else actions.redo
        done = turn(draft, now, staff, revision=revision)  # type: ignore[arg-type]
        words = {"undo": _("The last change is taken back."), "redo": _("The change is made again.")}
        return chosen, words[op] if done else _("There is nothing more to take back.")
    edited = changes.change(draft.document, op, data, shop)
    if data.get("action") == "result":
        return edited.step, ""
    actions.edit_draft(draft, edited.document, now, staff, revision=revision)  # type: ignore[arg-type]
    return edited.step, changes.said(op, edited)


@page("journeys/<slug:key>/publish/", name="journey_publish", permission="manage_measures")
@require_POST
def publish(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Freezes the draft as the next version and starts it; the problems are shown where they are."""
    draft = draft_at(key)
    try:
        revision = request.POST.get("revision", "")
        if revision.isdecimal() and int(revision) != draft.revision:
            raise Refused(_("Somebody else has changed this journey meanwhile. Look at it again, then publish."))
        journey = actions.publish_draft(
            draft,
            clock.now(),
            request.user,  # type: ignore[arg-type]
            take_present=bool(request.POST.get("take_present")),
            confirmed=request.POST.get("confirmed", ""),
            agreed=agreed_in(request.POST),
        )
    except NotReady as found:
        return _ask(request, shop, draft, found)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(at(shop, draft))
    messages.success(request, _("Version %(version)s is running.") % {"version": journey.version})
    return redirect("shop:measure", shop.slug, journey.measure.key)


def _ask(request: HttpRequest, shop: Shop, draft: JourneyDraft, found: NotReady) -> HttpResponse:
    """What must be mended, or confirmed, before it is published."""
    title = document.text_in(draft.document.get("name") or draft.key, shop.locale)
    context = {
        "draft": draft,
        "title": title,
        "take_present": bool(request.POST.get("take_present")),
        "editor_at": at(shop, draft),
        "crumbs": [(_("Measures"), reverse("shop:measures", args=[shop.slug])), (title, at(shop, draft))],
        **shown(shop, found, request.POST),
    }
    return render(request, "journeys/publish.html", context)


@page("journeys/<slug:key>/delete/", name="journey_delete", permission="manage_measures")
@require_POST
def delete(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """Throws the draft away; what was published stays."""
    actions.delete_draft(draft_at(key), clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("The draft is gone. What was published goes on."))
    return redirect("shop:measures", shop.slug)


@page("journeys/<slug:key>/file/", name="journey_file", permission="manage_measures")
def download(request: HttpRequest, shop: Shop, key: str) -> HttpResponse:
    """The draft as a text file."""
    draft = draft_at(key)
    try:
        text = text_form.write(draft.document)
    except (Refused, KeyError, TypeError, AttributeError):
        messages.error(
            request, _("The journey is not far enough to be written as a file: correct what is marked first.")
        )
        return redirect(at(shop, draft))
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{draft.key}.toml"'
    return answer
