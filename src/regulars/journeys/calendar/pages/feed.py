"""The page of a person's own calendar address."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.models import Shop, Staff
from regulars.core.pages import page
from regulars.journeys.calendar import actions
from regulars.journeys.calendar.feed import PERMISSION, token_of
from regulars.journeys.calendar.models import CalendarFeed


def _staff(request: HttpRequest) -> Staff:
    assert isinstance(request.user, Staff)
    return request.user


@page("calendar/feed/", name="calendar_feed", permission=PERMISSION)
def feed(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Shows the address, or how to get one."""
    found = CalendarFeed.objects.filter(staff=_staff(request)).first()
    address = f"{settings.REGULARS_BASE_URL}{reverse('calendar-feed', args=[token_of(found)])}" if found else ""
    context = {
        "feed": found,
        "address": address,
        "subscribe": f"webcal://{address.partition('://')[2]}" if address else "",
        "crumbs": [(_("Calendar"), reverse("shop:calendar", args=[shop.slug]))],
    }
    response = render(request, "calendar/feed.html", context)
    response["Cache-Control"] = "no-store"
    return response


@page("calendar/feed/<str:verb>/", name="calendar_feed_do", permission=PERMISSION)
@require_POST
def do(request: HttpRequest, shop: Shop, verb: str) -> HttpResponse:
    """Makes, renews or stops the address of whoever asks."""
    now, staff = clock.now(), _staff(request)
    if verb == "make":
        actions.make_feed(shop, staff, now)
    elif verb == "renew":
        actions.renew_feed(shop, staff, now)
        messages.success(request, _("You have a new address; the one before leads nowhere any more."))
    elif verb == "stop":
        actions.stop_feed(shop, staff, now)
        messages.success(request, _("The address leads nowhere any more."))
    else:
        raise Http404
    return redirect("shop:calendar_feed", shop.slug)
