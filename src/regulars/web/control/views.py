"""Pages that belong to no domain: the start, the account, the style page, health."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET

from regulars.web.control.navigation import first_page
from regulars.web.control.samples import samples
from regulars.web.control.shops import workplaces


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """On to the shop of last time, else the first one; with none, a page that says what to do."""
    places = workplaces(request.user)
    last = request.session.get("shop")
    for place in sorted(places, key=lambda one: one.shop.slug != last):
        address = first_page(place.shop, place.permissions)
        if address is not None:
            return HttpResponseRedirect(address)
    return render(request, "control/no_shop.html", {"has_shops": bool(places)})


@login_required
def enter_shop(request: HttpRequest, shop_slug: str) -> HttpResponse:
    """The shop switcher's target: the first page of that shop that is open to this person."""
    place = next((one for one in workplaces(request.user) if one.shop.slug == shop_slug), None)
    if place is None:
        raise Http404
    request.session["shop"] = shop_slug
    return HttpResponseRedirect(first_page(place.shop, place.permissions) or "/")


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """The person's own page: name, roles, password, second factor."""
    return render(request, "control/account.html", {"places": workplaces(request.user)})


@login_required
def style(request: HttpRequest) -> HttpResponse:
    """Every component with sample data: for owners, or for everybody in DEBUG."""
    places = workplaces(request.user)
    if not settings.DEBUG and not any("manage_settings" in place.permissions for place in places):
        raise Http404
    return render(request, "control/style.html", samples(request))


@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """200 `ok` when the records answer, for load balancers and the demo's start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return HttpResponse("ok\n", content_type="text/plain")
