"""The coming weeks by segment: gaps and collisions; and the customers whom nobody has contacted for long."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.models import Shop, Staff
from regulars.core.pages import page
from regulars.journeys.calendar.balance import WEEKS, Collision, balance_of
from regulars.journeys.calendar.neglected import make_segment

from .shown import number


@page("calendar/balance/", name="calendar_balance", permission="view_figures")
def balance(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Gaps and collisions of the coming weeks."""
    found = balance_of(shop, clock.now())
    address = reverse("shop:calendar", args=[shop.slug])
    context: dict[str, Any] = {
        "found": found,
        "weeks": WEEKS,
        "columns": [(one, one + timedelta(days=6)) for one in found.mondays],
        "collisions": [
            {"words": _words(one), "one": one, "href": f"{address}?view=week&day={one.contacts[-1].day}"}
            for one in found.collisions
        ],
        "crumbs": [(_("Calendar"), address)],
    }
    return render(request, "calendar/balance.html", context)


def _words(one: Collision) -> str:
    people = ngettext("%(n)s customer", "%(n)s customers", one.customers) % {"n": number(one.customers)}
    words = {"people": _("about %(n)s") % {"n": people} if one.is_about else people, "count": len(one.contacts)}
    if one.kind == "day":
        return _("%(people)s would hear of %(count)s things on the same day.") % words
    words["limit"] = one.limit
    if one.kind == "week":
        return _("%(people)s would get %(count)s contacts within 7 days; the budget is %(limit)s.") % words
    return _("%(people)s would get %(count)s contacts within 30 days; the budget is %(limit)s.") % words


@page("calendar/neglected/", name="calendar_neglected", permission="manage_segments")
@require_POST
def neglected(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Makes the segment of neglected customers where it is missing, and leads to it, or to a campaign for it."""
    assert isinstance(request.user, Staff)
    segment = make_segment(shop, clock.now(), request.user)
    if request.POST.get("then") == "campaign":
        return redirect(f"{reverse('shop:campaign_new', args=[shop.slug])}?segment={segment.pk}")
    return redirect("shop:segment", shop.slug, segment.key)
