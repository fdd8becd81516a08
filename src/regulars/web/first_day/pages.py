"""The guide's pages: one for each step. What a step changes, it changes by the action of the module that it belongs to."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.actions import change_shop
from regulars.core.errors import Refused
from regulars.core.figure_names import name_of
from regulars.core.models import Shop
from regulars.core.pages import page, panel
from regulars.decide.goals import actions as goals
from regulars.decide.goals.models import Goal, Measure
from regulars.decide.goals.pages import NOT_YET
from regulars.journeys.advice import NEUTRAL, advise
from regulars.journeys.playbook import PLAYBOOKS
from regulars.journeys.shop_facts import facts_of
from regulars.know.orders.models import Order
from regulars.reach.signups import actions as signups
from regulars.reach.signups.models import SignupForm

from . import actions
from .data import last_import, lines_of
from .forms import CONDITIONS, PrivilegeForm, WriterForm

SHOWN = 3
"""Measures that are proposed; the gallery has them all."""


@page("first-day/", name="first-day", permission="manage_measures")
def first_day(request: HttpRequest, shop: Shop) -> HttpResponse:
    """On to the step where the shop stands."""
    return redirect("shop:first-day-step", shop.slug, actions.progress(shop).next)


@page("first-day/end/", name="first-day-end", permission="manage_measures")
@require_POST
def end(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The start page shows the guide no longer."""
    actions.end(shop, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("The guide is put away. Its page stays under the same address."))
    return redirect("home")


@page("first-day/<slug:step>/", name="first-day-step", permission="manage_measures")
def step(request: HttpRequest, shop: Shop, step: str) -> HttpResponse:
    """One step. POST of `skip` or `done` notes it and goes on; other posts change what the step is about."""
    if step not in actions.STEPS:
        raise Http404
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        said = request.POST.get("do", "")
        if said in (actions.SKIPPED, actions.DONE):
            return _on(request, shop, step, said)
        answer = DOES.get(step, _nothing)(request, shop)
        if isinstance(answer, HttpResponse):
            return answer
        context, status = answer, 422
    context = {**SHOWS[step](shop), **context}
    now = actions.progress(shop)
    keys = list(actions.STEPS)
    context |= {
        "progress": now,
        "step": next(one for one in now.steps if one.key == step),
        "number": keys.index(step) + 1,
        "template": f"first_day/{step}.html",
        "before": keys[keys.index(step) - 1] if keys.index(step) else "",
    }
    return render(request, "first_day/step.html", context, status=status)


def _on(request: HttpRequest, shop: Shop, step: str, state: str) -> HttpResponse:
    """Notes the step and goes to the one behind it; after the last, to where the shop stands."""
    now = actions.note(shop, step, state, clock.now(), request.user)  # type: ignore[arg-type]
    keys = list(actions.STEPS)
    following = keys[keys.index(step) + 1 :]
    return redirect("shop:first-day-step", shop.slug, following[0] if following else now.next)


def _nothing(request: HttpRequest, shop: Shop) -> HttpResponse:
    return redirect(request.path)


def _show_data(shop: Shop) -> dict[str, Any]:
    run = last_import()
    return {
        "lines": lines_of(shop, facts_of(shop, clock.now())),
        "run": run,
        "left_out": int(run.counts.get("rejected") or 0) if run else 0,
    }


def _show_goals(shop: Shop) -> dict[str, Any]:
    ranked = goals.create_goals(shop, clock.now())
    return {
        "rows": [
            {
                "goal": one,
                "figure": NOT_YET.get(one.kpi) or name_of(one.kpi),
                "is_first": index == 0,
                "is_last": index == len(ranked) - 1,
            }
            for index, one in enumerate(ranked)
        ]
    }


