"""Messages in the browser are set up among the shop's pages (`panels.py` shows where)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from regulars.core import clock
from regulars.core.models import Shop
from regulars.core.pages import page

from . import actions


@page("settings/storefront/push/", name="settings-push", permission="manage_settings")
@require_POST
def set_up(request: HttpRequest, shop: Shop) -> HttpResponse:
    """Makes the shop's key, once."""
    actions.set_up(shop, clock.now(), request.user)  # type: ignore[arg-type]
    messages.success(request, _("Customers can now agree to messages in their browser."))
    return redirect("shop:settings-storefront", shop.slug)
