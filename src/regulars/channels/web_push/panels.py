"""Panels: the pieces for the shop's pages, and a customer's browsers."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel

from . import actions
from .models import PushSubscription


@panel(
    "settings-storefront", key="web_push", title=_("Messages in the browser"), permission="manage_settings", order=20
)
def web_push(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]]:
    """The lines for the shop's pages, or the button that sets it up. One query."""
    base = settings.REGULARS_BASE_URL
    lines = (
        f'<script async src="{base}/w/push.js" data-shop="{shop.slug}" data-customer="NUMBER:EXPIRES:SIGNATURE"></script>\n'
        f'<button type="button" data-regulars-push hidden>{_("Messages in the browser")}</button>'
    )
    return "web_push/panel.html", {
        "key": actions.key_of(shop),
        "lines": lines,
        "base": base,
        "is_secure": base.startswith("https://"),
    }


@panel("customer", key="browsers", title=_("Browsers"), permission="view_customers", order=45, place="side")
def browsers(request: HttpRequest, shop: Shop, customer: Any) -> tuple[str, dict[str, Any]] | None:
    """Browsers of the customer that take messages; left out where there are none. One query."""
    rows = list(PushSubscription.objects.filter(customer=customer).order_by("-made_at", "-pk"))
    return ("web_push/browsers.html", {"rows": rows}) if rows else None