def _rank(request: HttpRequest, shop: Shop) -> HttpResponse:
    kinds = [one.kind for one in goals.create_goals(shop, clock.now())]
    kind, by = request.POST.get("kind", ""), -1 if request.POST.get("way") == "up" else 1
    if kind in kinds:
        place = kinds.index(kind)
        other = min(max(place + by, 0), len(kinds) - 1)
        kinds[place], kinds[other] = kinds[other], kinds[place]
        goals.rank_goals(shop, kinds, clock.now(), request.user)  # type: ignore[arg-type]
    return redirect(request.path)


def _show_consent(shop: Shop) -> dict[str, Any]:
    since = shop.existing_customers_since
    return {
        "permitted": facts_of(shop, clock.now()).may_mail,
        "since": since,
        "base_url": settings.REGULARS_BASE_URL,
        "form": PrivilegeForm(initial={"since": since, **dict.fromkeys(CONDITIONS, since is not None)}),
        "signup": SignupForm._base_manager.filter(shop=shop, is_active=True).order_by("pk").first(),
    }


def _consent(request: HttpRequest, shop: Shop) -> HttpResponse | dict[str, Any]:
    now, staff = clock.now(), request.user
    if request.POST.get("what") == "signup":
        if not SignupForm._base_manager.filter(shop=shop, is_active=True).exists():
            signups.save_form(shop, "news", _("Mail from us"), signups.DEFAULT_TEXTS, now=now, staff=staff)  # type: ignore[arg-type]
        messages.success(request, _("The form is ready. Its address stands here; link it from your website."))
        return redirect(request.path)
    _settings_only(request)
    form = PrivilegeForm(request.POST)
    if not form.is_valid():
        return {"form": form}
    change_shop(shop, now=now, staff=staff, existing_customers_since=form.cleaned_data["since"])  # type: ignore[arg-type]
    messages.success(request, _("The settings are saved."))
    return redirect(request.path)


def _show_sender(shop: Shop) -> dict[str, Any]:
    return {"form": WriterForm(instance=shop)}


def _sender(request: HttpRequest, shop: Shop) -> HttpResponse | dict[str, Any]:
    _settings_only(request)
    form = WriterForm(request.POST, instance=Shop.objects.get(pk=shop.pk))
    if form.is_valid():
        try:
            change_shop(shop, now=clock.now(), staff=request.user, **form.values())  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The settings are saved."))
            return _on(request, shop, "sender", actions.DONE)
    return {"form": form}


def _settings_only(request: HttpRequest) -> None:
    if "manage_settings" not in getattr(request, "permissions", ()):
        raise PermissionDenied


def _show_measure(shop: Shop) -> dict[str, Any]:
    now = clock.now()
    running = list(Measure.objects.filter(status=Measure.Status.RUNNING).order_by("-started_at")[:SHOWN])
    proposed = []
    if not running:
        facts = facts_of(shop, now)
        names = dict(Goal.Kind.choices)
        advised = [(one, advise(shop, one, now, facts)) for one in PLAYBOOKS.values()]
        fitting = [(one, advice) for one, advice in advised if advice.tone != NEUTRAL]
        fitting.sort(key=lambda both: (both[1].order, facts.ranks.get(both[0].goal, 99), both[0].key))
        proposed = [
            {"playbook": one, "advice": advice, "goal": names.get(one.goal, one.goal)}
            for one, advice in fitting[:SHOWN]
        ]
    return {"running": running, "proposed": proposed}


SHOWS: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "data": _show_data, "goals": _show_goals, "consent": _show_consent, "sender": _show_sender, "measure": _show_measure,
}  # fmt: skip
DOES: dict[str, Callable[[HttpRequest, Shop], HttpResponse | dict[str, Any]]] = {
    "goals": _rank, "consent": _consent, "sender": _sender,
}  # fmt: skip


@panel(
    "overview", key="first-day", title=gettext_lazy("The first day"), permission="manage_measures", order=0, place="top"
)
def first_day_panel(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]] | None:
    """How far the guide is, and on; from the first import until all is done or somebody puts it away."""
    now = actions.progress(shop)
    if now.is_done or now.is_ended or shop.is_demo or not Order.objects.exists():
        return None
    return "first_day/panel.html", {"progress": now}
