"""The door, on a phone: a ticket, typed or from a handheld scanner, or a name."""

import secrets
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

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


def _check_in(request: HttpRequest, shop: Shop, row: Attendance) -> None:
    now, was = clock.now(), row.checked_in_at
    key = f"{request.POST.get('once', '')[:40]}:{row.pk}"
    try:
        actions.check_in(shop, row.gathering_id, [actions.Arrival(now, key, attendance_id=row.pk)], now)
    except Refused as refused:
        messages.error(request, f"{row.customer.name}: {refused}")
        return
    words = {"name": row.customer.name, "guests": row.guests}
    if was is not None:
        messages.warning(request, _("%(name)s was checked in before.") % words)
    elif row.guests:
        messages.success(request, _("Welcome, %(name)s! Guests: %(guests)s.") % words)
    else:
        messages.success(request, _("Welcome, %(name)s!") % words)
