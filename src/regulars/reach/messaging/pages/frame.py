"""What the pages of templates share: their tabs, the policy of a mail in a frame, light and dark, JSON answers."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from regulars.core.errors import Refused
from regulars.core.models import Shop

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
"""A mail in a frame runs nothing, loads only our own images, and leads nowhere."""

_DARK_MEDIA = "@media (prefers-color-scheme: dark)"


def tabs(shop: Shop, current: str) -> list[dict[str, Any]]:
    """Templates, images, brand."""
    return [
        {"title": title, "href": reverse(f"shop:{name}", args=[shop.slug]), "current": name == current, "icon": icon}
        for name, title, icon in (
            ("templates", _("Templates"), "layout-grid"),
            ("images", _("Images"), "images"),
            ("brand", _("Brand"), "palette"),
        )
    ]


def framed(html: str, theme: str = "light") -> HttpResponse:
    """A mail's HTML as it stands in a frame, in the theme that was asked for rather than that of the device."""
    chosen = "@media all" if theme == "dark" else "@media not all"
    shown = html.replace(_DARK_MEDIA, chosen)
    scheme = "dark" if theme == "dark" else "light"
    shown = shown.replace('content="light dark"', f'content="{scheme}"').replace(
        "color-scheme: light dark; supported-color-schemes: light dark;", f"color-scheme: {scheme};"
    )
    response = HttpResponse(shown)
    response["Content-Security-Policy"] = MAIL_POLICY
    response["Cache-Control"] = "no-store"
    return response


def refusal(error: Refused, status: int = 422) -> JsonResponse:
    """Why something was not done, for a module of ours to show."""
    return JsonResponse({"error": str(error), "code": error.code}, status=409 if error.code == "changed" else status)
