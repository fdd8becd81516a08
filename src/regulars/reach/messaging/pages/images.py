"""The library of images for mails."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core.clock import now
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page
from regulars.reach.messaging import actions, pictures
from regulars.reach.messaging.actions.drafts import LOCALES
from regulars.reach.messaging.models import Media

from .frame import refusal, tabs


@page("templates/images/", name="images", permission="manage_templates")
def images(request: HttpRequest, shop: Shop) -> HttpResponse:
    """All images with what they show; takes new ones."""
    if request.method == "POST":
        try:
            _take(request, shop)
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The image is in the library."))
        return redirect(request.path)
    shown = Paginator(Media.objects.all(), 24).get_page(request.GET.get("page"))
    context = {"page": shown, "tabs": tabs(shop, "images"), "locales": LOCALES}
    return render(request, "messaging/images.html", context)


def _take(request: HttpRequest, shop: Shop, limit: int = pictures.MAX_UPLOAD) -> Media:
    upload = request.FILES.get("image")
    if upload is None:
        raise Refused(_("Choose a file."), code="image_none")
    pictures.check_size(upload.size or 0, limit)
    alt = {locale: request.POST.get(f"alt_{locale}", "") for locale in LOCALES if request.POST.get(f"alt_{locale}")}
    return actions.upload(
        shop,
        upload.name or "",
        upload.read(),
        now(),
        alt=alt,
        limit=limit,
        staff=request.user,  # type: ignore[arg-type]
    )


@page("templates/images/pick/", name="images_pick", permission="manage_templates")
def pick(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The newest images for the editor to choose from; takes a new one."""
    if request.method == "POST":
        try:
            return JsonResponse({"picked": _told(_take(request, shop))})
        except Refused as error:
            return refusal(error)
    search = request.GET.get("q", "").strip()[:80]
    rows = Media.objects.filter(name__icontains=search) if search else Media.objects.all()
    return JsonResponse({"found": [_told(one) for one in rows[:30]]})


def _told(one: Media) -> dict[str, object]:
    return {"file": one.file, "name": one.name, "alt": one.alt, "width": one.width, "height": one.height}


@page("templates/images/<int:pk>/", name="image", permission="manage_templates")
@require_POST
def image(request: HttpRequest, shop: Shop, pk: int) -> HttpResponse:
    """Says what an image shows, or takes it out of the library."""
    media: Media = get_object_or_404(Media.objects, pk=pk)
    try:
        if request.POST.get("remove"):
            actions.remove_media(media, now(), staff=request.user)  # type: ignore[arg-type]
            messages.success(request, _("The image is removed."))
        else:
            alt = {locale: request.POST.get(f"alt_{locale}", "") for locale in LOCALES}
            actions.describe_media(media, alt, now(), staff=request.user)  # type: ignore[arg-type]
            messages.success(request, _("The description is saved."))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("shop:images", shop.slug)
