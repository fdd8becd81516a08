"""The panel among the shop's pages: the piece to put into them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from regulars.core.models import Shop
from regulars.core.pages import panel


@panel(
    "settings-storefront", key="on_page", title=_("Message on the shop’s page"), permission="manage_settings", order=10
)
def on_page(request: HttpRequest, shop: Shop, subject: Any) -> tuple[str, dict[str, Any]]:
    """The line for the shop's pages."""
    line = (
        f'<script async src="{settings.REGULARS_BASE_URL}/w/page.js" data-shop="{shop.slug}"'
        ' data-customer="NUMBER:EXPIRES:SIGNATURE"></script>'
    )
    return "on_page/panel.html", {"line": line}
