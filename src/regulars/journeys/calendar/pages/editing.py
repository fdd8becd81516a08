"""The form of an entry: new, changed, called off."""

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
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.forms import EntryForm, initial_of
from regulars.journeys.calendar.models import CalendarEntry

from .views import day_of


@page("calendar/new/", name="calendar_new", permission="manage_measures")
def new(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A new entry, `?day=2026-05-01`."""
    now = clock.now()
    day = day_of(request.GET.get("day", ""), clock.local_date(now, shop.timezone))
    initial = {"begins_at": f"{day}T10:00", "ends_at": f"{day}T11:00", "kind": "event", "status": "planned"}
    form = EntryForm(shop, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            entry = actions.add(shop, form.values(), now, request.user)  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("“%(title)s” is in the calendar.") % {"title": entry.title})
            return _back(shop, entry)
    return _page(request, shop, form, None)


@page("calendar/<int:pk>/", name="calendar_entry", permission="manage_measures")
def edit(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Changes an entry."""
    entry: CalendarEntry = get_object_or_404(CalendarEntry.objects, pk=pk)
    form = EntryForm(shop, request.POST or None, initial=initial_of(entry, shop), entry=entry)
    if request.method == "POST" and form.is_valid():
        try:
            entry = actions.change(
                entry,
                form.values(),
                clock.now(),
                request.user,  # type: ignore[arg-type]
                seen=form.cleaned_data["seen"],
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("“%(title)s” is changed.") % {"title": entry.title})
            return _back(shop, entry)
    return _page(request, shop, form, entry)


@page("calendar/<int:pk>/cancel/", name="calendar_cancel", permission="manage_measures")
@require_POST
def cancel(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Calls an entry off."""
    entry: CalendarEntry = get_object_or_404(CalendarEntry.objects, pk=pk)
    actions.cancel(entry, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(
        request, _("“%(title)s” is called off. It stays in the calendar, crossed out.") % {"title": entry.title}
    )
    return _back(shop, entry)


def _back(shop: Shop, entry: CalendarEntry) -> HttpResponse:
    day = clock.local_date(entry.begins_at, shop.timezone)
    return redirect(f"{reverse('shop:calendar', args=[shop.slug])}?day={day}")


def _page(request: HttpRequest, shop: Shop, form: EntryForm, entry: Any) -> HttpResponse:
    crumbs = [(_("Calendar"), reverse("shop:calendar", args=[shop.slug]))]
    return render(request, "calendar/entry.html", {"form": form, "entry": entry, "crumbs": crumbs})
