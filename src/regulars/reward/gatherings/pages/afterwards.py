"""Afterwards: photos and thanks. And answering for a customer who said it by phone or at the till."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging import pictures
from regulars.reward.gatherings import actions
from regulars.reward.gatherings.forms import LOCALES


@page("gatherings/<int:pk>/answer/", name="gathering-answer", permission="manage_gatherings")
@require_POST
def answer(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """What a customer said to a person of the shop, by the same rules as on the customer's own page."""
    customer, guests = request.POST.get("customer", ""), request.POST.get("guests", "0")
    if customer.isdecimal() and len(customer) < 18:
        count = int(guests) if guests.isdecimal() and len(guests) < 4 else 0
        said = actions.Answer(int(customer), request.POST.get("says", ""), count, source="staff")
        try:
            row = actions.answer(shop, pk, [said], clock.now())[said.customer_id]
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("Noted: %(answer)s.") % {"answer": row.get_status_display()})
    return redirect("shop:gathering", shop.slug, pk)


@page("gatherings/<int:pk>/photos/", name="gathering-photos", permission="manage_gatherings")
@require_POST
def photos(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Takes pictures into the library and shows them to the guests; or shows one no longer."""
    now, staff = clock.now(), request.user
    gone = request.POST.get("remove", "")
    if gone.isdecimal() and len(gone) < 18:
        actions.remove_photo(shop, int(gone), now, staff=staff)  # type: ignore[arg-type]
        messages.success(request, _("The photo is shown no longer."))
        return redirect("shop:gathering", shop.slug, pk)
    added = 0
    for upload in request.FILES.getlist("photos")[: actions.MOST_PHOTOS]:
        try:
            pictures.check_size(upload.size or 0, pictures.MAX_UPLOAD)
            media = messaging.upload(shop, upload.name or "", upload.read(), now, staff=staff)  # type: ignore[arg-type]
            actions.add_photo(shop, pk, media, now, staff=staff)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, f"{upload.name}: {refused}")
        else:
            added += 1
    if added:
        messages.success(request, _("Photos that the guests see now: %(added)s.") % {"added": added})
    return redirect("shop:gathering", shop.slug, pk)


@page("gatherings/<int:pk>/thank/", name="gathering-thank", permission="manage_gatherings")
@require_POST
def thank(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Puts the words onto the guests' pages and lets journeys write to them."""
    thanks, missed = (
        {locale: request.POST.get(f"{name}-{locale}", "")[:2000] for locale in LOCALES} for name in ("thanks", "missed")
    )
    try:
        told = actions.thank(shop, pk, thanks, missed, clock.now(), staff=request.user)  # type: ignore[arg-type]
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        said = _("The words stand on the guests’ pages. Customers with a new event: %(told)s.")
        messages.success(request, said % {"told": told})
    return redirect("shop:gathering", shop.slug, pk)
