"""Making and changing a gathering, opening, closing and cancelling it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.reward.gatherings import actions
from regulars.reward.gatherings.forms import GatheringForm
from regulars.reward.gatherings.models import Gathering

from .shown import crumbs


@page("gatherings/new/", name="gathering-new", permission="manage_gatherings")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Makes a draft."""
    return _form(request, shop, None)


@page("gatherings/<int:pk>/change/", name="gathering-change", permission="manage_gatherings")
def change(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Changes a gathering; more places go to the waiting list at once."""
    return _form(request, shop, get_object_or_404(Gathering.objects, pk=pk))


def _form(request: HttpRequest, shop: Shop, gathering: Gathering | None) -> HttpResponse:
    form = GatheringForm(request.POST or None, shop=shop, gathering=gathering)
    if request.method == "POST" and form.is_valid():
        now, staff = clock.now(), request.user
        try:
            if gathering is None:
                saved = actions.create(shop, now=now, staff=staff, **form.values())  # type: ignore[arg-type]
            else:
                saved = actions.change(shop, gathering.pk, now=now, staff=staff, **form.values())  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("The gathering is saved."))
            return redirect("shop:gathering", shop.slug, saved.pk)
    context = {"form": form, "gathering": gathering, "crumbs": crumbs(shop, gathering)}
    return render(request, "gatherings/form.html", context, status=422 if form.errors else 200)


@page("gatherings/<int:pk>/step/<str:verb>/", name="gathering-step", permission="manage_gatherings")
@require_POST
def step(request: HttpRequest, shop: Shop, pk: int, verb: str) -> HttpResponse:
    """open, close or cancel."""
    now, staff = clock.now(), request.user
    try:
        if verb == "open":
            actions.open_up(shop, pk, now=now, staff=staff)  # type: ignore[arg-type]
            messages.success(request, _("Customers can be invited now and may answer."))
        elif verb == "close":
            actions.close(shop, pk, now=now, staff=staff)  # type: ignore[arg-type]
            messages.success(request, _("No more answers are taken."))
        elif verb == "cancel":
            told = actions.cancel(shop, pk, now=now, staff=staff)  # type: ignore[arg-type]
            messages.success(request, _("The gathering is cancelled. Customers concerned: %(told)s.") % {"told": told})
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shop:gathering", shop.slug, pk)
