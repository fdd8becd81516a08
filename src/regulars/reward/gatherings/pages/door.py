"""The door, on a phone: a ticket, typed or from a handheld scanner, or a name."""

import json
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.reward.gatherings import actions
from regulars.reward.gatherings.actions.door import tidy_ticket
from regulars.reward.gatherings.models import Attendance, Gathering

from .shown import crumbs, numbers

MOST = 30
"""Names that a search shows."""


@page("gatherings/<int:pk>/check-in/", name="gathering-door", permission="check_in_guests")
def door(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """GET shows the field and who bears the name; POST of a ticket checks in at once, POST of a name leads to the names."""
    found: Gathering = get_object_or_404(Gathering.objects, pk=pk)
    rows = Attendance.objects.filter(gathering=found).select_related("customer")
    here = reverse("shop:gathering-door", args=[shop.slug, pk])
    if request.method == "POST":
        said = request.POST.get("said", "").strip()[:120]
        chosen = request.POST.get("attendance", "")
        row = (
            rows.filter(pk=int(chosen)).first()
            if chosen.isdecimal() and len(chosen) < 18
            else rows.filter(ticket=tidy_ticket(said)).first()
            if said
            else None
        )
        if row is None:
            return redirect(f"{here}?{urlencode({'q': said})}" if said else here)
        _check_in(request, shop, row)
        return redirect(here)
    sought = request.GET.get("q", "").strip()[:120]
    names = list(_named(rows, sought)[: MOST + 1]) if sought else []
    context = {
        "gathering": found,
        "sought": sought,
        "names": names[:MOST],
        "is_more": len(names) > MOST,
        "numbers": numbers([found])[found.pk],
        "once": secrets.token_hex(12),
        "latest": rows.filter(checked_in_at__isnull=False).order_by("-checked_in_at", "-pk")[:5],
        "crumbs": crumbs(shop, found) if "view_customers" in getattr(request, "permissions", ()) else crumbs(shop),
    }
    return render(request, "gatherings/door.html", context)


def _named(rows: Any, sought: str) -> Any:
    """Those on the list whose first or last name has each of the words. Within one gathering: some thousand at most."""
    for word in sought.split()[:5]:
        begun = word[:1].upper() + word[1:]
        rows = rows.filter(
            Q(customer__first_name__icontains=word)
            | Q(customer__last_name__icontains=word)
            | Q(customer__first_name__contains=begun)
            | Q(customer__last_name__contains=begun)
        )
    return rows.order_by("customer__last_name", "customer__first_name", "pk")


@page("gatherings/<int:pk>/arrivals/", name="gathering-arrivals", permission="check_in_guests")
@require_POST
def arrivals(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """One ticket that the door's script kept: `{"key", "at", "ticket"}`, perhaps of a while ago. Answers `{"words",
    "is_good"}`, also where it is refused: the script need not send it again then. 400: not an arrival.
    """
    try:
        said = json.loads(request.body)
        at = datetime.fromisoformat(said["at"])
        arrival = actions.Arrival(at, str(said["key"]), ticket=str(said["ticket"]))
    except (ValueError, KeyError, TypeError):
        return JsonResponse({}, status=400)
    if at.tzinfo is None or not arrival.ticket:
        return JsonResponse({}, status=400)
    was = Attendance.objects.filter(
        gathering=pk, ticket=tidy_ticket(arrival.ticket), checked_in_at__isnull=False
    ).exists()
    try:
        row = actions.check_in(shop, pk, [arrival], clock.now())[0]
    except Refused as refused:
        return JsonResponse({"words": f"{tidy_ticket(arrival.ticket)[:12]}: {refused}", "is_good": False})
    return JsonResponse({"words": _welcome(row, was), "is_good": not was})


def _check_in(request: HttpRequest, shop: Shop, row: Attendance) -> None:
    now, was = clock.now(), row.checked_in_at
    key = f"{request.POST.get('once', '')[:40]}:{row.pk}"
    try:
        actions.check_in(shop, row.gathering_id, [actions.Arrival(now, key, attendance_id=row.pk)], now)
    except Refused as refused:
        messages.error(request, f"{row.customer.name}: {refused}")
        return
    (messages.success if was is None else messages.warning)(request, _welcome(row, was is not None))


def _welcome(row: Attendance, was_there: bool) -> str:
    words = {"name": row.customer.name, "guests": row.guests}
    if was_there:
        return _("%(name)s was checked in before.") % words
    if row.guests:
        return _("Welcome, %(name)s! Guests: %(guests)s.") % words
    return _("Welcome, %(name)s!") % words
