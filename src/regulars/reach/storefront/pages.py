"""The shop's own pages among the settings: the key, the addresses, and what each channel on them needs (panels)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.errors import Refused
from regulars.core.models import Shop
from regulars.core.pages import page, panels_of, settings_tab

from . import actions
from .forms import OriginsForm

settings_tab("settings-storefront", title=gettext_lazy("Shop pages"), order=18)


@page("settings/storefront/", name="settings-storefront", permission="manage_settings")
def storefront(request: HttpRequest, shop: Shop) -> HttpResponse:
    """The key with which the shop signs its customers, its addresses, and the pieces to put into its pages."""
    row = actions.storefront_of(shop)
    form = OriginsForm(request.POST or None, initial={"origins": row.origins if row else ""})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_origins(shop, form.cleaned_data["origins"], clock.now(), request.user)  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error("origins", str(refused))
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(request.path)
    key, trouble = "", ""
    if row is not None:
        try:
            key = actions.key_of(row)
        except Refused as refused:
            trouble = str(refused)
    context = {
        "form": form,
        "key": key,
        "trouble": trouble,
        "row": row,
        "origins": sorted(actions.origins_of(shop, row)) if row else [],
        "base": settings.REGULARS_BASE_URL,
        "panels": panels_of(
            "settings-storefront", request, shop, row, request.permissions  # type: ignore[attr-defined]
        ),
    }  # fmt: skip
    answer = render(request, "storefront/storefront.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@page("settings/storefront/key/", name="settings-storefront-key", permission="manage_settings")
@require_POST
def make_key(request: HttpRequest, shop: Shop) -> HttpResponse:
    """A new key; what the former one signed holds no more."""
    actions.renew_key(shop, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("The key is new. Put it into your shop: what the former one signed holds no more."))
    return redirect("shop:settings-storefront", shop.slug)
